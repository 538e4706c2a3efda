import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Candidate, EndpointFilter, SelectionContext } from "../../src/endpoint/endpoint.js";
import {
	chain,
	preferLastGood,
	preferPrimary,
	selectFirst,
	shuffle,
	up,
	weightedShuffle,
} from "../../src/endpoint/filters.js";
import { isRealtimeError } from "../../src/errors/realtime-error.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { chiSquare } from "../support/statistics.js";

const NOW = 1_000;

function candidate(
	url: string,
	known: Partial<Candidate> & Partial<Candidate["endpoint"]> = {},
): Candidate {
	const { role = "backup", weight, failures = 0, ejectedUntil = null, lastGoodAt = null } = known;
	const endpoint = { url, role, ...(weight !== undefined && { weight }) };
	return { endpoint, failures, ejectedUntil, lastGoodAt };
}

function run(
	filter: EndpointFilter,
	candidates: readonly Candidate[],
	context: Partial<SelectionContext> = {},
): string[] {
	const given = { now: NOW, random: () => 0.5, attempt: 1, ...context };
	return filter(candidates, given).map(({ endpoint }) => endpoint.url);
}

describe("up()", () => {
	const healthy = candidate("healthy");
	const ejected = candidate("ejected", { ejectedUntil: NOW + 1 });
	const back = candidate("back", { ejectedUntil: NOW });

	it("leaves out what is ejected, until its time is over", () => {
		expect(run(up(), [ejected, healthy, back])).toEqual(["healthy", "back"]);
	});

	it("keeps all when all are ejected, because a guess beats no dial", () => {
		expect(run(up(), [ejected, ejected])).toEqual(["ejected", "ejected"]);
		expect(run(up(), [])).toEqual([]);
	});
});

describe("preferPrimary()", () => {
	it("puts primaries first and leaves the rest in order", () => {
		const list = [
			candidate("a"),
			candidate("b", { role: "primary" }),
			candidate("c"),
			candidate("d", { role: "primary" }),
		];
		expect(run(preferPrimary(), list)).toEqual(["b", "d", "a", "c"]);
	});
});

describe("preferLastGood()", () => {
	it("puts the one that worked last first, and those that never did last, in order", () => {
		const list = [
			candidate("never"),
			candidate("old", { lastGoodAt: 0 }),
			candidate("new", { lastGoodAt: 9 }),
			candidate("nor this"),
		];
		expect(run(preferLastGood(), list)).toEqual(["new", "old", "never", "nor this"]);
	});
});

describe("shuffle()", () => {
	it("gives every order equally often", () => {
		const random = seededRandom(1);
		const list = ["a", "b", "c"].map((url) => candidate(url));
		const counts = count(6_000, () => run(shuffle(), list, { random }).join(""));
		expect(counts.size).toBe(6);
		expect(chiSquare([...counts.values()], Array(6).fill(1_000))).toBeGreaterThan(0.01);
	});

	it("gives the same order for the same draws", () => {
		const list = ["a", "b", "c", "d"].map((url) => candidate(url));
		const orders = [7, 7].map((seed) => run(shuffle(), list, { random: seededRandom(seed) }));
		expect(orders[0]).toEqual(orders[1]);
	});
});

describe("weightedShuffle()", () => {
	const list = [candidate("a", { weight: 1 }), candidate("b", { weight: 3 }), candidate("c")];

	it("draws the first in proportion to the weights, 1 where there is none", () => {
		const random = seededRandom(2);
		const firsts = count(10_000, () => run(weightedShuffle(), list, { random })[0] as string);
		const observed = ["a", "b", "c"].map((url) => firsts.get(url) ?? 0);
		expect(chiSquare(observed, [2_000, 6_000, 2_000])).toBeGreaterThan(0.01);
	});

	it("draws the second in proportion to what is left", () => {
		const random = seededRandom(3);
		const orders = count(12_000, () => run(weightedShuffle(), list, { random }).join(""));
		// After b (3 of 5) the others are even; after a (1 of 5) b has three of the four parts left.
		const expected = { abc: 1_800, acb: 600, bac: 3_600, bca: 3_600, cab: 600, cba: 1_800 };
		const observed = Object.keys(expected).map((order) => orders.get(order) ?? 0);
		expect(chiSquare(observed, Object.values(expected))).toBeGreaterThan(0.01);
	});

	it.each([0, -1, Number.NaN])("puts a weight of %s last, and drops nobody", (weight) => {
		const odd = [candidate("odd", { weight }), candidate("a"), candidate("b", { weight: 0.001 })];
		for (let seed = 0; seed < 100; seed++) {
			const order = run(weightedShuffle(), odd, { random: seededRandom(seed) });
			expect(order).toHaveLength(3);
			expect(order[2]).toBe("odd");
		}
	});
});

describe("selectFirst()", () => {
	it("keeps so many from the front", () => {
		const list = ["a", "b", "c"].map((url) => candidate(url));
		expect(run(selectFirst(2), list)).toEqual(["a", "b"]);
		expect(run(selectFirst(9), list)).toEqual(["a", "b", "c"]);
	});

	it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s at the call", (count) => {
		const attempt = (): unknown => selectFirst(count);
		expect(attempt).toThrow(
			expect.toSatisfy((error) => isRealtimeError(error) && error.code === "invalid-option"),
		);
	});
});

describe("chain()", () => {
	it("runs one filter after the other", () => {
		const list = [
			candidate("down", { role: "primary", ejectedUntil: NOW + 1 }),
			candidate("backup"),
			candidate("primary", { role: "primary" }),
		];
		expect(run(chain([up(), preferPrimary(), selectFirst(1)]), list)).toEqual(["primary"]);
		expect(run(chain([]), list)).toEqual(["down", "backup", "primary"]);
	});

	it("neither invents, repeats nor changes a candidate, whatever is in it", () => {
		const known = fc.record({
			ejectedUntil: fc.option(fc.nat(2 * NOW)),
			lastGoodAt: fc.option(fc.nat(NOW)),
			weight: fc.double({ min: -1, max: 5 }),
			role: fc.constantFrom("primary" as const, "backup" as const),
		});
		const steps = [up(), preferPrimary(), preferLastGood(), shuffle(), weightedShuffle()];
		const filters = fc.array(fc.constantFrom(...steps, selectFirst(1), selectFirst(3)));
		const property = fc.property(fc.array(known), filters, fc.nat(), (rows, chained, seed) => {
			const list = rows.map((row, at) => candidate(`${at}`, row));
			const context = { now: NOW, random: seededRandom(seed), attempt: 1 };
			const left = chain(chained)(list, context);
			expect(new Set(left).size).toBe(left.length);
			expect(left.every((one) => list.includes(one))).toBe(true);
			expect(left.length > 0).toBe(list.length > 0);
		});
		fc.assert(property, { numRuns: 2_000, seed: 5 });
	});
});

function count(times: number, draw: () => string): Map<string, number> {
	const counts = new Map<string, number>();
	for (let i = 0; i < times; i++) {
		const drawn = draw();
		counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
	}
	return counts;
}
