import { describe, expect, it } from "vitest";
import { withDeadline } from "../../src/runtime/deadline.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";

const never = (): Promise<never> => new Promise(() => {});

describe("work with a deadline", () => {
	it("gives what the work gives, and leaves no timer", async () => {
		const clock = createVirtualClock();
		const done = withDeadline(async () => 42, { clock, ms: 1_000, label: "work" });
		expect(clock.pending.map(({ label }) => label)).toEqual(["work"]);
		await expect(done).resolves.toBe(42);
		expect(clock.pending).toEqual([]);
	});

	it("passes on what the work throws, also before its first await", async () => {
		const clock = createVirtualClock();
		const failure = new Error("no");
		const fail = (): never => {
			throw failure;
		};
		await expect(withDeadline(fail, { clock, ms: 1_000, label: "work" })).rejects.toBe(failure);
		expect(clock.pending).toEqual([]);
	});

	it("gives up on work that ignores its signal, and aborts it", async () => {
		const clock = createVirtualClock();
		let seen: AbortSignal | undefined;
		const done = withDeadline(
			(signal) => {
				seen = signal;
				return never();
			},
			{ clock, ms: 1_000, label: "work" },
		);
		const failed = expect(done).rejects.toMatchObject({
			name: "RealtimeError",
			code: "connect-timeout",
			message: "work: no answer",
		});
		await clock.advance(999);
		expect(seen?.aborted).toBe(false);
		await clock.advance(1);
		await failed;
		expect(seen?.aborted).toBe(true);
	});

	it("ends with the caller's signal, whose reason it passes on", async () => {
		const clock = createVirtualClock();
		const controller = new AbortController();
		let seen: AbortSignal | undefined;
		const done = withDeadline(
			(signal) => {
				seen = signal;
				return never();
			},
			{ clock, ms: 1_000, label: "work", signal: controller.signal },
		);
		controller.abort("enough");
		await expect(done).rejects.toBe("enough");
		expect(seen?.reason).toBe("enough");
		expect(clock.pending).toEqual([]);
	});

	it("does not begin once the caller has given up", async () => {
		const clock = createVirtualClock();
		let began = false;
		const run = async (): Promise<void> => {
			began = true;
		};
		const signal = AbortSignal.abort("enough");
		await expect(withDeadline(run, { clock, ms: 1, label: "work", signal })).rejects.toBe("enough");
		expect(began).toBe(false);
	});
});
