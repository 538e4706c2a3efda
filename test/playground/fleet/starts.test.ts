/* How fast a fleet starts: no faster than those before are there, whatever the machine has to do beside. */
import { describe, expect, it } from "vitest";
import { startsNow } from "../../../playground/edge/fleet/starts.js";

const MANNERS = { startsPerSecond: 100, mostUnderWay: 8 };
const CALM = { missing: 500, underWay: 0, sinceMs: 20, rest: 0 };
const TICK_MS = 25;

/** Everybody needs as long until he is there; how many were started by then, and how many at a time at most. */
function grow(clients: number, eachMs: number, forMs: number) {
	const arrivals: number[] = [];
	let [started, most, rest] = [0, 0, 0];
	for (let now = 0; now < forMs; now += TICK_MS) {
		const underWay = arrivals.filter((at) => at > now).length;
		const missing = clients - started;
		const grown = startsNow({ missing, underWay, sinceMs: TICK_MS, rest }, MANNERS);
		rest = grown.rest;
		started += grown.starts;
		for (let n = 0; n < grown.starts; n++) arrivals.push(now + eachMs);
		most = Math.max(most, underWay + grown.starts);
	}
	return { started, most };
}

describe("a fleet that starts", () => {
	it("keeps to its rate where everybody is there at once", () => {
		expect(grow(1_000, TICK_MS, 5_000)).toMatchObject({ started: 500 });
	});

	it.each([200, 1_000, 4_000])(
		"has no more on the way than it may where each needs %i ms, and starts the next as one arrives",
		(eachMs) => {
			const { started, most } = grow(1_000, eachMs, 8 * eachMs);
			expect(most).toBe(MANNERS.mostUnderWay);
			expect(started).toBeGreaterThanOrEqual(7 * MANNERS.mostUnderWay);
			expect(started).toBeLessThanOrEqual(8 * MANNERS.mostUnderWay);
		},
	);

	it("starts nobody who is not missing", () => {
		expect(startsNow({ ...CALM, missing: 0, sinceMs: 500 }, MANNERS).starts).toBe(0);
		expect(startsNow({ ...CALM, missing: 1, sinceMs: 500 }, MANNERS).starts).toBe(1);
		expect(startsNow({ ...CALM, missing: -3 }, MANNERS).starts).toBe(0);
	});

	it("keeps a share of a start for the next time, and no more than one of what it had no use for", () => {
		expect(startsNow({ ...CALM, sinceMs: 15 }, MANNERS)).toEqual({ starts: 1, rest: 0.5 });
		expect(startsNow({ ...CALM, sinceMs: 5, rest: 0.5 }, MANNERS)).toEqual({ starts: 1, rest: 0 });
		expect(startsNow({ ...CALM, underWay: 8, sinceMs: 900 }, MANNERS)).toEqual({
			starts: 0,
			rest: 1,
		});
	});

	it("doesn't make up for a time in which it stood still", () => {
		const wide = { ...MANNERS, mostUnderWay: 1_000 };
		expect(startsNow({ ...CALM, sinceMs: 18_000 }, wide).starts).toBe(100);
	});

	it("starts nobody while more are on the way than there may be", () =>
		expect(startsNow({ ...CALM, underWay: 20, sinceMs: 500 }, MANNERS).starts).toBe(0));
});
