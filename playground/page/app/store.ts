/* A value of the page that changes, for components. */
import { useCallback, useSyncExternalStore } from "react";

export interface Source<T> {
	get(): T;
	subscribe(changed: () => void): () => void;
}

export class Store<T> implements Source<T> {
	#value: T;
	readonly #listeners = new Set<() => void>();

	constructor(value: T) {
		this.#value = value;
	}

	readonly get = (): T => this.#value;

	readonly set = (value: T): void => {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const listener of this.#listeners) listener();
	};

	readonly subscribe = (changed: () => void): (() => void) => {
		this.#listeners.add(changed);
		return () => this.#listeners.delete(changed);
	};
}

/** A store, or a readable of a client. */
export function useSource<T>(source: Source<T>): T {
	const subscribe = useCallback((changed: () => void) => source.subscribe(changed), [source]);
	return useSyncExternalStore(subscribe, () => source.get());
}
