import type { EpochMs } from "../policy/moment.js";
import type { Readable } from "../reactive/readable.js";

/** Where a server is. */
export interface Endpoint {
	/**
	 * A `wss:` URL (`ws:` for development), without credentials and fragment. A star as the first label
	 * (`wss://*.backup.example/`) is another random label in each dial, for zones that answer all of them:
	 * no cache on the way has an answer from before.
	 */
	readonly url: string;
	/** @default the first is the primary, the rest are backups */
	readonly role?: "primary" | "backup";
	/** Share of `weightedShuffle()`. @default 1 */
	readonly weight?: number;
	/** A region, for filters of the app's own. */
	readonly zone?: string;
}

/** Endpoints that change while the client lives: from a config service, from DNS. */
export interface EndpointSource {
	/**
	 * What to dial from now on; each change is checked like the option, and told as an `error` if
	 * it makes no sense.
	 */
	readonly endpoints: Readable<readonly Endpoint[]>;
}

/** An endpoint and what is known of its health. */
export interface Candidate {
	/** The endpoint as it was given. */
	readonly endpoint: Endpoint;
	/** Failures in a row. */
	readonly failures: number;
	/** Until then `up()` leaves it out. */
	readonly ejectedUntil: EpochMs | null;
	/** When it last welcomed us; null: not yet. */
	readonly lastGoodAt: EpochMs | null;
}

/** What a filter may decide by. Same context, same candidates: same choice. */
export interface SelectionContext {
	/**
	 * To compare with `ejectedUntil` and `lastGoodAt` of the candidates: in a filter all three are on a
	 * clock that never goes back, which is not wall time.
	 */
	readonly now: EpochMs;
	/** Uniform in [0, 1): draw from it and not from `Math.random`, so that tests can replay. */
	readonly random: () => number;
	/** Ordinal of the attempt since the last stable link. */
	readonly attempt: number;
}

/** One step of a chain, as in a DNS filter chain: takes candidates, returns those that remain, in order. */
export type EndpointFilter = (
	candidates: readonly Candidate[],
	context: SelectionContext,
) => readonly Candidate[];
