import { afterEach, describe, expect, it, vi } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { sleep, systemClock } from "../../src/runtime/clock.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";

afterEach(() => vi.unstubAllGlobals());

/** The platform's timers, recorded: what is asked of them, and what they would run. */
function recordTimers(): { run: () => void; ms: number }[] {
	const asked: { run: () => void; ms: number }[] = [];
	vi.stubGlobal("setTimeout", (run: () => void, ms: number) => asked.push({ run, ms }));
	return asked;
}

describe("the system's clock", () => {
	it("shows wall time and a time that never goes back", () => {
		const before = systemClock.monotonic();
		expect(systemClock.now()).toBeGreaterThan(Date.UTC(2020, 0));
		expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
	});

	it("runs a timer once, and a disposed one never", async () => {
		const ran: string[] = [];
		const gone = systemClock.setTimeout(() => ran.push("gone"), 0, "gone");
		systemClock.setTimeout(() => ran.push("kept"), 0, "kept");
		dispose(gone);
		dispose(gone);
		await systemClock.sleep(5);
		expect(ran).toEqual(["kept"]);
	});

	it.each([
		[-5, 0],
		[Number.NaN, 0],
		[0, 0],
		[2 ** 31 - 1, 2 ** 31 - 1],
	])("asks the platform once for a delay of %d ms", (ms, asked) => {
		const timers = recordTimers();
		const ran = vi.fn();
		systemClock.setTimeout(ran, ms, "t");
		expect(timers.map((timer) => timer.ms)).toEqual([asked]);
		timers[0]?.run();
		expect(ran).toHaveBeenCalledOnce();
		expect(timers).toHaveLength(1);
	});

	it("waits longer than one timer of the platform can, in parts", () => {
		const timers = recordTimers();
		const ran = vi.fn();
		systemClock.setTimeout(ran, 2 ** 32, "t");
		for (let part = 0; part < 3; part++) {
			expect(ran).not.toHaveBeenCalled();
			timers[part]?.run();
		}
		expect(timers.map(({ ms }) => ms)).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 2]);
		expect(ran).toHaveBeenCalledOnce();
	});

	it("never fires for an infinite delay", () => {
		const timers = recordTimers();
		const ran = vi.fn();
		systemClock.setTimeout(ran, Number.POSITIVE_INFINITY, "t");
		for (let part = 0; part < 5; part++) timers[part]?.run();
		expect(ran).not.toHaveBeenCalled();
		expect(timers).toHaveLength(6);
	});
});

describe("sleep", () => {
	it("resolves when its time has come", async () => {
		const clock = createVirtualClock();
		const woke = vi.fn();
		void sleep(clock, 100, undefined, "nap").then(woke);
		expect(clock.pending.map(({ label }) => label)).toEqual(["nap"]);
		await clock.advance(99);
		expect(woke).not.toHaveBeenCalled();
		await clock.advance(1);
		expect(woke).toHaveBeenCalledOnce();
	});

	it("rejects with the signal's reason, and leaves no timer", async () => {
		const clock = createVirtualClock();
		const controller = new AbortController();
		const slept = sleep(clock, 100, controller.signal);
		controller.abort("enough");
		await expect(slept).rejects.toBe("enough");
		expect(clock.pending).toEqual([]);
		await expect(sleep(clock, 100, controller.signal)).rejects.toBe("enough");
		expect(clock.pending).toEqual([]);
	});

	it("leaves no listener on a signal that outlives it", async () => {
		const { signal } = new AbortController();
		const removed = vi.spyOn(signal, "removeEventListener");
		await systemClock.sleep(0, signal);
		expect(removed).toHaveBeenCalledOnce();
	});
});
