/*
 * How servers agree on an epoch: one of them writes a record into the stream, and all make the epoch of it and
 * of the time that NATS gave it, so that no server's own clock counts.
 */
import type { EpochMs } from "../../policy/moment.js";
import { nextEpoch } from "../epoch.js";

export interface EpochRecord {
	/** Of the copy of the log that the epoch belongs to. */
	readonly identity: string;
	readonly previous: string | null;
	/** The last record when it was written. Of two after the same one the first counts. 0: none. */
	readonly after: number;
	/** In [0, 1). */
	readonly chance: number;
}

export function nextRecord(
	identity: string,
	{ epoch, seq }: { readonly epoch: string | null; readonly seq: number },
	random: () => number,
): EpochRecord {
	return { identity, previous: epoch, after: seq, chance: random() };
}

export function epochOf({ previous, chance }: EpochRecord, storedAt: EpochMs): string {
	return nextEpoch(previous, storedAt, () => chance);
}
