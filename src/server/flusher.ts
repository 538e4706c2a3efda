import { dispose } from "../reactive/disposable.js";
import type { Clock } from "../runtime/runtime.js";

export interface Flushable {
	flush(): void;
}

/**
 * When all that waits on all links leaves: at once if nothing has left in this turn, so that a single
 * message waits for nothing; otherwise with whatever else comes until the next turn, as one batch.
 * One timer for all links, and none while nothing is sent.
 */
export class Flusher {
	readonly #clock: Clock;
	#waiting: Flushable[] = [];
	#isPlanned = false;
	#rest: Disposable | null = null;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	plan(subject: Flushable): void {
		this.#waiting.push(subject);
		if (this.#isPlanned || this.#rest !== null) return;
		this.#isPlanned = true;
		queueMicrotask(() => this.#flush());
	}

	end(): void {
		dispose(this.#rest);
		this.#rest = null;
		this.#flush();
		dispose(this.#rest);
	}

	#flush(): void {
		this.#isPlanned = false;
		const waiting = this.#waiting;
		if (waiting.length === 0) return;
		this.#waiting = [];
		for (const subject of waiting) subject.flush();
		this.#rest = this.#clock.setTimeout(
			() => {
				this.#rest = null;
				this.#flush();
			},
			0,
			"flush",
		);
	}
}
