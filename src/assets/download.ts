/* Obeys the plan for one file: requests, one timer, and the bytes of the try that was right. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { EpochMs } from "../policy/moment.js";
import { dispose } from "../reactive/disposable.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Served } from "./kept.js";
import type { AssetEntry } from "./manifest.js";
import {
	dueAt,
	type FetchEffect,
	type FetchInput,
	type FetchPolicy,
	type FetchState,
	type Flight,
	initialFetch,
	transition,
} from "./plan.js";
import { requestAsset } from "./request.js";
import type { Standing } from "./standing.js";

export interface DownloadWorld {
	readonly runtime: Runtime;
	readonly policy: FetchPolicy;
	readonly standing: Standing;
}

/**
 * Verified bytes from one of the origins, or of those named.
 * @throws RealtimeError `asset-unavailable`, `integrity-mismatch`; the signal's reason when aborted.
 */
export async function download(
	entry: AssetEntry,
	world: DownloadWorld,
	signal: AbortSignal,
	only?: readonly string[],
): Promise<Served> {
	signal.throwIfAborted();
	const origins = only ?? (await world.standing.inOrder());
	signal.throwIfAborted();
	return new Promise((resolve, reject) => {
		const run = new Download(entry, world, origins, (served, reason) => {
			signal.removeEventListener("abort", abort);
			if (served) resolve(served);
			else reject(signal.aborted ? signal.reason : reason);
		});
		const abort = (): void => run.send({ type: "stopped" });
		signal.addEventListener("abort", abort);
		run.send({ type: "started" });
	});
}

class Download {
	readonly #entry: AssetEntry;
	readonly #world: DownloadWorld;
	readonly #settle: (served: Served | null, reason?: RealtimeError) => void;
	readonly #flights = new Map<number, { readonly stop: AbortController; readonly at: EpochMs }>();
	readonly #landed = new Map<number, Served>();
	#state: FetchState;
	#timer: Disposable | null = null;
	#cause: unknown;

	constructor(
		entry: AssetEntry,
		world: DownloadWorld,
		origins: readonly string[],
		settle: (served: Served | null, reason?: RealtimeError) => void,
	) {
		this.#entry = entry;
		this.#world = world;
		this.#settle = settle;
		this.#state = initialFetch(origins);
	}

	send(input: FetchInput): void {
		const { runtime, policy } = this.#world;
		const { clock, random } = runtime;
		const moment = { now: clock.monotonic(), random };
		const [state, effects] = transition(this.#state, input, policy, moment);
		this.#state = state;
		for (const effect of effects) this.#perform(effect);
		dispose(this.#timer);
		const at = dueAt(this.#state, policy);
		this.#timer = Number.isFinite(at)
			? clock.setTimeout(() => this.send({ type: "ticked" }), at - clock.monotonic(), "asset")
			: null;
	}

	#perform(effect: FetchEffect): void {
		const { standing } = this.#world;
		switch (effect.type) {
			case "fetch":
				return this.#begin(effect.flight, effect.isRepeat ? "repeat" : "first");
			case "abandon":
				this.#flights.get(effect.id)?.stop.abort();
				return;
			case "blame":
				return standing.blame(effect.origin, effect.failure);
			case "end":
				return this.#end(effect.id);
			default:
				return effect satisfies never;
		}
	}

	#begin(flight: Flight, kind: "first" | "repeat"): void {
		const { standing } = this.#world;
		if (kind === "first") standing.credit(flight.origin);
		// Not within this input's orders: one input at a time.
		else if (!standing.spend(flight.origin))
			return void Promise.resolve().then(() => this.send({ type: "denied", id: flight.id }));
		const { clock } = this.#world.runtime;
		const stop = new AbortController();
		this.#flights.set(flight.id, { stop, at: clock.now() });
		void this.#fly(flight, stop.signal);
	}

	async #fly({ id, origin }: Flight, signal: AbortSignal): Promise<void> {
		const request = { url: `${origin}/${this.#entry.path}`, entry: this.#entry, signal };
		const answer = await requestAsset(request, this.#world.runtime);
		if ("body" in answer) {
			this.#landed.set(id, { body: answer.body, origin });
			return this.send({ type: "verified", id });
		}
		this.#cause ??= answer.cause;
		const { failure, retryAfterMs = 0 } = answer;
		this.send({ type: "failed", id, failure, retryAfterMs });
	}

	#end(id: number | null): void {
		const served = id === null ? undefined : this.#landed.get(id);
		if (id === null || served === undefined) return this.#settle(null, this.#failure());
		const { at } = this.#flights.get(id) ?? { at: 0 };
		this.#world.standing.praise(served.origin, at);
		this.#settle(served);
	}

	#failure(): RealtimeError {
		const failures = Object.entries(this.#state.failures);
		const isDamaged = failures.length > 0 && failures.every(([, why]) => why === "integrity");
		const code = isDamaged ? "integrity-mismatch" : "asset-unavailable";
		const list = failures.map(([origin, why]) => `${origin}: ${why}`).join(", ");
		return new RealtimeError(code, `${this.#entry.path} from no origin (${list})`, {
			cause: this.#cause,
			remediation: isDamaged
				? "Deploy to every origin the very files that the manifest was written from."
				: "Check that each origin serves it with status 200, its MIME type and CORS headers.",
		});
	}
}
