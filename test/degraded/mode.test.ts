import { describe, expect, it } from "vitest";
import type { ModeInput } from "../../src/degraded/contract.js";
import { dueAt, initialMode, type ModeState, modeOf, transition } from "../../src/degraded/mode.js";
import {
	answered,
	asking,
	at,
	due,
	exhausted,
	facts,
	failed,
	given,
	linked,
	lost,
	NOW,
	offline,
	online,
	policy,
	polling,
	step,
	waiting,
} from "./mode-samples.js";

type Column =
	| Exclude<ModeInput["type"], "polled" | "online-changed" | "ticked">
	| "polled"
	| "poll failed"
	| "online"
	| "offline"
	| "due"
	| "early";
type Row = ModeState["phase"] | "asking" | "offline polling";

// Complete by type: a new phase or a new fact does not compile until it has its sample here.
const STATES: Record<Row, ModeState> = {
	idle: initialMode(),
	waiting,
	linked,
	polling,
	asking,
	"offline polling": given(polling, offline),
};

const INPUTS: Record<Column, ModeInput> = {
	started: { type: "started" },
	stopped: { type: "stopped" },
	"link-settled": { type: "link-settled" },
	"link-lost": lost,
	"endpoints-exhausted": exhausted,
	held: { type: "held", reason: "maintenance" },
	released: { type: "released", reason: "maintenance" },
	"poll-requested": { type: "poll-requested" },
	polled: answered(),
	"poll failed": failed(),
	online,
	offline,
	due: { type: "ticked" },
	early: { type: "ticked" },
};

// Phase, mode and orders that follow. A cell left out promises the very same state and no order.
const TABLE: Record<Row, Partial<Record<Column, string>>> = {
	idle: {
		started: "waiting, normal",
		held: "idle, degraded",
		offline: "idle, normal",
	},
	waiting: {
		stopped: "idle, normal",
		"link-settled": "linked, normal",
		"endpoints-exhausted": "polling, degraded",
		held: "waiting, degraded",
		offline: "waiting, normal",
		due: "polling, degraded",
	},
	linked: {
		stopped: "idle, normal",
		"link-lost": "waiting, normal",
		held: "linked, degraded",
		offline: "linked, normal",
	},
	polling: {
		stopped: "idle, normal: stop-polling",
		"link-settled": "linked, normal: stop-polling",
		held: "polling, degraded",
		"poll-requested": "polling, degraded: poll",
		offline: "polling, offline",
		due: "polling, degraded: poll",
	},
	asking: {
		stopped: "idle, normal: stop-polling",
		"link-settled": "linked, normal: stop-polling",
		held: "polling, degraded",
		"poll-requested": "polling, degraded",
		polled: "polling, degraded",
		"poll failed": "polling, degraded",
		offline: "polling, offline",
	},
	"offline polling": {
		stopped: "idle, normal: stop-polling",
		"link-settled": "linked, normal: stop-polling",
		held: "polling, offline",
		"poll-requested": "polling, offline: poll",
		online: "polling, degraded",
		due: "polling, offline: poll",
	},
};

const rows = Object.keys(STATES) as Row[];
const columns = Object.keys(INPUTS) as Column[];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

describe("every fact in every phase", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const state = STATES[row];
		const now = column === "due" ? Math.min(dueAt(state), NOW + 86_400_000) : NOW;
		const [next, orders] = transition(state, INPUTS[column], policy, at(now));
		const said = [`${next.phase}, ${modeOf(next).mode}`, ...orders.map(({ type }) => type)];
		const isUnmoved = next === state && orders.length === 0;
		expect(isUnmoved ? undefined : said.join(": ")).toBe(TABLE[row][column]);
	});

	it("leaves an early tick without a trace", () => {
		for (const state of Object.values(STATES))
			expect(step(state, { type: "ticked" })).toEqual([state, []]);
	});
});

describe("degraded mode is entered", () => {
	it("ten seconds after start() or after the loss of a settled link, whichever endpoint hangs", () => {
		expect(dueAt(waiting)).toBe(NOW + 10_000);
		expect(dueAt(given(linked, lost))).toBe(NOW + 10_000);
	});

	it("not before: a link that is lost before it settled does not restart the ten seconds", () => {
		expect(given(waiting, lost)).toBe(waiting);
	});

	it("at once when the last endpoint has failed, and polls within a second", () => {
		const spread = [0, 0.5, 0.999].map((draw) => {
			const [state] = transition(waiting, exhausted, policy, at(NOW, draw));
			return dueAt(state) - NOW;
		});
		expect(spread).toEqual([0, 500, 999]);
	});

	it("with a first poll somewhere in the window, where one announced the loss", () => {
		const announced = { ...exhausted, announcedMs: 90_000 };
		expect(dueAt(given(waiting, announced)) - NOW).toBe(45_000);
		const drained = given(linked, { ...lost, announcedMs: 60_000 });
		const [entered] = due(drained);
		expect(dueAt(entered) - dueAt(drained)).toBe(30_000);
	});

	it("at once by a device that says it is offline", () => {
		expect(dueAt(given(waiting, offline))).toBe(NOW);
		expect(dueAt(given(linked, offline, lost))).toBe(NOW);
		const [entered] = due(given(linked, offline, lost));
		expect(modeOf(entered)).toEqual({ mode: "offline", since: NOW, reasons: ["connection"] });
	});
});

describe("degraded mode is left", () => {
	it("only by a settled link, or by stopping", () => {
		const stays = [
			"started",
			"link-lost",
			"online",
			"poll-requested",
			"polled",
			"released",
		] as const;
		for (const column of stays)
			expect(modeOf(given(asking, INPUTS[column])).mode, column).toBe("degraded");
		expect(modeOf(given(asking, INPUTS["link-settled"])).mode).toBe("normal");
	});

	it("ignores the answer to a poll that it has given up", () => {
		const linked = given(asking, ...facts("link-settled"));
		expect(given(linked, answered())).toBe(linked);
		const again = given(linked, lost, exhausted);
		expect(given(again, answered({ received: 3 }))).toBe(again);
	});
});

describe("holds", () => {
	const hold = (reason: string): ModeInput => ({ type: "held", reason });
	const release = (reason: string): ModeInput => ({ type: "released", reason });

	it("of one name are released one by one", () => {
		const twice = given(linked, hold("a"), hold("a"));
		expect(modeOf(twice)).toEqual({ mode: "degraded", since: NOW, reasons: ["a"] });
		const once = given(twice, release("a"));
		expect(modeOf(once)).toEqual({ mode: "degraded", since: NOW, reasons: ["a"] });
		expect(modeOf(given(once, release("a"))).mode).toBe("normal");
	});

	it("release no other's: neither another name nor the connection's own", () => {
		const held = given(polling, hold("a"), hold("connection"));
		expect(modeOf(held).reasons).toEqual(["connection", "a"]);
		const released = given(held, release("connection"), release("connection"), release("b"));
		expect(modeOf(released).reasons).toEqual(["connection", "a"]);
		expect(modeOf(given(released, ...facts("link-settled"))).reasons).toEqual(["a"]);
	});

	it("do not poll while the link is live", () => {
		expect(dueAt(given(linked, hold("a")))).toBe(Number.POSITIVE_INFINITY);
		expect(step(given(linked, hold("a")), { type: "poll-requested" })[1]).toEqual([]);
	});

	it("outlive close() and connect()", () => {
		const held = given(linked, hold("a"), ...facts("stopped", "started"));
		expect(modeOf(held).reasons).toEqual(["a"]);
	});
});

describe("offline", () => {
	it("is what two polls that failed in a row make of it, and one that worked unmakes", () => {
		const once = given(asking, failed());
		expect(modeOf(once).mode).toBe("degraded");
		const twice = transition(due(once)[0], failed(), policy, at(NOW + 20_000))[0];
		expect(modeOf(twice)).toMatchObject({ mode: "offline", since: NOW + 20_000 });
		expect(modeOf(given(due(twice)[0], answered())).mode).toBe("degraded");
	});

	it("is what a missing HTTP half makes of it, without a poll and without a timer", () => {
		const without = { ...policy, hasApi: false };
		const moment = at(NOW);
		const [entered] = transition(waiting, exhausted, without, moment);
		expect(modeOf(entered).mode).toBe("offline");
		expect(dueAt(entered)).toBe(Number.POSITIVE_INFINITY);
		for (const input of [{ type: "poll-requested" } as const, offline]) {
			const [next, orders] = transition(entered, input, without, moment);
			expect([modeOf(next).mode, dueAt(next), orders]).toEqual([
				"offline",
				Number.POSITIVE_INFINITY,
				[],
			]);
		}
	});

	it("is doubted when the device says so: a poll that works proves it wrong", () => {
		const trying = due(STATES["offline polling"])[0];
		expect(modeOf(trying).mode).toBe("offline");
		expect(modeOf(given(trying, answered())).mode).toBe("degraded");
	});

	it("ends with a poll within a second once the device is back", () => {
		const failing = given(due(polling)[0], failed(60_000));
		expect(dueAt(failing) - NOW).toBe(66_000);
		const late = given(due(given(due(polling)[0], failed()))[0], failed(), offline);
		const [back] = transition(late, online, policy, at(NOW + 60_000));
		expect(dueAt(back) - NOW).toBeLessThanOrEqual(61_000);
	});
});
