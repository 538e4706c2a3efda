import { disposable } from "../reactive/disposable.js";
import type { KeyValueStorage, Locks } from "./runtime.js";

/** Lasts as long as the page or the process. */
export function memoryStorage(): KeyValueStorage {
	const records = new Map<string, unknown>();
	return {
		get: async (key) => records.get(key),
		set: async (key, value) => void records.set(key, value),
		delete: async (key) => void records.delete(key),
		keys: async () => [...records.keys()],
	};
}

/** Exclusive among those who share this very object. */
export function memoryLocks(): Locks {
	/** Name → resolves when it is released. */
	const held = new Map<string, Promise<void>>();

	const take = (name: string): Disposable | null => {
		if (held.has(name)) return null;
		let wake: (() => void) | undefined;
		const released = new Promise<void>((resolve) => {
			wake = resolve;
		});
		held.set(name, released);
		return disposable(() => {
			// Disposed twice, it may be another's by now.
			if (held.get(name) === released) held.delete(name);
			wake?.();
		});
	};

	const acquire = async (name: string, signal: AbortSignal): Promise<Disposable> => {
		for (;;) {
			signal.throwIfAborted();
			const lock = take(name);
			if (lock) return lock;
			await new Promise((resolve) => {
				signal.addEventListener("abort", resolve, { once: true });
				void held.get(name)?.then(resolve);
			});
		}
	};

	return { tryAcquire: async (name) => take(name), acquire };
}
