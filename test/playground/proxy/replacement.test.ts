/* E9: how one Envoy takes over from another, as decisions; with real ones in test/playground/sockets/proxy. */
import { describe, expect, it } from "vitest";
import {
	type Input,
	type Order,
	type Replacement,
	replace,
	type Way,
} from "../../../playground/edge/proxy/envoy/replacement.js";

const SERVING: Replacement = { is: "serving", current: 0, isHotBlocked: false };

function tell(inputs: readonly Input[], from: Replacement = SERVING) {
	const orders: Order[] = [];
	let state = from;
	for (const input of inputs) {
		const step = replace(state, input);
		state = step.state;
		orders.push(...step.orders);
	}
	return {
		state,
		did: orders.map((order) => ("id" in order ? `${order.do} ${order.id}` : order.do)),
	};
}

const ordered = (way: Way): Input => ({ is: "ordered", way });
const live = (id: number): Input => ({ is: "live", id });
const left = (id: number): Input => ({ is: "left", id });
const ended = (id: number, isEarly = false): Input => ({ is: "ended", id, isEarly });

describe("replacing an Envoy", () => {
	it("by handover: the old one is ended when its clients have left", () => {
		const { state, did } = tell([ordered("handover"), live(1), left(0), ended(0)]);
		expect(did).toEqual(["start 1", "part 0", "stop 0", "done"]);
		expect(state).toEqual({ is: "serving", current: 1, isHotBlocked: false });
	});

	it("by hot restart: the parent is never told to end, since its child would go with it", () => {
		const { state, did } = tell([ordered("hot-restart"), live(1), left(0), ended(0)]);
		expect(did).toEqual(["start 1", "part 0", "done"]);
		expect(state).toMatchObject({ is: "serving", current: 1 });
	});

	it.each<Way>(["handover", "hot-restart"])("refuses a third while two run, by %s", (way) => {
		for (const inputs of [[ordered(way)], [ordered(way), live(1)]]) {
			const { state } = tell(inputs);
			expect(tell([ordered(way)], state)).toEqual({ state, did: ["refuse"] });
		}
	});

	it("goes back to the old one where the new one fails, or does not begin in time", () => {
		expect(tell([ordered("handover"), ended(1)])).toEqual({
			state: SERVING,
			did: ["start 1", "fail"],
		});
		expect(tell([ordered("handover"), { is: "too-late", id: 1 }, ended(1)]).did).toEqual([
			"start 1",
			"kill 1",
			"fail",
		]);
	});

	it("hands over after a child that failed: it left behind that it initializes, and no later one may", () => {
		const { state } = tell([ordered("hot-restart"), ended(1)]);
		expect(state).toMatchObject({ is: "serving", current: 0, isHotBlocked: true });
		const { state: next, did } = tell([ordered("hot-restart"), live(1)], state);
		expect(did).toEqual(["report", "start 1", "part 0"]);
		expect(next).toMatchObject({ way: "handover" });
	});

	it("starts a fresh one where a parent ends before its time, and hands over from the doomed child", () => {
		const { state, did } = tell([
			ordered("hot-restart"),
			live(1),
			ended(0, true),
			live(2),
			left(1),
			ended(1),
		]);
		expect(did).toEqual(["start 1", "part 0", "report", "start 2", "part 1", "stop 1", "done"]);
		expect(state).toMatchObject({ is: "serving", current: 2 });
	});

	it("does not wait for a child whose parent ended before it served", () => {
		const { state, did } = tell([ordered("hot-restart"), ended(0, true), ended(1), live(2)]);
		expect(did).toEqual(["start 1", "report", "kill 1", "start 2", "done"]);
		expect(state).toMatchObject({ is: "serving", current: 2 });
	});

	it("says so where all are gone, and can be told again", () => {
		const { state, did } = tell([ordered("handover"), ended(0, true), ended(1)]);
		expect(did).toEqual(["start 1", "fail"]);
		expect(tell([ordered("handover")], state).did).toEqual(["start 2"]);
	});

	it("loses nothing by the old one's end in a handover", () => {
		expect(tell([ordered("handover"), live(1), ended(0, true)]).state).toMatchObject({
			current: 1,
		});
		const { state } = tell([ordered("handover"), ended(0, true), live(1)]);
		expect(state).toMatchObject({ is: "serving", current: 1 });
	});

	it("only says so where Envoy ends by itself, and starts nothing", () => {
		expect(tell([ended(0, true)])).toEqual({ state: SERVING, did: ["report"] });
	});

	it("passes over what comes late of another process", () => {
		const { state } = tell([ordered("handover"), live(1)]);
		for (const late of [live(0), left(7), ended(7), { is: "too-late", id: 1 } as const])
			expect(tell([late], state)).toEqual({ state, did: [] });
	});
});
