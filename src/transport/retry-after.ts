import type { EpochMs } from "../policy/moment.js";

/** A Retry-After header as a duration: seconds, or an HTTP date (RFC 9110, 10.2.3). Anything else says nothing. */
export function parseRetryAfter(
	header: string | null | undefined,
	now: EpochMs,
): number | undefined {
	if (!header) return undefined;
	// Date.parse takes almost anything for a date, "-5" among them; each form of RFC 9110 begins with a day's name.
	const ms = /^\s*[a-z]/i.test(header) ? Date.parse(header) - now : Number(header) * 1_000;
	return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}
