/* The drain daemon's decisions, in virtual time. */
import { describe, expect, it } from "vitest";
import type { Stage } from "../../../playground/edge/drain/contract.js";
import { ALL_WELL, DrainRig, DUB, failing, POLICY } from "./drain-rig.js";

const stageOf = (rig: DrainRig, id = "DUB"): Stage | undefined =>
	rig.state.drains.find((drain) => drain.id === id)?.stage;

describe("a drain by order", () => {
	it("goes in steps of one percent, and back", () => {
		const rig = new DrainRig({ automation: "off" });
		expect(rig.drain(DUB, { stepPercent: 1, everyMs: 1_000 })).toBeNull();
		expect(stageOf(rig)).toMatchObject({ is: "draining", percent: 1 });
		rig.pass(41_000);
		expect(stageOf(rig)).toMatchObject({ is: "draining", percent: 42 });
		rig.pass(58_000);
		expect(stageOf(rig)).toMatchObject({ is: "drained" });
		const percents = rig.audit.flatMap(({ what, percent }) =>
			what === "step" || what === "drained" ? [percent] : [],
		);
		expect(percents).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
		rig.undrain(DUB, { stepPercent: 50, everyMs: 2_000 });
		expect(stageOf(rig)).toMatchObject({ is: "undraining", percent: 50 });
		rig.pass(2_000);
		expect(rig.drained).toEqual([]);
		expect(rig.said.at(-1)).toBe("undrained DUB");
	});

	it("may be turned back half way, and turned again from where it is", () => {
		const rig = new DrainRig({ automation: "off" });
		const slow = { stepPercent: 10, everyMs: 1_000 };
		rig.drain(DUB, slow);
		rig.pass(4_000);
		rig.undrain(DUB, slow);
		expect(stageOf(rig)).toMatchObject({ is: "undraining", percent: 40 });
		rig.pass(1_000);
		expect(rig.drain(DUB, slow)).toBeNull();
		expect(stageOf(rig)).toMatchObject({ is: "draining", percent: 40 });
	});

	it("asks everybody to leave once old answers have run out, over 1.2 × N / C, and again who came back", () => {
		const rig = new DrainRig({ automation: "off" });
		rig.seen = ALL_WELL.map((pop) => ({ ...pop, sockets: 1_000, mostOfAGateway: 500 }));
		rig.drain(DUB);
		rig.pass(9_750);
		expect(rig.effects).toEqual([]);
		rig.pass(250);
		const withinMs = 10_000 + 6_000;
		expect(rig.effects).toEqual([{ do: "say-goodbye", pop: "DUB", withinMs, at: 10_000 }]);
		rig.pass(withinMs + POLICY.ttlMs);
		expect(rig.effects).toHaveLength(2);
		rig.seen = rig.seen.map((pop) => (pop.pop === "DUB" ? { ...pop, sockets: 0 } : pop));
		rig.pass(60_000);
		expect(rig.effects).toHaveLength(2);
		expect(rig.said.filter((each) => each === "empty DUB")).toHaveLength(1);
	});

	it("of a zone or of a service leaves who is connected where he is", () => {
		const rig = new DrainRig({ automation: "off" });
		rig.drain({ pop: "DUB", zone: "DUB-a", service: null });
		rig.drain({ pop: "DUB", zone: null, service: "primary" });
		rig.pass(120_000);
		expect(rig.drained).toEqual(["DUB-a", "DUB/primary"]);
		expect(rig.effects).toEqual([]);
	});

	it("is held where the guard would refuse its next step, says so once, and goes on after", () => {
		const rig = new DrainRig({ automation: "off" });
		rig.drain(DUB, { stepPercent: 10, everyMs: 1_000 });
		rig.seen = ALL_WELL.map((pop) => ({ ...pop, isUp: pop.pop === "DUB" }));
		rig.pass(20_000);
		expect(stageOf(rig)).toMatchObject({ is: "draining", percent: 10 });
		expect(rig.said.filter((each) => each === "held DUB")).toHaveLength(1);
		rig.seen = ALL_WELL;
		rig.pass(20_000);
		expect(stageOf(rig)).toMatchObject({ is: "drained" });
	});

	it("is refused twice over, and its end where there is none", () => {
		const rig = new DrainRig({ automation: "off" });
		expect(rig.undrain(DUB)).toBe("DUB is not drained; drained: nothing.");
		rig.drain(DUB);
		expect(rig.drain(DUB)).toBe("DUB is drained already.");
		expect(rig.said).toEqual(["refused DUB", "drain DUB", "drained DUB", "refused DUB"]);
	});

	it("is never ended by the automation", () => {
		const rig = new DrainRig();
		rig.drain(DUB);
		rig.pass(600_000);
		expect(rig.drained).toEqual(["DUB"]);
	});
});

describe("the automation", () => {
	it.each([
		["dead", { "DUB-a": 1, "DUB-b": 1 }, "DUB"],
		["half dead", { "DUB-a": 0.5, "DUB-b": 0.5 }, "DUB"],
		["dead in one zone", { "DUB-b": 1 }, "DUB-b"],
	])(
		"drains a PoP that is %s, tells DNS all of it at once, and undrains it when it is well",
		(_, shares, id) => {
			const rig = new DrainRig();
			rig.pass(10_000);
			rig.seen = failing(shares);
			rig.pass(1_250);
			expect(rig.drained).toEqual([id]);
			expect(stageOf(rig, id)).toMatchObject({ is: "drained" });
			rig.seen = ALL_WELL;
			rig.pass(15_000);
			expect(rig.drained).toEqual([id]);
			rig.pass(500);
			expect(rig.drained).toEqual([]);
			const goodbyes = id === "DUB" ? ["goodbye DUB"] : [];
			const [begun, ended] = [
				[`drain ${id}`, `drained ${id}`],
				[`undrain ${id}`, `undrained ${id}`],
			];
			expect(rig.said).toEqual([...begun, ...goodbyes, ...ended]);
		},
	);

	it("drains the rest of a PoP when its second zone falls ill too", () => {
		const rig = new DrainRig();
		rig.seen = failing({ "DUB-a": 1 });
		rig.pass(2_000);
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.pass(2_000);
		expect(rig.drained).toEqual(["DUB-a", "DUB"]);
	});

	it("drains one PoP, and says once that it may not drain a second", () => {
		const rig = new DrainRig();
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.pass(2_000);
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1, "FRA-a": 1, "FRA-b": 1 });
		rig.pass(60_000);
		expect(rig.drained).toEqual(["DUB"]);
		expect(rig.said.filter((each) => each === "refused FRA")).toHaveLength(1);
	});

	it("does nothing where most PoPs look ill at once: it may be the observer", () => {
		const rig = new DrainRig();
		rig.seen = failing(
			Object.fromEntries(
				["DUB", "FRA", "LHR"].flatMap((pop) => [
					[`${pop}-a`, 1],
					[`${pop}-b`, 1],
				]),
			),
		);
		rig.pass(60_000);
		expect(rig.drained).toEqual([]);
		expect(rig.audit[0]?.why).toContain("may be the observer");
		expect(rig.said).toEqual(["refused DUB", "refused FRA", "refused LHR"]);
	});

	it("does nothing where the guard speaks against it", () => {
		const rig = new DrainRig();
		const full = ALL_WELL.map((pop) => ({ ...pop, sockets: 1_500 }));
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 }, full);
		rig.pass(60_000);
		expect(rig.drained).toEqual([]);
		expect(rig.said).toEqual(["refused DUB"]);
	});

	it("that only watches says once what it would do", () => {
		const rig = new DrainRig({ automation: "watch" });
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.pass(60_000);
		expect(rig.drained).toEqual([]);
		expect(rig.said).toEqual(["would-drain DUB"]);
		rig.seen = ALL_WELL;
		rig.pass(60_000);
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.pass(60_000);
		expect(rig.said).toEqual(["would-drain DUB", "would-drain DUB"]);
	});

	it("leaves alone what was undrained by hand, until it was well again", () => {
		const rig = new DrainRig();
		const ill = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.seen = ill;
		rig.pass(2_000);
		expect(rig.undrain(DUB)).toBeNull();
		rig.pass(60_000);
		expect(rig.drained).toEqual([]);
		rig.seen = ALL_WELL;
		rig.pass(60_000);
		rig.seen = ill;
		rig.pass(2_000);
		expect(rig.drained).toEqual(["DUB"]);
	});

	it("that is off looks at nothing", () => {
		const rig = new DrainRig();
		rig.give({ is: "automation", automation: "off" });
		rig.seen = failing({ "DUB-a": 1, "DUB-b": 1 });
		rig.pass(60_000);
		expect(rig.said).toEqual(["automation"]);
	});
});
