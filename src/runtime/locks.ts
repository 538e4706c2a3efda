import { disposable } from "../reactive/disposable.js";
import type { Locks } from "./runtime.js";

/**
 * Web Locks: exclusive across the tabs and workers of an origin, and free at once when a tab dies.
 * `instead` serves a document that may not have any, such as a sandboxed frame: it has no storage to
 * share either.
 */
export function webLocks(manager: Pick<LockManager, "request">, instead: Locks): Locks {
	const request = (name: string, options: LockOptions): Promise<Disposable | null> =>
		new Promise((resolve, reject) => {
			manager
				.request(name, options, (lock) => {
					if (lock === null) return resolve(null);
					// The browser keeps the lock until this promise ends.
					return new Promise<void>((release) => resolve(disposable(release)));
				})
				.catch(reject);
		});
	const or =
		<T>(ask: () => Promise<T>) =>
		(reason: unknown): Promise<T> => {
			if ((reason as Error | null)?.name !== "SecurityError") throw reason;
			return ask();
		};
	return {
		tryAcquire: (name) =>
			request(name, { ifAvailable: true }).catch(or(() => instead.tryAcquire(name))),
		acquire: (name, signal) =>
			(request(name, { signal }) as Promise<Disposable>).catch(
				or(() => instead.acquire(name, signal)),
			),
	};
}
