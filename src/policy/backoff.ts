/*
 * How long to stay away. Every wait is uniform between nothing and a span (full jitter), so clients
 * that were lost together do not come back together. The first redial has a span of its own; after
 * it one law holds: the span grows from a base up to a cap.
 */
import type { Moment } from "./moment.js";

/** No server makes a client wait longer, and no outage. */
export const LONGEST_MS = 600_000;
const GROWTH = 1.6;

/** The time since the last stable link, and the rounds of dials made in it. */
export interface Outage {
	readonly since: number;
	readonly attempt: number;
}

/** The newest W that the server named (0: none yet), and the one that announced this very loss. */
export interface Windows {
	readonly windowMs: number;
	readonly announcedMs: number | null;
}

export interface BackoffPolicy {
	readonly firstRedialWindowMs: number;
	readonly baseMs: number;
	readonly maxMs: number;
}

export function backoff(
	outage: Outage,
	windows: Windows,
	policy: BackoffPolicy,
	{ now, random }: Moment,
): number {
	const isFirst = outage.attempt === 0;
	const firstMs = windows.announcedMs ?? policy.firstRedialWindowMs;
	const spanMs = isFirst ? firstMs : laterSpan(outage, windows.windowMs, policy, now);
	return random() * Math.min(spanMs, LONGEST_MS);
}

/** Never earlier than told. Clamped, then spread: or all who were told an hour return as one. */
export function pushback(retryAfterMs: number, { random }: Moment): number {
	return Math.min(retryAfterMs, LONGEST_MS) * (1 + 0.2 * random());
}

/**
 * A fixed cap is too slow for a small service or too short for a large one. Twice W keeps a fleet
 * stable that the server has measured, a fifth of the outage one that nobody has.
 */
function laterSpan(outage: Outage, windowMs: number, policy: BackoffPolicy, now: number): number {
	const baseMs = Math.max(policy.baseMs, windowMs);
	const capMs = Math.max(policy.maxMs, 2 * windowMs, (now - outage.since) / 5);
	// Beyond 1.6 ** 1510 lies Infinity; times a base of 0 that is NaN, which a timer takes for "now".
	return Math.min(capMs, baseMs * GROWTH ** Math.min(outage.attempt - 1, 50));
}
