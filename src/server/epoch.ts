import type { EpochMs } from "../policy/moment.js";

/** Milliseconds in base 36, in as many digits until the year 5188. */
const TIME = 9;
const CHANCE = 6;

/**
 * The epoch after `previous`. Epochs compare as text, so the instant comes first; two in one
 * millisecond still grow. The rest is chance: it tells apart two logs that began at one instant.
 */
export function nextEpoch(previous: string | null, now: EpochMs, random: () => number): string {
	const after = previous === null ? 0 : Number.parseInt(previous.slice(0, TIME), 36) + 1;
	return digits(Math.max(Math.floor(now), after), TIME) + digits(random() * 36 ** CHANCE, CHANCE);
}

function digits(value: number, length: number): string {
	return Math.floor(value).toString(36).padStart(length, "0");
}
