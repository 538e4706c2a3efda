import type { EpochMs } from "../policy/moment.js";
import { DISPOSE } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";
import { TimerHeap } from "./timer-heap.js";

/** Time that stands until a test moves it. */
export interface VirtualClock extends Clock {
	/**
	 * Moves time on by `ms` and resolves when everything that was due has run: timers in the order of
	 * their instants, and after each of them all promises that it set going. Calls queue up.
	 * Rejects with what a timer threw.
	 */
	advance(ms: number): Promise<void>;
	/** Lets all promises settle without moving time: `advance(0)` that runs no timer. */
	settle(): Promise<void>;
	/**
	 * The wall clock is set forward (or back, if negative) by `ms`; no timer moves. That is what an
	 * NTP correction looks like, and a laptop that slept where the monotonic clock sleeps too (Linux).
	 */
	jump(ms: number): void;
	/**
	 * The program stood still for `ms`: both clocks went on and no timer ran, those that became due
	 * run now, late. That is a blocked event loop, a frozen tab, and sleep elsewhere than on Linux.
	 */
	suspend(ms: number): Promise<void>;
	/** What waits, first to run first, with the `label` that its owner gave it. */
	readonly pending: readonly { readonly at: EpochMs; readonly label: string }[];
}

/** What `createVirtualClock` takes. */
export interface VirtualClockOptions {
	/** Wall time at the start, in ms since 1970. @default 2025-01-01T00:00Z */
	readonly startAt?: EpochMs;
}

/** More timers at one instant than any program means to run there: it sets them in a circle. */
const STUCK_AFTER = 100_000;

/**
 * A clock for tests: nothing waits for real, and every run takes the same course.
 *
 * Promises are settled by a turn of the real event loop (which takes a microsecond), so any depth of
 * promise chain is followed; what really waits for a disk or a socket is not.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
	return new VirtualTime(options.startAt ?? Date.UTC(2025, 0, 1));
}

class VirtualTime implements VirtualClock {
	readonly #timers = new TimerHeap();
	#elapsed = 0;
	/** Wall time minus elapsed time. */
	#offset: number;
	#order = 0;
	#queue: Promise<void> = Promise.resolve();

	constructor(startAt: EpochMs) {
		this.#offset = startAt;
	}

	get pending(): readonly { readonly at: EpochMs; readonly label: string }[] {
		return this.#timers.list().map(({ at, label }) => ({ at: this.#offset + at, label }));
	}

	now(): EpochMs {
		return this.#offset + this.#elapsed;
	}

	monotonic(): number {
		return this.#elapsed;
	}

	setTimeout(run: () => void, ms: number, label: string): Disposable {
		// NaN counts as 0, as in every event loop.
		const at = this.#elapsed + (Math.max(ms, 0) || 0);
		const timer = { at, order: this.#order++, label, run, cancelled: false };
		this.#timers.push(timer);
		return { [DISPOSE]: () => this.#timers.cancel(timer) };
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) {
				reject(signal.reason);
				return;
			}
			const abort = (): void => {
				timer[DISPOSE]();
				reject(signal?.reason);
			};
			const wake = (): void => {
				signal?.removeEventListener("abort", abort);
				resolve();
			};
			const timer = this.setTimeout(wake, ms, "sleep");
			signal?.addEventListener("abort", abort, { once: true });
		});
	}

	jump(ms: number): void {
		this.#offset += ms;
	}

	settle(): Promise<void> {
		return turn();
	}

	advance(ms: number): Promise<void> {
		return this.#enqueue(() => this.#runUntil(this.#elapsed + forward(ms)));
	}

	suspend(ms: number): Promise<void> {
		return this.#enqueue(async () => {
			await turn();
			this.#elapsed += forward(ms);
			await this.#runUntil(this.#elapsed);
		});
	}

	#enqueue(step: () => Promise<void>): Promise<void> {
		const done = this.#queue.then(step);
		// The caller hears of the failure; the next call must not.
		this.#queue = done.catch(() => undefined);
		return done;
	}

	async #runUntil(until: number): Promise<void> {
		await turn();
		let ran = 0;
		for (;;) {
			const timer = this.#timers.popDue(until);
			if (timer === undefined) break;
			if (timer.at > this.#elapsed) {
				this.#elapsed = timer.at;
				ran = 0;
			}
			if (++ran > STUCK_AFTER) throw new Error(`Timers in a circle: "${timer.label}"`);
			timer.run();
			await turn();
		}
		this.#elapsed = until;
	}
}

function forward(ms: number): number {
	if (ms >= 0 && ms < Number.POSITIVE_INFINITY) return ms;
	throw new RangeError(`A virtual clock goes forward by finite steps, not by ${ms} ms`);
}

/** One turn of the event loop: every promise that can settle without the world has settled after it. */
const turn: () => Promise<void> = eventLoopTurn();

function eventLoopTurn(): () => Promise<void> {
	// Taken now, so that a test runner's fake timers, installed later, do not stop this clock.
	if (typeof setImmediate === "function") {
		const immediate = setImmediate;
		return () => new Promise((resolve) => immediate(resolve));
	}
	return () =>
		new Promise((resolve) => {
			const { port1, port2 } = new MessageChannel();
			port1.onmessage = () => {
				port1.close();
				resolve();
			};
			port2.postMessage(null);
		});
}
