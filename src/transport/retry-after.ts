import type { EpochMs } from "../policy/moment.js";

/** A Retry-After header as a duration: seconds, or an HTTP date (RFC 9110, 10.2.3). Anything else says nothing. */
export function parseRetryAfter(
	header: string | null | undefined,
	now: EpochMs,
): number | undefined {
	if (!header) return undefined;
	// Date.parse takes almost anything for a date, "1" and "1.5" among them.
	const ms = /^\s*\d/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
	return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
