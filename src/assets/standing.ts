/* The origins of a loader: how each stands, what it may still be asked, and both written down. */
import type { EpochMs } from "../policy/moment.js";
import { Cell, type Readable } from "../reactive/readable.js";
import { Budget } from "../runtime/attempts.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Kept } from "./kept.js";
import {
	type Failure,
	failed,
	inOrder,
	type OriginStatus,
	restored,
	succeeded,
	unknownOrigins,
} from "./origins.js";

export class Standing {
	readonly #cell: Cell<readonly OriginStatus[]>;
	readonly #budgets: ReadonlyMap<string, Budget>;
	readonly #kept: Kept;
	readonly #runtime: Runtime;
	#restored: Promise<void> | null = null;

	constructor(origins: readonly string[], kept: Kept, runtime: Runtime) {
		const report = (reason: unknown): void => runtime.logger.error("listener-threw", { reason });
		this.#cell = new Cell(unknownOrigins(origins), report);
		this.#budgets = new Map(origins.map((origin) => [origin, new Budget()]));
		this.#kept = kept;
		this.#runtime = runtime;
	}

	get readable(): Readable<readonly OriginStatus[]> {
		const cell = this.#cell;
		return { get: () => cell.get(), subscribe: (listener) => cell.subscribe(listener) };
	}

	/** With what earlier loads found out: read once. */
	async inOrder(): Promise<readonly string[]> {
		this.#restored ??= this.#restore();
		await this.#restored;
		return inOrder(this.#cell.get(), this.#runtime.clock.now());
	}

	/** One for each origin: what one of them is spared must not be the other's loss. */
	budget(origin: string): Budget {
		return this.#budgets.get(origin) ?? new Budget();
	}

	blame(origin: string, failure: Failure): void {
		this.#runtime.logger.warn("asset-origin-failed", { origin, failure });
		this.#learn(failed(this.#cell.get(), origin, failure, this.#runtime.clock.now()));
	}

	praise(origin: string, askedAt: EpochMs): void {
		this.#learn(succeeded(this.#cell.get(), origin, askedAt));
	}

	#learn(next: readonly OriginStatus[]): void {
		if (next === this.#cell.get()) return;
		this.#cell.set(next);
		void this.#kept.keepHealth(next);
	}

	async #restore(): Promise<void> {
		const stored = await this.#kept.health();
		const origins = this.#cell.get().map(({ origin }) => origin);
		this.#cell.set(restored(origins, stored, this.#runtime.clock.now()));
	}
}
