import type { KeyValueStorage } from "../../src/runtime/runtime.js";
import type { VirtualClock } from "../../src/testing/virtual-clock.js";
import type { Chance } from "./chance.js";
import type { Process } from "./process.js";

/** A device's storage: it outlives the program, is slow, and fails at times. */
export class Disk {
	/** A write or a read takes up to so long. */
	delayMs = 0;
	/** The share of writes that fail. */
	errorRate = 0;
	struck = 0;
	/** Writes of a queue's identity that failed: without it the storage does not open. */
	unopened = 0;
	/** Keys that should be gone, and are not. */
	readonly undeleted = new Set<string>();
	readonly records = new Map<string, unknown>();
	readonly #clock: VirtualClock;
	readonly #chance: Chance;

	constructor(clock: VirtualClock, chance: Chance) {
		this.#clock = clock;
		this.#chance = chance;
	}

	/** Whether a record was to be deleted and could not be. */
	isUndeleted(end: string): boolean {
		return [...this.undeleted].some((key) => key.endsWith(end));
	}

	/** The record whose key ends so. */
	find(end: string): unknown {
		for (const [key, value] of this.records) if (key.endsWith(end)) return value;
		return undefined;
	}

	/** The storage as one program has it: what a dead one began is not done. */
	mount(process: Process): KeyValueStorage {
		const read = <T>(work: () => T): Promise<T> =>
			process.outside(this.#call(process, work, () => undefined));
		const write = (work: () => void, failed: () => void): Promise<void> =>
			process.outside(this.#call(process, work, () => this.#strike(failed)));
		return {
			get: (key) => read(() => copy(this.records.get(key))),
			set: (key, value) => {
				const kept = copy(value);
				return write(
					() => void this.records.set(key, kept),
					() => {
						if (key.endsWith("/meta")) this.unopened += 1;
					},
				);
			},
			delete: (key) =>
				write(
					() => void this.records.delete(key),
					() => void this.undeleted.add(key),
				),
			keys: () => read(() => [...this.records.keys()]),
		};
	}

	/** A write fails, if it is to fail. */
	#strike(failed: () => void): void {
		if (this.errorRate === 0 || !this.#chance.flip(this.errorRate)) return;
		this.struck += 1;
		failed();
		throw new Error("QuotaExceededError");
	}

	async #call<T>(process: Process, work: () => T, strike: () => void): Promise<T> {
		if (this.delayMs > 0) await this.#clock.sleep(this.#chance.between(0, this.delayMs));
		strike();
		if (!process.isAlive) throw new Error("The program is dead.");
		return work();
	}
}

/** Records are flat; a structured clone of each would cost more than the client does. */
function copy(value: unknown): unknown {
	return typeof value === "object" && value !== null ? { ...value } : value;
}
