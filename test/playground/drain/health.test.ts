/* Hysteresis: what wavers does not flap. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ZoneHealth } from "../../../playground/edge/drain/contract.js";
import { judge, leaveMsOf, WELL } from "../../../playground/edge/drain/health.js";
import { DrainRig, failing, POLICY } from "./drain-rig.js";

const at = (before: ZoneHealth, failed: number, now: number, asked = 10): ZoneHealth =>
	judge(before, { zone: "DUB-a", asked, failed }, POLICY, now);

const suspect: ZoneHealth = { health: { is: "suspect", since: 0 }, faults: [] };
const faulty: ZoneHealth = { health: { is: "faulty", since: 0 }, faults: [0] };
const recovering: ZoneHealth = { health: { is: "recovering", since: 0 }, faults: [0] };

describe("a zone", () => {
	it.each([
		["well", WELL, 2, 0, "well"],
		["well", WELL, 3, 0, "suspect"],
		["suspect", suspect, 3, 499, "suspect"],
		["suspect", suspect, 3, 500, "faulty"],
		["suspect", suspect, 2, 500, "well"],
		["faulty", faulty, 2, 60_000, "faulty"],
		["faulty", faulty, 1, 100, "recovering"],
		["recovering", recovering, 1, 14_999, "recovering"],
		["recovering", recovering, 1, 15_000, "well"],
		["recovering", recovering, 2, 15_000, "faulty"],
	])(
		"that is %s, with %4$i of ten probes failed after %5$i ms, is %6$s",
		(_, before, failed, now, is) => expect(at(before, failed, now).health.is).toBe(is),
	);

	it("of which too little is known stays what it is", () => {
		expect(at(WELL, 2, 0, 2)).toEqual(WELL);
		expect(at(faulty, 0, 60_000, 0).health).toEqual(faulty.health);
	});

	it("has to be well for twice as long after each fault, up to a bound, until it is forgotten", () => {
		const times = [1, 2, 3, 4, 5, 6].map((faults) =>
			leaveMsOf(
				Array.from({ length: faults }, () => 0),
				POLICY,
			),
		);
		expect(times).toEqual([15_000, 30_000, 60_000, 120_000, 240_000, 240_000]);
		expect(at({ ...WELL, faults: [0] }, 0, POLICY.flapMs).faults).toEqual([]);
	});
});

describe("hysteresis", () => {
	it("drains a zone that comes and goes ever more seldom: five times in ten minutes, not sixty", () => {
		const rig = new DrainRig();
		for (let round = 0; round < 60; round++) {
			rig.seen = failing({ "DUB-a": round % 2 === 0 ? 1 : 0 });
			rig.pass(10_000);
		}
		const drains = rig.said.filter((each) => each === "drain DUB-a").length;
		expect(drains).toBe(1);
		const slow = new DrainRig();
		for (let round = 0; round < 15; round++) {
			slow.seen = failing({ "DUB-a": 1 });
			slow.pass(5_000);
			slow.seen = failing({});
			slow.pass(35_000);
		}
		expect(slow.said.filter((each) => each === "drain DUB-a").length).toBeLessThanOrEqual(5);
	});

	it("never drains what fails below its mark, and never undrains within its time", () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.record({
						share: fc.constantFrom(0, 1 / 6, 2 / 6, 0.5, 1),
						ms: fc.integer({ min: 1, max: 40 }),
					}),
					{
						maxLength: 60,
					},
				),
				(weather) => {
					const rig = new DrainRig();
					for (const { share, ms } of weather) {
						rig.seen = failing({ "DUB-a": share });
						rig.pass(ms * 250);
					}
					const turns = rig.audit.filter(({ what }) => what === "drain" || what === "undrained");
					for (const [index, { what, at: now }] of turns.entries()) {
						// They take turns, and between a drain and its end lies at least the dwell time.
						expect(what).toBe(index % 2 === 0 ? "drain" : "undrained");
						if (what === "undrained")
							expect(now - (turns[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(POLICY.leaveMs);
					}
					if (weather.every(({ share }) => share < POLICY.enterShare)) expect(turns).toEqual([]);
				},
			),
			{ numRuns: 300, seed: 15 },
		);
	});
});
