/* E2: each filter by its table, and the chances that its documentation promises. */
import { seededRandom } from "holdfast/testing";
import { describe, expect, it } from "vitest";
import { runChain } from "../../../playground/edge/dns/decide/chain.js";
import type {
	Answer,
	Candidate,
	Chain,
	Filter,
	Metadata,
} from "../../../playground/edge/dns/decide/contract.js";
import { PLACES } from "./asking.js";

type Listed = Readonly<Record<string, Metadata>>;

const listed = (answers: Listed): readonly Candidate[] =>
	Object.entries(answers).map(([data, metadata]) => ({ answer: { data } as Answer, metadata }));

interface Circumstances {
	readonly place?: string | null;
	readonly seed?: number;
	readonly random?: () => number;
}

function run(
	chain: Chain,
	answers: Listed,
	{ place = null, seed = 1, random = seededRandom(seed) }: Circumstances = {},
): readonly string[] {
	const moment = { location: { place, scopeBits: 24 }, places: PLACES, random };
	return runChain(chain, listed(answers), moment).candidates.map(({ answer }) =>
		String(answer.data),
	);
}

const only = (...filters: readonly Filter[]): Chain => ({ filters, onEmpty: "nodata" });

describe("up", () => {
	it.each<[string, Filter & { filter: "up" }, Listed, readonly string[]]>([
		["keeps what is up", { filter: "up" }, { a: { up: true }, b: { up: false } }, ["a"]],
		["keeps what says nothing of it", { filter: "up" }, { a: {}, b: { up: false } }, ["a"]],
		[
			"drops what says nothing of it, where that is asked for",
			{ filter: "up", missing: "drop" },
			{ a: {}, b: { up: true } },
			["b"],
		],
		["drops all", { filter: "up" }, { a: { up: false }, b: { up: false } }, []],
		["keeps the order", { filter: "up" }, { c: {}, a: { up: true }, b: {} }, ["c", "a", "b"]],
	])("%s", (_, filter, answers, expected) => {
		expect(run(only(filter), answers)).toEqual(expected);
	});
});

describe("shed_load", () => {
	const shed: Filter = { filter: "shed_load", metric: "loadavg" };
	const marks = { lowWatermark: 80, highWatermark: 90 };

	it.each([
		[79, 0, 0],
		[80, 0, 0],
		[82, 0.2, 0.015],
		[85, 0.5, 0.02],
		[90, 1, 0],
		[140, 1, 0],
	])(
		"at a load of %d between marks of 80 and 90 sheds %d of 10,000 queries",
		(load, share, margin) => {
			const random = seededRandom(load);
			let shedCount = 0;
			for (let query = 0; query < 10_000; query++)
				if (run(only(shed), { a: { ...marks, loadavg: load } }, { random }).length === 0)
					shedCount++;
			expect(Math.abs(shedCount / 10_000 - share)).toBeLessThanOrEqual(margin);
		},
	);

	it.each<[string, Metadata]>([
		["no load", marks],
		["no low mark", { loadavg: 99, highWatermark: 90 }],
		["no high mark", { loadavg: 99, lowWatermark: 80 }],
		["another metric's load", { ...marks, connections: 99 }],
	])("leaves alone what tells %s", (_, metadata) => {
		expect(run(only(shed), { a: metadata })).toEqual(["a"]);
	});

	it("judges each answer by itself, by the metric that it is told to", () => {
		const byConnections: Filter = { filter: "shed_load", metric: "connections" };
		const answers = { full: { ...marks, connections: 90 }, free: { ...marks, connections: 10 } };
		expect(run(only(byConnections), answers)).toEqual(["free"]);
	});

	it("sheds nothing between two marks that are one, below it, and all from it on", () => {
		const same = { lowWatermark: 80, highWatermark: 80 };
		expect(run(only(shed), { a: { ...same, loadavg: 79 } })).toEqual(["a"]);
		expect(run(only(shed), { a: { ...same, loadavg: 80 } })).toEqual([]);
	});
});

describe("geotarget_country", () => {
	const geo = only({ filter: "geotarget_country" });
	const answers: Listed = {
		IAD: { places: ["US-VA"] },
		FRA: { places: ["DE"] },
		DUB: { places: ["IE"] },
		LHR: { places: ["GB"] },
	};

	it.each([
		["IE", ["DUB", "LHR", "FRA", "IAD"]],
		["GB", ["LHR", "DUB", "FRA", "IAD"]],
		["DE", ["FRA", "LHR", "DUB", "IAD"]],
		["PL", ["FRA", "LHR", "DUB", "IAD"]],
		["US-CA", ["IAD", "DUB", "LHR", "FRA"]],
		["JP", ["FRA", "LHR", "DUB", "IAD"]],
	])("sorts for %s, and drops nothing", (place, expected) => {
		expect(run(geo, answers, { place })).toEqual(expected);
	});

	it("puts the very state before its country, and the country before others", () => {
		const states = { GB: { places: ["GB"] }, US: { places: ["US"] }, VA: { places: ["US-VA"] } };
		expect(run(geo, states, { place: "US-VA" })).toEqual(["VA", "US", "GB"]);
	});

	it("takes the nearest of an answer's places", () => {
		const many = { one: { places: ["GB"] }, two: { places: ["AU", "IE"] } };
		expect(run(geo, many, { place: "IE" })).toEqual(["two", "one"]);
	});

	it("keeps the order for an asker that nobody knows, and of answers that say no place", () => {
		expect(run(geo, answers)).toEqual(["IAD", "FRA", "DUB", "LHR"]);
		expect(run(geo, { x: {}, y: {}, DUB: { places: ["IE"] } }, { place: "IE" })).toEqual([
			"DUB",
			"x",
			"y",
		]);
	});
});

describe("lowest_latency", () => {
	const latency = only({ filter: "lowest_latency" });
	const answers: Listed = {
		IAD: { region: "us-east-1", places: ["US-VA"] },
		FRA: { region: "eu-central-1", places: ["DE"] },
		DUB: { region: "eu-west-1", places: ["IE"] },
		LHR: { region: "eu-west-2", places: ["GB"] },
	};

	it.each([
		["IE", ["DUB", "LHR", "FRA", "IAD"]],
		["DE", ["FRA", "LHR", "DUB", "IAD"]],
		["US-VA", ["IAD", "DUB", "LHR", "FRA"]],
		// Not in the table of latencies: by distance.
		["AU", ["FRA", "LHR", "DUB", "IAD"]],
	])("sorts for %s", (place, expected) => {
		expect(run(latency, answers, { place })).toEqual(expected);
	});
});

describe("select_first_n", () => {
	const three = { a: {}, b: {}, c: {} };
	it.each([
		[undefined, ["a"]],
		[1, ["a"]],
		[2, ["a", "b"]],
		[9, ["a", "b", "c"]],
	])("keeps the first %s", (n, expected) => {
		const filter: Filter =
			n === undefined ? { filter: "select_first_n" } : { filter: "select_first_n", n };
		expect(run(only(filter), three)).toEqual(expected);
	});
});

describe("shuffle", () => {
	it("makes each of the six orders of three as likely as the others", () => {
		const random = seededRandom(7);
		const counts = new Map<string, number>();
		for (let query = 0; query < 12_000; query++) {
			const order = run(only({ filter: "shuffle" }), { a: {}, b: {}, c: {} }, { random }).join("");
			counts.set(order, (counts.get(order) ?? 0) + 1);
		}
		expect(counts.size).toBe(6);
		// Five standard deviations of 12,000 draws at 1 in 6 are 204.
		for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThanOrEqual(204);
	});

	it("takes the same course from the same seed", () => {
		const five = { a: {}, b: {}, c: {}, d: {}, e: {} };
		const order = (seed: number): string =>
			run(only({ filter: "shuffle" }), five, { seed }).join("");
		expect([order(3), order(3), order(4)]).toEqual(["eadbc", "eadbc", "bdcae"]);
	});
});

describe("weighted_shuffle", () => {
	const weighted = only({ filter: "weighted_shuffle" }, { filter: "select_first_n" });

	it.each([10, 25, 50, 75, 100])(
		"gives a migration's new side %d percent of 10,000 queries",
		(percent) => {
			const random = seededRandom(percent);
			const sides = { old: { weight: 100 - percent }, new: { weight: percent } };
			let count = 0;
			for (let query = 0; query < 10_000; query++)
				if (run(weighted, sides, { random })[0] === "new") count++;
			const margin = percent === 100 ? 0 : 0.02;
			expect(Math.abs(count / 10_000 - percent / 100)).toBeLessThanOrEqual(margin);
		},
	);

	it("drops nothing, and keeps the order of what weighs nothing", () => {
		const answers = { x: {}, a: { weight: 1 }, y: { weight: 0 } };
		expect(run(only({ filter: "weighted_shuffle" }), answers)).toEqual(["a", "x", "y"]);
	});
});

describe("A chain", () => {
	const down: Listed = { a: { up: false }, b: { up: false } };

	it("passes a filter over that would drop the last answer, and goes on", () => {
		const filters: readonly Filter[] = [{ filter: "up" }, { filter: "select_first_n", n: 1 }];
		expect(run({ filters }, down)).toEqual(["a"]);
		expect(run({ filters, onEmpty: "nodata" }, down)).toEqual([]);
	});

	it("sheds what is busy while another is there to take it", () => {
		const filters: readonly Filter[] = [{ filter: "shed_load", metric: "loadavg" }];
		const marks = { lowWatermark: 80, highWatermark: 90 };
		const busy = { a: { ...marks, loadavg: 95 }, b: { ...marks, loadavg: 10 } };
		expect(run({ filters }, busy)).toEqual(["b"]);
		const both = { a: busy.a, b: busy.a };
		expect(run({ filters }, both)).toEqual(["a", "b"]);
	});

	it("depends on the asker's block only where a filter looks at it", () => {
		const location = { place: "IE", scopeBits: 24 };
		const moment = { location, places: PLACES, random: seededRandom(1) };
		const scopeOf = (filter: Filter): number =>
			runChain(only(filter), listed({ a: {} }), moment).scopeBits;
		expect(scopeOf({ filter: "geotarget_country" })).toBe(24);
		expect(scopeOf({ filter: "lowest_latency" })).toBe(24);
		expect(scopeOf({ filter: "shuffle" })).toBe(0);
	});
});
