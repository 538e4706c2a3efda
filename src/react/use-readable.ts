import type { Readable } from "../reactive/readable.js";
import { useMemo, useSyncExternalStore } from "./react.js";

/** As much of a readable as hooks need. */
export type Source<T> = Pick<Readable<T>, "get"> & {
	subscribe(changed: () => void): () => void;
};

/**
 * What `select` makes of a value, kept in step with it. `atServer`: the value where nothing is
 * connected yet, on the server and for the first render in the browser, so that the two are the same.
 */
export function useReadable<T, S = T>(
	source: Source<T>,
	atServer: T,
	select: (value: T) => S = same as never,
): S {
	const [subscribe, get, getAtServer] = useMemo(() => {
		const first = select(atServer);
		let seen = atServer;
		let selected = first;
		// Of one value one selection: React compares by identity, and would render for ever.
		const get = (): S => {
			const value = source.get();
			if (value !== seen) selected = select(value);
			seen = value;
			return selected;
		};
		return [(changed: () => void) => source.subscribe(changed), get, () => first] as const;
	}, [source, select, atServer]);
	return useSyncExternalStore(subscribe, get, getAtServer);
}

const same = <T>(value: T): T => value;
