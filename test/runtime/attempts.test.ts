import { describe, expect, it } from "vitest";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { type AttemptOptions, attempt, Budget } from "../../src/runtime/attempts.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";

const refused = (details = {}) => new RealtimeError("endpoint-refused", "planted", details);

/** Work that fails with these, in turn, and then succeeds. It notes when each try began. */
function scene(failures: readonly unknown[], options: Partial<AttemptOptions> = {}) {
	const clock = createVirtualClock();
	const triedAt: number[] = [];
	const run = async (): Promise<string> => {
		const failure = failures[triedAt.length];
		triedAt.push(clock.monotonic());
		if (failure !== undefined) throw failure;
		return "done";
	};
	const asked = { clock, random: () => 0.5, label: "work", retries: 3, ...options };
	return { clock, triedAt, result: settle(clock, attempt(run, asked)) };
}

/** Moves time until the work has ended. */
async function settle<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
	const passing = clock.advance(3_600_000);
	try {
		return await work;
	} finally {
		await passing;
	}
}

describe("bounded work", () => {
	it("that succeeds at once is tried once, without delay and without a timer left", async () => {
		const { triedAt, result, clock } = scene([]);
		await expect(result).resolves.toBe("done");
		expect(triedAt).toEqual([0]);
		expect(clock.pending).toEqual([]);
	});

	it("waits with full jitter, doubling from half a second", async () => {
		const { triedAt, result } = scene([refused(), refused(), refused()]);
		await expect(result).resolves.toBe("done");
		expect(triedAt).toEqual([0, 250, 750, 1_750]);
	});

	it("never waits more than 5 s by itself, and anything down to nothing", async () => {
		const clock = createVirtualClock();
		const triedAt: number[] = [];
		const run = async (): Promise<never> => {
			triedAt.push(clock.monotonic());
			throw refused();
		};
		const random = seededRandom(11);
		const work = attempt(run, { clock, random, label: "work", retries: 500 });
		await expect(settle(clock, work)).rejects.toMatchObject({ code: "endpoint-refused" });
		const waits = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
		const late = waits.slice(4);
		expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
		expect(Math.max(...late)).toBeGreaterThan(4_900);
		expect(Math.min(...late)).toBeLessThan(100);
	});

	it("rejects with the last failure when its retries are used up", async () => {
		const last = refused();
		const { triedAt, result } = scene([refused(), last], { retries: 1 });
		await expect(result).rejects.toBe(last);
		expect(triedAt).toHaveLength(2);
	});

	it("is not repeated after a failure that no retry can help", async () => {
		const forbidden = new RealtimeError("forbidden", "planted");
		const { triedAt, result } = scene([forbidden]);
		await expect(result).rejects.toBe(forbidden);
		expect(triedAt).toHaveLength(1);
	});

	it("can be told what a retry helps", async () => {
		const isHelped = (error: RealtimeError) => error.message === "again";
		const failures = [new RealtimeError("forbidden", "again"), refused()];
		const { triedAt, result } = scene(failures, { retryable: isHelped });
		await expect(result).rejects.toBe(failures[1]);
		expect(triedAt).toHaveLength(2);
	});

	it("rejects with a RealtimeError whatever was thrown", async () => {
		for (const thrown of [new TypeError("planted"), "planted", null]) {
			const { result, triedAt } = scene([thrown]);
			const failure = await result.catch((reason: unknown) => reason);
			expect(failure).toBeInstanceOf(RealtimeError);
			expect(failure).toMatchObject({ code: "internal", cause: thrown });
			expect(triedAt).toHaveLength(1);
		}
	});

	it("waits as long as a server asked, up to a fifth more, and never longer than 12 min", async () => {
		const { triedAt, result } = scene([
			refused({ retryAfterMs: 30_000 }),
			refused({ retryAfterMs: 86_400_000 }),
		]);
		await expect(result).resolves.toBe("done");
		expect(triedAt).toEqual([0, 33_000, 33_000 + 660_000]);
	});

	it("has a time limit for each try, also for one that ignores its signal", async () => {
		const clock = createVirtualClock();
		const signals: AbortSignal[] = [];
		const run = (signal: AbortSignal): Promise<never> => {
			signals.push(signal);
			return new Promise(() => {});
		};
		const options = { clock, random: () => 0.5, label: "work", retries: 1, timeoutMs: 2_000 };
		const work = attempt(run, options);
		await expect(settle(clock, work)).rejects.toMatchObject({ code: "connect-timeout" });
		expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
		expect(clock.pending).toEqual([]);
	});

	it.each(["while it runs", "while it waits", "before it begins"])(
		"ends with the signal's reason when aborted %s",
		async (when) => {
			const clock = createVirtualClock();
			const controller = new AbortController();
			const { signal } = controller;
			let tries = 0;
			const run = (): Promise<never> => {
				tries++;
				return when === "while it runs" ? new Promise(() => {}) : Promise.reject(refused());
			};
			if (when === "before it begins") controller.abort("enough");
			const work = attempt(run, { clock, random: () => 0.5, label: "work", retries: 3, signal });
			const ended = expect(work).rejects.toBe("enough");
			await clock.settle();
			controller.abort("enough");
			await ended;
			expect(tries).toBe(when === "before it begins" ? 0 : 1);
			expect(clock.pending).toEqual([]);
		},
	);

	it("keeps to the retry budget that all the work of a client shares", async () => {
		const budget = new Budget();
		const counts: number[] = [];
		for (let work = 0; work < 200; work++) {
			const { triedAt, result } = scene([refused(), refused(), refused(), refused()], { budget });
			await expect(result).rejects.toMatchObject({ code: "endpoint-refused" });
			counts.push(triedAt.length);
		}
		const requests = counts.reduce((sum, count) => sum + count, 0);
		expect(requests / counts.length).toBeLessThanOrEqual(1.2);
		expect(requests).toBeGreaterThan(counts.length);
	});
});
