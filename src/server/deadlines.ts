import { dispose } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";

/**
 * All that one link waits for, on one timer. A deadline that moves later does not touch the timer: it
 * fires, finds nothing due, and is set again.
 */
export class Deadlines {
	readonly #clock: Clock;
	readonly #due = new Map<string, { readonly at: number; readonly run: () => void }>();
	#timer: Disposable | null = null;
	#timerAt = Number.POSITIVE_INFINITY;
	#isOver = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Replaces the one of that name. */
	set(name: string, at: number, run: () => void): void {
		if (this.#isOver || at === Number.POSITIVE_INFINITY) return;
		this.#due.set(name, { at, run });
		this.#arm(at);
	}

	clear(name: string): void {
		this.#due.delete(name);
	}

	end(): void {
		this.#isOver = true;
		this.#due.clear();
		dispose(this.#timer);
		this.#timer = null;
	}

	#arm(at: number): void {
		if (at >= this.#timerAt) return;
		dispose(this.#timer);
		this.#timerAt = at;
		const waitMs = at - this.#clock.monotonic();
		this.#timer = this.#clock.setTimeout(() => this.#fire(), waitMs, "link");
	}

	#fire(): void {
		this.#timer = null;
		this.#timerAt = Number.POSITIVE_INFINITY;
		const now = this.#clock.monotonic();
		for (const [name, { at, run }] of [...this.#due]) {
			if (at > now || this.#due.get(name)?.run !== run) continue;
			this.#due.delete(name);
			run();
		}
		const next = Math.min(...[...this.#due.values()].map(({ at }) => at));
		if (next !== Number.POSITIVE_INFINITY) this.#arm(next);
	}
}
