/* The origins of a loader: how each stands, what it may still be asked, and both written down. */
import type { EpochMs } from "../policy/moment.js";
import { credit, initialBudget, type RetryBudget, spend } from "../policy/retry-budget.js";
import { Cell, type Readable } from "../reactive/readable.js";
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
	/** One for each origin: what one of them is spared must not be the other's loss. */
	readonly #budgets = new Map<string, RetryBudget>();
	readonly #kept: Kept;
	readonly #runtime: Runtime;
	#restored: Promise<void> | null = null;

	constructor(origins: readonly string[], kept: Kept, runtime: Runtime) {
		const report = (reason: unknown): void => runtime.logger.error("listener-threw", { reason });
		this.#cell = new Cell(unknownOrigins(origins), report);
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

	/** The first request for a file earns a part of a repeat. */
	credit(origin: string): void {
		this.#budgets.set(origin, credit(this.#budgets.get(origin) ?? initialBudget));
	}

	/** Whether the origin may be asked once more. */
	spend(origin: string): boolean {
		const [left, isGranted] = spend(this.#budgets.get(origin) ?? initialBudget);
		this.#budgets.set(origin, left);
		return isGranted;
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
