import { describe, expect, it } from "vitest";
import { chiSquare, kolmogorovSmirnov, percentile, uniform } from "./statistics.js";

/** A generator of its own, so that this test stands alone (mulberry32). */
function seeded(seed: number): () => number {
	let a = seed;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

const draw = (count: number, random: () => number): number[] =>
	Array.from({ length: count }, () => random());

describe("percentile", () => {
	it("is a member of the sample, by nearest rank", () => {
		const samples = [15, 20, 35, 40, 50].reverse();
		expect([0, 0.05, 0.3, 0.4, 0.5, 1].map((p) => percentile(samples, p))).toEqual([
			15, 15, 20, 20, 35, 50,
		]);
	});

	it("has no answer for nothing", () => {
		expect(() => percentile([], 0.5)).toThrow(RangeError);
	});
});

describe("kolmogorovSmirnov", () => {
	it("agrees with the published critical values for large samples", () => {
		// The quantiles of Kolmogorov's distribution: 1.2238, 1.3581 and 1.6276 at 10, 5 and 1 %.
		for (const [critical, level] of [
			[1.2238, 0.1],
			[1.3581, 0.05],
			[1.6276, 0.01],
		] as const) {
			const n = 10_000;
			const distance = critical / (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
			// A sample that is perfectly even but for a shift by that distance.
			const samples = Array.from({ length: n }, (_, i) => i / n + distance);
			expect(kolmogorovSmirnov(samples, uniform(0, 1))).toBeCloseTo(level, 3);
		}
	});

	it("accepts uniform samples about as often as it says", () => {
		const random = seeded(1);
		const values = Array.from({ length: 500 }, () =>
			kolmogorovSmirnov(draw(400, random), uniform(0, 1)),
		);
		const share = values.filter((p) => p < 0.1).length / values.length;
		expect(share).toBeGreaterThan(0.07);
		expect(share).toBeLessThan(0.13);
	});

	it("rejects a sample with a lump or of another law", () => {
		const random = seeded(2);
		const lumpy = draw(2_000, random).map((x, i) => (i % 10 === 0 ? 0 : x));
		const squared = draw(2_000, random).map((x) => x ** 1.3);
		expect(kolmogorovSmirnov(lumpy, uniform(0, 1))).toBeLessThan(0.001);
		expect(kolmogorovSmirnov(squared, uniform(0, 1))).toBeLessThan(0.001);
	});
});

describe("chiSquare", () => {
	it("agrees with the published critical values", () => {
		// Statistic 3.841 at 1, 18.307 at 10 and 124.342 at 100 degrees of freedom: 5 % each.
		for (const [statistic, freedom] of [
			[3.841, 1],
			[18.307, 10],
			[124.342, 100],
		] as const) {
			const expected = Array.from({ length: freedom + 1 }, () => 100);
			const shift = Math.sqrt((statistic * 100) / 2);
			const observed = [100 + shift, 100 - shift, ...expected.slice(2)];
			expect(chiSquare(observed, expected)).toBeCloseTo(0.05, 3);
		}
	});

	it("is 1 for counts just as expected, and nearly 0 for a loaded die", () => {
		expect(chiSquare([10, 10, 10], [10, 10, 10])).toBe(1);
		expect(chiSquare([90, 90, 90, 90, 90, 150], Array(6).fill(100))).toBeLessThan(0.001);
	});

	it("wants a cell for each cell", () => {
		expect(() => chiSquare([1], [1, 2])).toThrow(RangeError);
	});
});
