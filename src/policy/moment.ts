/** Wall time in milliseconds since 1970: to show, and to compare with a server's. */
export type EpochMs = number;

/**
 * When a decision is due, and where its chance comes from: a machine never reads the world itself.
 * `now` is monotonic milliseconds; the same draws give the same decision.
 */
export interface Moment {
	readonly now: number;
	/** Uniform in [0, 1). */
	readonly random: () => number;
}
