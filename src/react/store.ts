import type { Source } from "./use-readable.js";

/** A value of one hook. */
export interface Store<T> extends Source<T> {
	set(value: T): void;
}

export function createStore<T>(initial: T): Store<T> {
	let value = initial;
	let listener: (() => void) | undefined;
	return {
		get: () => value,
		set(next) {
			value = next;
			listener?.();
		},
		// React lets go of one subscription before it takes another.
		subscribe(changed) {
			listener = changed;
			return () => {
				listener = undefined;
			};
		},
	};
}
