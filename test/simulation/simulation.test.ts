import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bundle, runSeeds } from "./pool.js";
import { simulate } from "./simulation.js";
import { neverStruck, summary } from "./tally.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** 2,000 in a developer's run; CI sets more. */
const SEEDS = Number(process.env.HOLDFAST_SEEDS ?? 2_000);

describe("a simulated system", () => {
	it.each([1, 2, 3, 17, 42])(
		"takes the same course from seed %d each time, byte for byte",
		async (seed) => {
			const first = await simulate(seed, "recorded");
			const second = await simulate(seed, "recorded");
			expect(second.history).toEqual(first.history);
			expect(second.hash).toBe(first.hash);
			expect(first.history.length).toBeGreaterThan(20);
		},
	);

	it("takes another course from another seed, and none depends on what ran before", async () => {
		const alone = await simulate(7, "recorded");
		const other = await simulate(8, "recorded");
		const again = await simulate(7, "recorded");
		expect(other.hash).not.toBe(alone.hash);
		expect(again.hash).toBe(alone.hash);
	});

	it(`keeps every promise through ${SEEDS} seeds, and sees every kind of fault`, async () => {
		const worker = await bundle(ROOT, `${ROOT}/.tmp/simulation-${process.pid}`);
		const began = performance.now();
		const tally = await runSeeds({ worker, from: 1, seeds: SEEDS });
		console.log(summary(tally, (performance.now() - began) / 1_000));
		// A failure here is replayed by: npm run simulate -- --replay <seed>
		expect(tally.failures).toEqual([]);
		expect(tally.seeds).toBe(SEEDS);
		if (SEEDS >= 500) expect(neverStruck(tally)).toEqual([]);
	}, 3_600_000);
});
