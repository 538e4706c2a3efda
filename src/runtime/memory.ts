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

/** Exclusive among those who share this very object. Waiters are served in order. */
export function memoryLocks(): Locks {
	const queues = new Map<string, (() => void)[]>();

	/** The lock passes from hand to hand, so that nobody slips in between release and the next turn. */
	const held = (name: string): Disposable => {
		let isHeld = true;
		return disposable(() => {
			if (!isHeld) return;
			isHeld = false;
			const next = queues.get(name)?.shift();
			if (next) next();
			else queues.delete(name);
		});
	};

	const tryAcquire = async (name: string): Promise<Disposable | null> => {
		if (queues.has(name)) return null;
		queues.set(name, []);
		return held(name);
	};

	const acquire = async (name: string, signal: AbortSignal): Promise<Disposable> => {
		signal.throwIfAborted();
		const queue = queues.get(name);
		if (queue === undefined) {
			queues.set(name, []);
			return held(name);
		}
		await new Promise<void>((resolve, reject) => {
			const turn = (): void => {
				signal.removeEventListener("abort", abort);
				resolve();
			};
			const abort = (): void => {
				queue.splice(queue.indexOf(turn), 1);
				reject(signal.reason);
			};
			queue.push(turn);
			signal.addEventListener("abort", abort, { once: true });
		});
		return held(name);
	};

	return { tryAcquire, acquire };
}
