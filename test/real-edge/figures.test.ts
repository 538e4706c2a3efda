/* From what was told of a trouble to figures, and when it counts as passed. */
import { describe, expect, it } from "vitest";
import type { LedgerState } from "../../playground/edge/control/contract.js";
import type { Recovery } from "../../playground/edge/fleet/contract.js";
import type { Struck, Told } from "./contract.js";
import { arrivalsOf, findingOf, overlapOf, spreadOf, stepsOf, withoutOf } from "./figures.js";
import { demandsOf } from "./judge.js";

const LEDGER: LedgerState = {
	...{ stored: 10, unstored: 0, delivered: 90, lost: 1, repeated: 2, outOfOrder: 0, late: 0 },
	...{ altered: 0, pending: 0, oldestPendingMs: 0, clients: 4, sinceMs: 1, examples: ["a did b"] },
};
const AFTER: LedgerState = { ...LEDGER, stored: 30, delivered: 270 };

const back = (client: string, lostAt: number, backAt: number): Recovery => {
	return { client, lostAt, backAt, dialledAt: lostAt + 10, cause: "gone", role: "backup" };
};

const STRUCK: Struck = {
	clients: 2,
	unit: { clients: 2, accepts: 4 },
	bites: [{ says: "it bit", holds: true }],
	times: "once",
};

const SUDDEN: Told = {
	trouble: { name: "pop-kill", title: "T", about: "A", world: "envoy", kind: "sudden" },
	...{ clients: 4, struck: STRUCK, beganAt: 0, struckAt: 1_000, wholeAt: 2_500, endedAt: 5_000 },
	recoveries: [back("a", 1_100, 1_400), back("b", 1_000, 2_000), back("early", 900, 1_500)],
	sights: [
		{ at: 900, sockets: 4, accepted: 3 },
		{ at: 1_000, sockets: 4, accepted: 4 },
		{ at: 1_500, sockets: 2, accepted: 4 },
		{ at: 2_400, sockets: 4, accepted: 6 },
		{ at: 4_000, sockets: 3, accepted: 9 },
	],
	ledger: { before: LEDGER, after: AFTER },
	...{ failures: [], remarks: [] },
};
const PLANNED: Told = {
	...SUDDEN,
	trouble: { ...SUDDEN.trouble, name: "deploy", kind: "planned" },
	recoveries: [],
};

describe("the figures of a trouble", () => {
	it("count from the strike, and leave out what was lost before it", () => {
		const found = findingOf(SUDDEN);
		expect(found).toMatchObject({ outages: 2, onBackup: 2, causes: { gone: 2 }, failures: [] });
		expect(found.fromLoss).toEqual({ count: 2, p50: 1_000, p90: 1_000, p99: 1_000, max: 1_000 });
		expect(found.fromDial?.max).toBe(990);
		expect(found.fromStrike?.max).toBe(1_000);
	});

	it("have the time until the last one is back in multiples of N/C", () => {
		// Two clients by four a second are half a second.
		expect(findingOf(SUDDEN)).toMatchObject({ wholeMs: 1_000, whole: 2 });
	});

	it("take the longest outage where it strikes again and again", () => {
		const recoveries = [back("a", 1_100, 1_400), back("a", 2_000, 2_700)];
		const struck: Struck = { ...STRUCK, times: "again and again" };
		const found = findingOf({ ...SUDDEN, struck, recoveries });
		expect(found).toMatchObject({ wholeMs: 700, fromStrike: null });
		expect(found.without).toMatchObject({ count: 1, max: 1_000 });
	});

	it("count what the ledger gained, and not what it had", () => {
		const { counts, seconds } = findingOf(SUDDEN);
		expect(counts).toMatchObject({ stored: 20, delivered: 180, lost: 0 });
		// Since its beginning, which may be long before it strikes.
		expect(seconds).toBe(5);
	});

	it("look at sockets and arrivals until all were back, not at those who go home later", () => {
		const found = findingOf(SUDDEN);
		expect(found.sockets).toEqual({ fewest: 2, most: 4 });
		expect(found.arrivals).toEqual([0, 2]);
	});

	it("of a planned move are the servers' counts", () => {
		const found = findingOf(PLANNED);
		expect(found).toMatchObject({ outages: 0, without: null, wholeMs: 1_500 });
		expect(found.curve.at(-1)).toEqual([1.4, 1]);
	});
});

describe("a trouble fails", () => {
	it.each<[string, Partial<Told>, string]>([
		["that struck nobody", { struck: { ...STRUCK, clients: 0 } }, "It struck nobody."],
		[
			"whose bite was not seen",
			{ struck: { ...STRUCK, bites: [{ says: "it bit", holds: false }] } },
			"Not seen: it bit.",
		],
		["from which not all came back", { wholeAt: null }, "Not everybody came back."],
		[
			"during which nobody said anything",
			{ ledger: { before: LEDGER, after: { ...AFTER, stored: 10 } } },
			"Nothing was published meanwhile.",
		],
		[
			"that lost a message",
			{ ledger: { before: LEDGER, after: { ...AFTER, lost: 2 } } },
			"lost: 1. a did b",
		],
		[
			"that repeated one",
			{ ledger: { before: LEDGER, after: { ...AFTER, repeated: 3 } } },
			"repeated: 1. a did b",
		],
		["that went wrong on the way", { failures: ["A wait was in vain."] }, "A wait was in vain."],
	])("%s", (_, changes, why) => {
		expect(findingOf({ ...SUDDEN, ...changes }).failures).toContain(why);
	});
});

describe("what was asked for", () => {
	const metOf = (told: Told): readonly boolean[] =>
		demandsOf([findingOf(told)]).map(({ isMet }) => isMet);

	it("is missed by a fleet that is back after half a second and more (S7), and met by the ledger (S11)", () => {
		expect(metOf(SUDDEN)).toEqual([false, true]);
		const recoveries = [back("a", 1_100, 1_400), back("b", 1_000, 1_450)];
		expect(metOf({ ...SUDDEN, recoveries })).toEqual([true, true]);
	});

	it("of a planned move is missed where somebody was without a link, or a socket was missing", () => {
		const sights = SUDDEN.sights.map((sight) => ({ ...sight, sockets: 5 }));
		expect(metOf({ ...PLANNED, sights })).toEqual([true, true]);
		expect(metOf(PLANNED)).toEqual([true, false]);
		expect(metOf({ ...PLANNED, sights, recoveries: SUDDEN.recoveries })).toEqual([true, false]);
	});
});

describe("sums", () => {
	it("a spread of nothing is none, and what was not seen is left out", () => {
		expect(spreadOf([])).toBeNull();
		expect(spreadOf([Number.NaN])).toBeNull();
		expect(spreadOf([3, Number.NaN, 1, 2])).toMatchObject({ count: 3, p50: 2, max: 3 });
	});

	it("a client's outages are added up", () => {
		expect(withoutOf([back("a", 0, 5), back("b", 0, 7), back("a", 10, 13)])).toEqual([8, 7]);
	});

	it("two links at a time are shared by those that moved", () => {
		const sights = [
			{ at: 0, sockets: 10, accepted: 0 },
			{ at: 100, sockets: 14, accepted: 4 },
			{ at: 200, sockets: 9, accepted: 4 },
		];
		expect(overlapOf(sights, 10, 4)).toBe(100);
		expect(overlapOf(sights, 10, 0)).toBeNull();
	});

	it("arrivals are put into the seconds in which they came, with those in which nobody came", () => {
		const sights = [
			{ at: 500, sockets: 0, accepted: 7 },
			{ at: 1_400, sockets: 0, accepted: 9 },
			{ at: 3_600, sockets: 0, accepted: 10 },
		];
		expect(arrivalsOf(sights)).toEqual([2, 0, 0, 1]);
		expect(arrivalsOf([])).toEqual([]);
	});

	it("a curve has no more points than can be told apart, and ends with the last", () => {
		const curve = stepsOf(
			Array.from({ length: 1_000 }, (_, at) => at * 10),
			1_000,
		);
		expect(curve.length).toBeLessThan(200);
		expect(curve.at(-1)).toEqual([9.99, 1]);
	});
});
