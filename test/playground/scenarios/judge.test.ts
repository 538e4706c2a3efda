/* What a verdict says, and of what it is no success. */
import { describe, expect, it } from "vitest";
import { drainOf, paceOf } from "../../../playground/edge/scenarios/drain-2000.js";
import { judge, notRun, renderVerdict } from "../../../playground/edge/scenarios/judge.js";
import { SCENARIOS, scenarioNamed } from "../../../playground/edge/scenarios/scenarios.js";
import {
	figuresOfDrain,
	figuresOfFault,
	figuresOfPlaces,
	rateOfDrain,
	type Sight,
} from "../../../playground/edge/scenarios/sights.js";
import type { Verdict } from "../../../playground/edge/stories/contract.js";

const GOOD: Verdict = {
	story: "a-story",
	ok: true,
	failures: [],
	seconds: 10,
	clients: 20,
	messages: 400,
	published: 200,
	...{ lost: 0, repeated: 0, outOfOrder: 0, late: 0, altered: 0 },
	steps: [],
};
const SCENARIO = { name: "a-scenario" };
const HOW = { seed: 1, proxy: "embedded" } as const;

describe("a verdict", () => {
	it("passes where the fault bit, nothing was missed, and clients × seconds were published", () => {
		const verdict = judge(SCENARIO, GOOD, { ...HOW, seed: 7 });
		expect(verdict).toMatchObject({
			scenario: "a-scenario",
			is: "passed",
			ok: true,
			seed: 7,
			proxy: "embedded",
			isInTime: true,
		});
		expect(renderVerdict(verdict)).toBe(
			"✓ a-scenario: 20 clients, 200 published, 400 delivered, 0 lost, 0 repeated, 10 s",
		);
	});

	it.each<[string, Partial<Verdict>, string]>([
		[
			"the fault struck nobody",
			{ ok: false, failures: ["It struck nobody: x."] },
			"It struck nobody: x.",
		],
		[
			"one message too few was published",
			{ published: 199 },
			"Too little was said: 199 messages published, of clients × seconds = 200.",
		],
		[
			"nobody was there",
			{ clients: 0 },
			"Nobody was there: a fleet without clients shows nothing.",
		],
	])("fails where %s", (_, changes, why) => {
		const verdict = judge(SCENARIO, { ...GOOD, ...changes }, HOW);
		expect(verdict).toMatchObject({ is: "failed", ok: false, failures: [why] });
		expect(renderVerdict(verdict)).toContain(`✗ a-scenario: ${why} (`);
	});

	it("fails by its own figures", () => {
		const measured = { figures: { arrivalsP95: 300 }, failures: ["Too many at once."] };
		expect(judge(SCENARIO, GOOD, HOW, measured)).toMatchObject({
			is: "failed",
			figures: { arrivalsP95: 300 },
		});
	});

	it("names a real proxy", () => {
		const verdict = judge(SCENARIO, GOOD, { seed: 1, proxy: "envoy" });
		expect(verdict.proxy).toBe("envoy");
		expect(renderVerdict(verdict)).toContain("✓ a-scenario (envoy): ");
	});

	it("says that it took more than a minute, which is no failure of the edge", () => {
		const slow = judge(SCENARIO, { ...GOOD, seconds: 61, published: 5_000 }, HOW);
		expect(slow).toMatchObject({ is: "passed", isInTime: false });
		expect(renderVerdict(slow)).toContain("61 s (more than 60)");
	});

	it("of one that this edge can't play is no success, and says what it needs", () => {
		const verdict = notRun(scenarioNamed("slot-exhaustion"), HOW, "it needs --proxy haproxy.");
		expect(verdict).toMatchObject({ is: "not-run", ok: false });
		expect(renderVerdict(verdict)).toMatch(/^– slot-exhaustion: Not run: it needs --proxy haproxy/);
	});
});

describe("the library", () => {
	it("has every fault that E18 names, each name once", () => {
		const names = SCENARIOS.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(names).toEqual(
			expect.arrayContaining(
				"pop-kill grey-failure dns-dead dns-stale certificate-expiry boot-storm slot-exhaustion panic sleep".split(
					" ",
				),
			),
		);
	});

	it("says what there is instead of what there is not", () =>
		expect(() => scenarioNamed("meteor")).toThrow(
			'There is no scenario "meteor"; there are pop-kill, ',
		));
});

const calm = {
	arrivals: 0,
	accepted: 10,
	sockets: 5,
	isIll: false,
	isNamed: true,
	isDrained: false,
	refused: 0,
	unplaced: 0,
};
const sight = (at: number, changes: Partial<typeof calm> = {}, arrivals = 0): Sight => ({
	at,
	acceptRate: at < 6_000 ? 40 : 50,
	pops: { DUB: { ...calm, ...changes }, IAD: { ...calm, arrivals } },
});

describe("figures", () => {
	it("of a fault: when DNS changed after it, and when the last newcomer came", () => {
		const ill = { isIll: true };
		const sights = [
			sight(0),
			sight(1_000, ill),
			sight(2_000, { ...ill, accepted: 12 }),
			sight(3_000, { ...ill, accepted: 12, isNamed: false }),
			sight(4_000, { ...ill, accepted: 13, isNamed: false }),
			sight(5_000, { accepted: 20 }),
		];
		expect(figuresOfFault(sights, "DUB")).toEqual({
			dnsChangedAfterMs: 2_000,
			lastNewcomerAfterMs: 3_000,
		});
		expect(figuresOfFault([sight(0)], "DUB")).toEqual({});
	});

	it("of places: for how many there was none, and how many were refused meanwhile", () => {
		const sights = [
			sight(0, { refused: 3 }),
			sight(250, { refused: 3, unplaced: 2 }),
			sight(500, { refused: 8, unplaced: 2 }),
			// A new worker counts anew.
			sight(750),
		];
		expect(figuresOfPlaces(sights, "DUB")).toEqual({ withoutPlace: 2, refused: 5 });
		expect(figuresOfPlaces([], "DUB")).toEqual({ withoutPlace: 0, refused: 0 });
	});

	it("of a drain: arrivals a second elsewhere, from its beginning until nobody is left", () => {
		const drained = { isDrained: true };
		const sights = [
			sight(0, {}, 99),
			...Array.from({ length: 20 }, (_, at) =>
				sight(1_000 + at * 250, { ...drained, sockets: 20 - at }, at),
			),
			sight(6_000, { ...drained, sockets: 0 }, 1),
			sight(6_250, { ...drained, sockets: 0 }, 99),
		];
		expect(figuresOfDrain(sights, "DUB", "IAD")).toEqual({
			...{ moved: 20, arrivalsP50: 9, arrivalsP95: 18, arrivalsMost: 19, emptyAfterMs: 5_000 },
		});
		expect(rateOfDrain(sights, "DUB")).toBe(40);
		expect(rateOfDrain(sights, "IAD")).toBeNull();
	});
});

describe("drain-2000", () => {
	it.each([
		["as wanted on a machine that took in three times as many", 2_000, 7_000, 50],
		["less on one that took its time", 2_000, 20_000, 17],
		["a fifth at least", 2_000, 120_000, 10],
	])("has gateways take in %s", (_, clients, tookMs, pace) =>
		expect(paceOf(50, { clients, tookMs })).toBe(pace),
	);

	it("fails where more arrive than 1.1 × what is taken in, by the rate that its drain had", () => {
		const { measure } = drainOf("drain-20", 20, 50);
		const drained = (arrivals: number) => [
			sight(1_000, { isDrained: true, sockets: 20 }, arrivals),
			sight(2_000, { isDrained: true, sockets: 0 }, arrivals),
		];
		expect(measure?.(drained(88))).toMatchObject({ figures: { acceptRate: 80 }, failures: [] });
		expect(measure?.(drained(89)).failures).toEqual([
			"89 arrivals a second (p95) are more than 88, 1.1 × what is taken in.",
		]);
	});
});
