import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/testing/seeded-random.js";

const draw = (seed: number, count: number): number[] => {
	const random = seededRandom(seed);
	return Array.from({ length: count }, random);
};

describe("seededRandom", () => {
	it("draws the same numbers from the same seed, on every machine and in every release", () => {
		expect(draw(1, 50)).toEqual(draw(1, 50));
		expect(draw(1, 3)).toMatchInlineSnapshot(`
			[
			  0.7552164338994771,
			  0.6810795669443905,
			  0.15045517263934016,
			]
		`);
	});

	it.each([
		[1, 2],
		[0, -1],
		[7, 7 + 2 ** 32],
		[0, 2 ** 32],
		[2 ** 52, 2 ** 52 + 1],
	])("draws others from seeds %d and %d", (a, b) => {
		const [first, second] = [draw(a, 100), draw(b, 100)];
		expect(first.filter((value, index) => value === second[index])).toEqual([]);
	});

	it("stays in [0, 1) and spreads evenly, also over the first draws of neighbouring seeds", () => {
		const firsts = Array.from({ length: 20_000 }, (_, seed) => draw(seed, 1)[0] as number);
		for (const values of [draw(42, 20_000), firsts]) {
			expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
			const buckets = new Array<number>(20).fill(0);
			for (const value of values) {
				const bucket = Math.floor(value * 20);
				buckets[bucket] = (buckets[bucket] ?? 0) + 1;
			}
			const chiSquare = buckets.reduce((sum, n) => sum + (n - 1_000) ** 2 / 1_000, 0);
			// 19 degrees of freedom: 43.8 is p = 0.001.
			expect(chiSquare).toBeLessThan(43.8);
		}
	});
});
