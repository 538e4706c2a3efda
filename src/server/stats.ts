import type { Readable, Unsubscribe } from "../reactive/readable.js";
import { Cell, type Report } from "../reactive/readable.js";
import type { ServerStats } from "./contract.js";

/** Counters that cost an addition each; listeners hear of them once a turn. */
export class Stats implements Readable<ServerStats> {
	readonly #counts = {
		connections: 0,
		subscriptions: 0,
		publishes: 0,
		replays: 0,
		gaps: 0,
		slowClosed: 0,
	};
	readonly #cell: Cell<ServerStats>;
	#hasListeners = false;
	#isStale = false;

	constructor(report: Report) {
		this.#cell = new Cell<ServerStats>({ ...this.#counts }, report);
	}

	count(name: keyof ServerStats, change = 1): void {
		this.#counts[name] += change;
		if (this.#isStale) return;
		this.#isStale = true;
		if (this.#hasListeners) queueMicrotask(() => this.get());
	}

	get(): ServerStats {
		if (this.#isStale) {
			this.#isStale = false;
			this.#cell.set({ ...this.#counts });
		}
		return this.#cell.get();
	}

	subscribe(listener: (value: ServerStats, previous: ServerStats) => void): Unsubscribe {
		this.get();
		this.#hasListeners = true;
		return this.#cell.subscribe(listener);
	}
}
