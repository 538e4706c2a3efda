/* What a plan says is what an order does. */
import { describe, expect, it } from "vitest";
import { planOf } from "../../../playground/edge/drain/plan.js";
import { ALL_WELL, DrainRig, DUB } from "./drain-rig.js";

const pace = { stepPercent: 25, everyMs: 2_000 };
const order = { is: "drain", target: DUB, pace, reason: "a test" } as const;

describe("a plan", () => {
	it("has the steps that the drain takes then, each at its time, and changes nothing", () => {
		const rig = new DrainRig({ automation: "off" });
		const before = structuredClone(rig.state);
		const { refusal, steps } = planOf(rig, order, "DUB");
		expect(refusal).toBeNull();
		expect(rig.state).toEqual(before);
		rig.drain(DUB, pace);
		rig.pass(8_000);
		expect(steps.map(({ what, percent, afterMs }) => [what, percent, afterMs])).toEqual(
			rig.audit.map(({ what, percent, at }) => [what, percent, at]),
		);
		expect(steps.map(({ percent }) => percent)).toEqual([0, 25, 50, 75, 100]);
	});

	it("says why the drain would be refused", () => {
		const rig = new DrainRig();
		rig.seen = ALL_WELL.map((pop) => ({ ...pop, isUp: pop.pop === "DUB" }));
		const plan = planOf(rig, order, "DUB");
		expect(plan).toEqual({ refusal: expect.stringContaining("no place at all"), steps: [] });
	});
});
