import type { FleetStep } from "./contract.js";

/** Writes the timeline: how many are connected, and how many dials reach a server, step by step. */
export class Meter {
	readonly #beginAt: number;
	readonly stepMs: number;
	readonly #steps: FleetStep[] = [];
	#arrivals = 0;
	#mostArrivals = 0;

	constructor(beginAt: number, stepMs: number) {
		this.#beginAt = beginAt;
		this.stepMs = stepMs;
	}

	get timeline(): readonly FleetStep[] {
		return this.#steps;
	}

	get mostArrivals(): number {
		return this.#mostArrivals;
	}

	arrived(): void {
		this.#arrivals++;
	}

	/** Time goes on to `now`, with so many connected until then. */
	advance(now: number, connected: number): void {
		while (this.#nextAt <= now) this.end(connected);
	}

	/** Closes the step that is under way. */
	end(connected: number): void {
		const arrivals = this.#arrivals;
		this.#steps.push({ atMs: this.#nextAt - this.#beginAt, connected, arrivals });
		this.#mostArrivals = Math.max(this.#mostArrivals, arrivals);
		this.#arrivals = 0;
	}

	get #nextAt(): number {
		return this.#beginAt + (this.#steps.length + 1) * this.stepMs;
	}
}
