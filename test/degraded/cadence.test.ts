import { describe, expect, it } from "vitest";
import type { ModeInput } from "../../src/degraded/contract.js";
import {
	dueAt,
	type ModeState,
	type ModeStep,
	pendingOf,
	transition,
} from "../../src/degraded/mode.js";
import {
	answered,
	asking,
	at,
	due,
	exhausted,
	facts,
	failed,
	given,
	lost,
	NOW,
	offline,
	online,
	policy,
	step,
	waiting,
} from "./mode-samples.js";

describe("the cadence", () => {
	/** Waits between an answer and the next poll, in seconds. */
	function waits(inputs: readonly ModeInput[], draw: number, options = policy): number[] {
		let now = NOW;
		let state = transition(waiting, exhausted, options, at(now, draw))[0];
		return inputs.map((input) => {
			now = Math.max(now, dueAt(state));
			state = transition(state, { type: "ticked" }, options, at(now, draw))[0];
			state = transition(state, input, options, at(now, draw))[0];
			return Math.round((dueAt(state) - now) / 10) / 100;
		});
	}
	const quiet = Array.from({ length: 8 }, () => answered());

	it("grows from five seconds by half, up to thirty", () => {
		expect(waits(quiet, 0)).toEqual([5, 7.5, 11.25, 16.88, 20, 20, 20, 20]);
		expect(waits(quiet, 1)).toEqual([7.5, 11.25, 16.88, 25.31, 30, 30, 30, 30]);
	});

	it("is jittered at the cap too, and after five thousand polls", () => {
		const many = Array.from({ length: 5_000 }, () => answered());
		expect(waits(many, 0.5).at(-1)).toBe(25);
	});

	it("keeps its chance where the interval leaves it none, and is a number where it is nothing", () => {
		const fixed = { ...policy, intervalMs: [5_000, 5_000] } as const;
		expect(waits([...quiet, ...quiet], 0, fixed).at(-1)).toBe(5);
		expect(waits([...quiet, ...quiet], 0.5, fixed).at(-1)).toBe(6.25);
		const nothing = { ...policy, intervalMs: [0, 0] } as const;
		const many = Array.from({ length: 2_000 }, () => answered());
		expect(waits(many, 0.5, nothing).at(-1)).toBe(0);
	});

	it("is not outrun by links that come and go, nor by a device that flaps", () => {
		const relinked = given(asking, answered(), ...facts("link-settled"), lost, exhausted);
		expect(dueAt(relinked) - asking.polledAt).toBe(5_000);
		const flapped = given(asking, answered(), offline, online, offline, online);
		expect(dueAt(flapped) - asking.polledAt).toBe(5_000);
	});

	it("is not put off by a device that flaps", () => {
		const near = transition(waiting, exhausted, policy, at(NOW, 0.1))[0];
		expect(dueAt(given(near, offline, online))).toBe(NOW + 100);
	});

	it("begins anew with every message", () => {
		expect(waits([...quiet, answered({ received: 2 }), answered()], 0).slice(-2)).toEqual([5, 7.5]);
	});

	it("backs off in the same interval where polls fail", () => {
		const failures = Array.from({ length: 6 }, () => failed());
		expect(waits(failures, 0)).toEqual([5, 7.5, 11.25, 16.88, 20, 20]);
	});

	it("is never faster than the server asks for, and up to a fifth slower", () => {
		expect(waits([answered({ pollAfterMs: 40_000 })], 0)).toEqual([40]);
		expect(waits([answered({ pollAfterMs: 40_000 })], 1)).toEqual([48]);
		expect(waits([failed(60_000)], 0)).toEqual([60]);
		expect(waits([failed(60_000)], 1)).toEqual([72]);
		expect(waits([failed(3_600_000)], 0)).toEqual([600]);
	});

	it("is back to back for long polls, once a first short one has shown that HTTP works", () => {
		const options = { ...policy, polling: "long-poll" } as const;
		const first = transition(waiting, exhausted, options, at(NOW, 0))[0];
		const [trying, [order]] = transition(first, { type: "ticked" }, options, at(NOW, 0));
		expect(order).toEqual({ type: "poll", peek: false, waitMs: 0 });
		const second = transition(trying, answered(), options, at(NOW + 40, 0))[0];
		expect(dueAt(second)).toBe(NOW + 1_000);
		const [held, orders] = transition(second, { type: "ticked" }, options, at(NOW + 1_000, 0));
		expect(orders).toEqual([{ type: "poll", peek: false, waitMs: 25_000 }]);
		const [third] = transition(held, answered({ received: 1 }), options, at(NOW + 26_000, 0.5));
		expect(dueAt(third)).toBe(NOW + 26_000 + 125);
		const [broken] = transition(held, failed(), options, at(NOW + 26_000, 0));
		expect(dueAt(broken) - NOW - 26_000).toBeGreaterThanOrEqual(5_000);
		const [, again] = transition(broken, { type: "ticked" }, options, at(dueAt(broken), 0));
		expect(again).toEqual([{ type: "poll", peek: false, waitMs: 0 }]);
	});
});

describe("manual polling", () => {
	const options = { ...policy, polling: "manual" } as const;
	const entered = transition(waiting, exhausted, options, at(NOW))[0];
	const peek = { type: "poll", peek: true, waitMs: 0 };
	const take = { type: "poll", peek: false, waitMs: 0 };
	const go = (state: ModeState, input: ModeInput, now = NOW): ModeStep =>
		transition(state, input, options, at(now));

	it("only peeks on the cadence, and counts what waits", () => {
		const [peeking, orders] = go(entered, { type: "ticked" }, dueAt(entered));
		expect(orders).toEqual([peek]);
		expect(pendingOf(peeking)).toBeNull();
		const [counted] = go(peeking, answered({ pending: 3 }));
		expect(pendingOf(counted)).toBe(3);
		expect(pendingOf(given(counted, ...facts("link-settled")))).toBeNull();
	});

	it("takes them on request", () => {
		const [taking, orders] = go(entered, { type: "poll-requested" });
		expect(orders).toEqual([take]);
		const [peeking] = go(go(taking, answered({ pending: 2 }))[0], { type: "ticked" }, NOW + 60_000);
		const [wanted, none] = go(peeking, { type: "poll-requested" });
		expect(none).toEqual([]);
		const [next] = go(wanted, answered({ pending: 2 }));
		expect([dueAt(next), go(next, { type: "ticked" })[1]]).toEqual([NOW, [take]]);
	});
});

describe("a requested poll", () => {
	it("is never ahead of a pushback", () => {
		const pushed = given(asking, failed(30_000));
		const [wanted, orders] = step(pushed, { type: "poll-requested" });
		expect(orders).toEqual([]);
		expect(dueAt(wanted)).toBe(NOW + 33_000);
		const [relinked] = step(wanted, { type: "link-settled" });
		expect(dueAt(given(relinked, lost, exhausted))).toBe(NOW + 33_000);
		const restarted = given(wanted, ...facts("stopped", "started"), exhausted);
		expect(dueAt(restarted)).toBe(NOW + 33_000);
	});

	it("is remembered while one is in flight, once", () => {
		const wanted = given(asking, ...facts("poll-requested"));
		expect(given(wanted, ...facts("poll-requested"))).toBe(wanted);
		const next = given(wanted, answered());
		expect(dueAt(next)).toBe(NOW);
		expect(dueAt(given(due(next)[0], answered())) - NOW).toBeGreaterThanOrEqual(5_000);
	});

	it("waits its turn after one that failed", () => {
		const next = given(asking, ...facts("poll-requested"), failed());
		expect(dueAt(next) - NOW).toBeGreaterThanOrEqual(5_000);
	});
});
