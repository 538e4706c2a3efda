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
	/** In [0, 1). */
	readonly chance: number;
}

export function nextRecord(
	identity: string,
	previous: string | null,
	random: () => number,
): EpochRecord {
	return { identity, previous, chance: random() };
}

export function epochOf({ previous, chance }: EpochRecord, storedAt: EpochMs): string {
	return nextEpoch(previous, storedAt, () => chance);
}
