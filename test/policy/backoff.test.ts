import { describe, expect, it } from "vitest";
import { type BackoffPolicy, backoff, pushback } from "../../src/policy/backoff.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { kolmogorovSmirnov, uniform } from "../support/statistics.js";

const policy: BackoffPolicy = { firstRedialWindowMs: 500, baseMs: 500, maxMs: 4_000 };
const minutes = (count: number): number => count * 60_000;
const round = (ms: number): number => Math.round(ms * 10) / 10;
const at = (now: number, random: number) => ({ now, random: () => random });

/** The longest wait before each redial of an outage that began at 0. */
function longest(windowMs: number, attempts: readonly number[], now = 0): number[] {
	const windows = { windowMs, announcedMs: null };
	return attempts.map((attempt) => backoff({ since: 0, attempt }, windows, policy, at(now, 1)));
}

describe("backoff", () => {
	it("spreads the first redial over half a second when nobody announced the loss", () => {
		expect(longest(0, [0])).toEqual([500]);
		expect(longest(90_000, [0])).toEqual([500]);
	});

	it("spreads the first redial over the window that announced the loss", () => {
		const windows = { windowMs: 30_000, announcedMs: 90_000 };
		expect(backoff({ since: 0, attempt: 0 }, windows, policy, at(0, 1))).toBe(90_000);
	});

	it("grows from half a second up to four, where the server has named no window", () => {
		expect(longest(0, [1, 2, 3, 4, 5, 6]).map(round)).toEqual([
			500, 800, 1_280, 2_048, 3_276.8, 4_000,
		]);
	});

	it("grows from the server's window up to twice that window", () => {
		expect(longest(90_000, [1, 2, 3])).toEqual([90_000, 144_000, 180_000]);
	});

	it("lets the cap grow with the outage, to ten minutes", () => {
		expect(longest(0, [9], minutes(1))).toEqual([12_000]);
		expect(longest(0, [19], minutes(10))).toEqual([minutes(2)]);
		expect(longest(0, [99], minutes(600))).toEqual([minutes(10)]);
		const windows = { windowMs: minutes(90), announcedMs: minutes(90) };
		for (const attempt of [0, 1, 2])
			expect(backoff({ since: 0, attempt }, windows, policy, at(0, 1))).toBe(minutes(10));
	});

	it("is finite and fully jittered at attempt 5,000", () => {
		const outage = { since: 0, attempt: 5_000 };
		const windows = { windowMs: 0, announcedMs: null };
		const random = seededRandom(4);
		const waits = Array.from({ length: 10_000 }, () =>
			backoff(outage, windows, policy, { now: minutes(10), random }),
		);
		expect(kolmogorovSmirnov(waits, uniform(0, minutes(2)))).toBeGreaterThan(0.01);
		const noBase = { ...policy, baseMs: 0 };
		expect(backoff(outage, windows, noBase, at(0, 1))).toBe(0);
	});
});

describe("pushback", () => {
	it("is never earlier than told, and up to a fifth later", () => {
		expect(pushback(30_000, at(0, 0))).toBe(30_000);
		expect(pushback(30_000, at(0, 1))).toBe(36_000);
	});

	it("counts at most ten minutes of what was told, and spreads those as well", () => {
		expect(pushback(minutes(60), at(0, 0))).toBe(minutes(10));
		expect(pushback(minutes(60), at(0, 1))).toBe(minutes(12));
	});
});
