import type { EpochMs } from "../policy/moment.js";
import type { Readable } from "../reactive/readable.js";

/** Where a server is. */
export interface Endpoint {
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
	readonly endpoints: Readable<readonly Endpoint[]>;
}

/** An endpoint and what is known of its health. */
export interface Candidate {
	readonly endpoint: Endpoint;
	/** Failures in a row. */
	readonly failures: number;
	/** Until then `up()` leaves it out. */
	readonly ejectedUntil: EpochMs | null;
	readonly lastGoodAt: EpochMs | null;
}

export interface SelectionContext {
	readonly now: EpochMs;
	readonly random: () => number;
	/** Ordinal of the attempt since the last stable link. */
	readonly attempt: number;
}

/** One step of a chain, as in a DNS filter chain: takes candidates, returns those that remain, in order. */
export type EndpointFilter = (
	candidates: readonly Candidate[],
	context: SelectionContext,
) => readonly Candidate[];
