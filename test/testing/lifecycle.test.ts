import { describe, expect, it } from "vitest";
import { createLifecycle, type SimulatedLifecycle } from "../../src/testing/lifecycle.js";

describe("a simulated lifecycle", () => {
	it("is online, visible and awake at first", () => {
		expect(createLifecycle().get()).toEqual({ online: true, visible: true, frozen: false });
	});

	it.each<[string, (page: SimulatedLifecycle) => void, object, readonly string[]]>([
		["hide", (page) => page.hide(), { visible: false }, []],
		["show", (page) => page.show(), { visible: true }, ["visible"]],
		["freeze", (page) => page.freeze(), { frozen: true }, []],
		["resume", (page) => page.resume(), { frozen: false }, ["resume"]],
		["setOnline", (page) => page.setOnline("offline"), { online: false }, ["offline"]],
		["wake", (page) => page.wake("clock-jump"), {}, ["clock-jump"]],
	])("%s changes the state and wakes as an environment does", (_, act, change, reasons) => {
		const page = createLifecycle();
		const wakes: string[] = [];
		const states: object[] = [];
		const leave = page.onWake((reason) => wakes.push(reason));
		page.subscribe((state) => states.push(state));
		act(page);
		expect(page.get()).toMatchObject(change);
		expect(wakes).toEqual(reasons);
		expect(states.at(-1) ?? page.get()).toMatchObject(change);
		leave();
		act(page);
		expect(wakes).toEqual(reasons);
	});
});
