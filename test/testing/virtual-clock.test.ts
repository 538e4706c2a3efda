import { describe, expect, it } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";

describe("a virtual clock", () => {
	it("stands until it is moved, and then shows the time that passed on both clocks", async () => {
		const clock = createVirtualClock({ startAt: 1_000 });
		expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
		await clock.advance(250);
		expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
	});

	it("runs timers in the order of their instants, and in the order they were set at one instant", async () => {
		const clock = createVirtualClock();
		const ran: string[] = [];
		for (const [name, ms] of [
			["c", 20],
			["a", 10],
			["d", 20],
			["b", 10],
		] as const) {
			clock.setTimeout(() => ran.push(`${name}@${clock.monotonic()}`), ms, name);
		}
		await clock.advance(20);
		expect(ran).toEqual(["a@10", "b@10", "c@20", "d@20"]);
	});

	it("keeps that order for thousands of timers, of which many are cancelled", async () => {
		const clock = createVirtualClock();
		const random = seededRandom(3);
		const expected: { at: number; n: number }[] = [];
		const ran: { at: number; n: number }[] = [];
		for (let n = 0; n < 5_000; n++) {
			const at = Math.floor(random() * 500);
			const timer = clock.setTimeout(() => ran.push({ at: clock.monotonic(), n }), at, "t");
			if (random() < 0.7) dispose(timer);
			else expected.push({ at, n });
		}
		expected.sort((a, b) => a.at - b.at || a.n - b.n);
		expect(clock.pending).toHaveLength(expected.length);
		await clock.advance(500);
		expect(ran).toEqual(expected);
		expect(clock.pending).toEqual([]);
	});

	it("lets every promise that a timer set going settle before the next timer runs", async () => {
		const clock = createVirtualClock();
		const ran: string[] = [];
		const chain = async (): Promise<void> => {
			for (let depth = 0; depth < 1_000; depth++) await null;
			ran.push("chain");
		};
		clock.setTimeout(() => void chain(), 10, "chain");
		clock.setTimeout(() => ran.push("next"), 10, "next");
		await clock.advance(10);
		expect(ran).toEqual(["chain", "next"]);
	});

	it("runs a timer that a timer set, if it is due in the same advance, and else keeps it", async () => {
		const clock = createVirtualClock();
		const ran: number[] = [];
		const again = (): void => {
			ran.push(clock.monotonic());
			clock.setTimeout(again, 30, "again");
		};
		again();
		await clock.advance(70);
		expect(ran).toEqual([0, 30, 60]);
		await clock.advance(19);
		expect(ran).toEqual([0, 30, 60]);
		await clock.advance(1);
		expect(ran).toEqual([0, 30, 60, 90]);
	});

	it("never runs a disposed timer, also when another timer of that instant disposes it", async () => {
		const clock = createVirtualClock();
		const ran: string[] = [];
		clock.setTimeout(() => dispose(victim), 5, "killer");
		const victim = clock.setTimeout(() => ran.push("victim"), 5, "victim");
		await clock.advance(10);
		expect(ran).toEqual([]);
	});

	it("lists what waits, with wall times and labels, first to run first", async () => {
		const clock = createVirtualClock({ startAt: 1_000 });
		clock.setTimeout(() => undefined, 20, "redial");
		clock.setTimeout(() => undefined, 10, "heartbeat");
		expect(clock.pending).toEqual([
			{ at: 1_010, label: "heartbeat" },
			{ at: 1_020, label: "redial" },
		]);
	});

	it("queues calls that overlap", async () => {
		const clock = createVirtualClock();
		const ran: number[] = [];
		clock.setTimeout(() => ran.push(clock.monotonic()), 15, "t");
		await Promise.all([clock.advance(10), clock.advance(10)]);
		expect([clock.monotonic(), ran]).toEqual([20, [15]]);
	});

	it("rejects with what a timer threw, and goes on from there", async () => {
		const clock = createVirtualClock();
		const ran: string[] = [];
		clock.setTimeout(
			() => {
				throw new Error("planted");
			},
			5,
			"bad",
		);
		clock.setTimeout(() => ran.push("good"), 6, "good");
		await expect(clock.advance(10)).rejects.toThrow("planted");
		expect([clock.monotonic(), ran]).toEqual([5, []]);
		await clock.advance(1);
		expect(ran).toEqual(["good"]);
	});

	it("names the timer that keeps an instant from ending", async () => {
		const clock = createVirtualClock();
		const again = (): void => {
			clock.setTimeout(again, 0, "ouroboros");
		};
		again();
		await expect(clock.advance(1)).rejects.toThrow("ouroboros");
	});

	it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %d", async (ms) => {
		await expect(createVirtualClock().advance(ms)).rejects.toThrow(RangeError);
	});

	it("jumps: the wall clock moves, no timer does", async () => {
		const clock = createVirtualClock({ startAt: 1_000 });
		const ran: string[] = [];
		clock.setTimeout(() => ran.push("timer"), 10, "t");
		clock.jump(3_600_000);
		expect([clock.now(), clock.monotonic()]).toEqual([3_601_000, 0]);
		await clock.advance(9);
		expect(ran).toEqual([]);
		clock.jump(-3_600_000);
		await clock.advance(1);
		expect([clock.now(), ran]).toEqual([1_010, ["timer"]]);
	});

	it("suspends: what became due meanwhile runs late, in order, and sees the later time", async () => {
		const clock = createVirtualClock({ startAt: 0 });
		const ran: string[] = [];
		clock.setTimeout(() => ran.push(`second@${clock.monotonic()}`), 20, "second");
		clock.setTimeout(() => ran.push(`first@${clock.monotonic()}`), 10, "first");
		clock.setTimeout(() => ran.push("later"), 5_001, "later");
		await clock.suspend(5_000);
		expect(ran).toEqual(["first@5000", "second@5000"]);
		expect(clock.now()).toBe(5_000);
	});

	describe("sleep", () => {
		it("resolves after the time", async () => {
			const clock = createVirtualClock();
			const woke: number[] = [];
			void clock.sleep(40).then(() => woke.push(clock.monotonic()));
			await clock.advance(39);
			expect(woke).toEqual([]);
			await clock.advance(1);
			expect(woke).toEqual([40]);
		});

		it("rejects with the signal's reason, at once if it is aborted already, and leaves no timer", async () => {
			const clock = createVirtualClock();
			const reason = new Error("enough");
			const abort = new AbortController();
			const sleeping = clock.sleep(40, abort.signal);
			abort.abort(reason);
			await expect(sleeping).rejects.toBe(reason);
			await expect(clock.sleep(40, abort.signal)).rejects.toBe(reason);
			expect(clock.pending).toEqual([]);
		});
	});
});
