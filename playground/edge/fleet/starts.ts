/*
 * How many clients a thread starts now, pure. The limit is who is still on the way: on a busy machine everybody
 * takes longer then, and nobody so long that he gives up and dials again, which is how a fleet that starts at a
 * fixed rate grows into a storm of its own. The rate bounds it where there is nothing to wait for.
 */
import type { FleetManners } from "./contract.js";

export interface Starting {
	/** Clients that there shall be and that have not been started. */
	readonly missing: number;
	/** Started, and neither in their channel nor without hope of a link. */
	readonly underWay: number;
	/** Since this was asked last. */
	readonly sinceMs: number;
	/** What the last answer left, one start at most. */
	readonly rest: number;
}

export interface Started {
	readonly starts: number;
	readonly rest: number;
}

/** A machine that stood still does not make up for it all at once. */
const LONGEST_MS = 1_000;

export function startsNow(
	{ missing, underWay, sinceMs, rest }: Starting,
	{ startsPerSecond, mostUnderWay }: Pick<FleetManners, "startsPerSecond" | "mostUnderWay">,
): Started {
	const allowed = rest + (Math.min(sinceMs, LONGEST_MS) * startsPerSecond) / 1_000;
	const starts = Math.max(0, Math.min(missing, mostUnderWay - underWay, Math.floor(allowed)));
	return { starts, rest: Math.min(allowed - starts, 1) };
}
