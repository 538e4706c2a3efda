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
	readonly records = new Map<string, unknown>();
	readonly #clock: VirtualClock;
	readonly #chance: Chance;

	constructor(clock: VirtualClock, chance: Chance) {
		this.#clock = clock;
		this.#chance = chance;
	}

	/** The record whose key ends so. */
	find(end: string): unknown {
		for (const [key, value] of this.records) if (key.endsWith(end)) return value;
		return undefined;
	}

	/** The storage as one program has it: what a dead one began is not done. */
	mount(process: Process): KeyValueStorage {
		const call = <T>(work: () => T, isWrite: "write" | "read" = "read"): Promise<T> =>
			process.outside(this.#call(process, work, isWrite));
		return {
			get: (key) => call(() => copy(this.records.get(key))),
			set: (key, value) => {
				const kept = copy(value);
				return call(() => void this.records.set(key, kept), "write");
			},
			delete: (key) => call(() => void this.records.delete(key), "write"),
			keys: () => call(() => [...this.records.keys()]),
		};
	}

	async #call<T>(process: Process, work: () => T, kind: "write" | "read"): Promise<T> {
		if (this.delayMs > 0) await this.#clock.sleep(this.#chance.between(0, this.delayMs));
		if (kind === "write" && this.errorRate > 0 && this.#chance.flip(this.errorRate)) {
			this.struck += 1;
			throw new Error("QuotaExceededError");
		}
		if (!process.isAlive) throw new Error("The program is dead.");
		return work();
	}
}

/** Records are flat; a structured clone of each would cost more than the client does. */
function copy(value: unknown): unknown {
	return typeof value === "object" && value !== null ? { ...value } : value;
}
