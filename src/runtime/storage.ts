import { createStore, del, get, keys, set, type UseStore } from "idb-keyval";
import { withDeadline } from "./deadline.js";
import { memoryStorage } from "./memory.js";
import type { KeyValueStorage, Runtime } from "./runtime.js";

/** Safari has had databases that never opened; an outbox must not wait for ever. */
const OPEN_MS = 3_000;

/** The caller's business, no reason to stop trusting the database. */
const PASSED_ON: readonly unknown[] = ["QuotaExceededError", "DataCloneError", "DataError"];

/** One for the page, so that clients which had to fall back still find each other's records. */
const lastResort = memoryStorage();

/**
 * IndexedDB, in a database of our own, "holdfast". Where there is none, or it does not open or stops
 * working, memory takes over for the rest of the page and the log says `storage-fallback` once. A full
 * disk is no such reason: `set` rejects with QuotaExceededError, so that nobody believes it was kept.
 * Durability is the browser's default: a crash of the tab or the browser loses nothing, a loss of
 * power may.
 */
export class IndexedDbStorage implements KeyValueStorage {
	readonly #runtime: Pick<Runtime, "clock" | "logger">;
	#store: UseStore | undefined;
	#isProven = false;
	#hasFallen = false;

	constructor(runtime: Pick<Runtime, "clock" | "logger">) {
		this.#runtime = runtime;
	}

	get(key: string): Promise<unknown> {
		return this.#use(
			(store) => get(key, store),
			() => lastResort.get(key),
		);
	}

	set(key: string, value: unknown): Promise<void> {
		return this.#use(
			(store) => set(key, value, store),
			() => lastResort.set(key, value),
		);
	}

	delete(key: string): Promise<void> {
		return this.#use(
			(store) => del(key, store),
			() => lastResort.delete(key),
		);
	}

	keys(): Promise<readonly string[]> {
		return this.#use<readonly string[]>(
			(store) => keys(store),
			() => lastResort.keys(),
		);
	}

	async #use<T>(act: (store: UseStore) => Promise<T>, instead: () => Promise<T>): Promise<T> {
		if (this.#hasFallen) return instead();
		try {
			return await this.#try(act).catch((reason) => {
				// Firefox's wedged databases work again once reopened.
				if (reason?.name !== "InvalidStateError") throw reason;
				this.#store = undefined;
				return this.#try(act);
			});
		} catch (reason) {
			const name = (reason as Error | null)?.name;
			if (PASSED_ON.includes(name)) throw reason;
			if (!this.#hasFallen) this.#runtime.logger.warn("storage-fallback", { reason: name });
			this.#hasFallen = true;
			return instead();
		}
	}

	async #try<T>(act: (store: UseStore) => Promise<T>): Promise<T> {
		this.#store ??= createStore("holdfast", "records");
		const store = this.#store;
		if (this.#isProven) return act(store);
		const limit = { clock: this.#runtime.clock, ms: OPEN_MS, label: "storage-open" };
		const result = await withDeadline(() => act(store), limit);
		this.#isProven = true;
		return result;
	}
}
