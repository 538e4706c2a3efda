import { DISPOSE } from "../../src/reactive/disposable.js";
import { WALL } from "./digest.js";
import type { Clock } from "../../src/runtime/runtime.js";

interface Timer {
	readonly at: number;
	readonly label: string;
	readonly run: () => void;
}

/** Time that moves when the search says so; timers run one by one. */
export class ModelClock implements Clock {
	elapsed = 0;
	timers: readonly Timer[] = [];

	now(): number {
		return WALL + this.elapsed;
	}

	monotonic(): number {
		return this.elapsed;
	}

	setTimeout(run: () => void, ms: number, label: string): Disposable {
		const timer = { at: this.elapsed + Math.max(0, ms), label, run };
		this.timers = [...this.timers, timer];
		return {
			[DISPOSE]: () => {
				this.timers = this.timers.filter((other) => other !== timer);
			},
		};
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = this.setTimeout(resolve, ms, "sleep");
			signal?.addEventListener("abort", () => {
				timer[DISPOSE]();
				reject(signal.reason);
			});
		});
	}

	/** Runs the first timer that is due. */
	runOne(): boolean {
		const due = this.timers.filter(({ at }) => at <= this.elapsed);
		const [first] = due.sort((one, other) => one.at - other.at);
		if (first === undefined) return false;
		this.timers = this.timers.filter((other) => other !== first);
		first.run();
		return true;
	}

	/** Sleeps that somebody waits for, so that waiting is worth while. */
	get isSlept(): boolean {
		return this.timers.some(({ label }) => label === "sleep");
	}
}
