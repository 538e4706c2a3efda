/* E15: how figures are made of what was seen, and what breaks them. */
import { describe, expect, it } from "vitest";
import {
	failuresOf,
	figuresOf,
	type NewcomerFigures,
	type Seen,
} from "../../../playground/edge/newcomers/figures.js";

const SEEN: Seen = {
	faultAt: 1_000,
	answers: [
		{ at: 500, leads: false },
		{ at: 1_200, leads: true },
		// The other zone's, by chance.
		{ at: 1_400, leads: false },
		{ at: 2_900, leads: true },
		{ at: 3_100, leads: false },
		{ at: 9_000, leads: false },
	],
	accepted: [
		{ at: 900, count: 5 },
		{ at: 1_100, count: 6 },
		{ at: 4_000, count: 8 },
		{ at: 6_500, count: 9 },
		{ at: 12_000, count: 9 },
	],
};

describe("the figures of a drain", () => {
	it("are when DNS led there last and never again, and when the servers' count grew last", () => {
		expect(figuresOf(SEEN)).toEqual({
			dnsChangedAfterMs: 2_100,
			lastNewcomerAfterMs: 5_500,
			newcomers: 4,
			answersElsewhere: 2,
		});
	});

	it("are none where DNS led there to the end, and 0 where nobody came", () => {
		const answers = [{ at: 1_500, leads: true }];
		expect(figuresOf({ ...SEEN, answers })).toMatchObject({
			dnsChangedAfterMs: null,
			answersElsewhere: 0,
		});
		expect(figuresOf({ ...SEEN, accepted: [{ at: 1_100, count: 0 }] })).toMatchObject({
			lastNewcomerAfterMs: 0,
			newcomers: 0,
		});
	});

	const good: NewcomerFigures = {
		dnsChangedAfterMs: 5_000,
		lastNewcomerAfterMs: 7_000,
		newcomers: 9,
		answersElsewhere: 3,
	};

	it.each<[string, Partial<NewcomerFigures>, readonly string[]]>([
		["all is in time", {}, []],
		["DNS is late", { dnsChangedAfterMs: 5_001 }, ["DNS led there for 5001 ms, not 5000"]],
		["DNS never changes", { dnsChangedAfterMs: null }, ["DNS led there to the end"]],
		["nobody asked", { answersElsewhere: 0 }, ["DNS led there to the end"]],
		["one comes late", { lastNewcomerAfterMs: 7_001 }, ["newcomers came for 7001 ms, not 7000"]],
	])("are judged: %s", (_, changes, failures) => {
		expect(failuresOf({ ...good, ...changes }, 2_000)).toEqual(failures);
	});
});
