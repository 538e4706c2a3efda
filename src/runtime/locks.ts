import { disposable } from "../reactive/disposable.js";
import type { Locks } from "./runtime.js";

/** Web Locks: exclusive across the tabs and workers of an origin, and free at once when a tab dies. */
export function webLocks(manager: Pick<LockManager, "request">): Locks {
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
	return {
		tryAcquire: (name) => request(name, { ifAvailable: true }),
		acquire: (name, signal) => request(name, { signal }) as Promise<Disposable>,
	};
}
