import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../../src/transport/retry-after.js";

const NOW = Date.UTC(2025, 0, 1, 12);

describe("Retry-After", () => {
	it.each([
		["120", 120_000],
		["0", 0],
		[" 1.5 ", 1_500],
		["Wed, 01 Jan 2025 12:00:30 GMT", 30_000],
		["Wednesday, 01-Jan-25 12:00:30 GMT", 30_000],
		["Wed Jan  1 12:00:30 2025 GMT", 30_000],
		["Wed, 01 Jan 2025 11:00:00 GMT", 0],
		["-5", 0],
		["86400000000", 86_400_000_000_000],
	])("%j means %d ms", (header, ms) => {
		expect(parseRetryAfter(header, NOW)).toBe(ms);
	});

	it.each(["", "soon", "12 minutes", "NaN", "Infinity", null, undefined])(
		"%j says nothing",
		(header) => {
			expect(parseRetryAfter(header, NOW)).toBeUndefined();
		},
	);

	it("is a wait or nothing, whatever a server writes", () => {
		fc.assert(
			fc.property(fc.string(), (header) => {
				const ms = parseRetryAfter(header, NOW);
				expect(ms === undefined || ms >= 0).toBe(true);
			}),
			{ seed: 7, numRuns: 2_000 },
		);
	});
});
