/** Ends what it was returned for. Calling it twice is calling it once. */
export type Unsubscribe = () => void;

/** A value that changes. `subscribe` does not call at once, so it plugs into React's useSyncExternalStore. */
export interface Readable<T> {
	/** The value now; the same object for as long as nothing changed. */
	get(): T;
	/** Calls `listener` at each change, until the returned function is called. */
	subscribe(listener: (value: T, previous: T) => void): Unsubscribe;
}

/** What is told of a listener that threw: the others have been called all the same. */
export type Report = (reason: unknown) => void;

/** The writable side of a Readable. */
export class Cell<T> implements Readable<T> {
	#value: T;
	readonly #report: Report;
	/** Made with the first listener, gone with the last: most cells of most clients never have one. */
	#listeners: Set<{ readonly call: (value: T, previous: T) => void }> | undefined;

	constructor(value: T, report: Report) {
		this.#value = value;
		this.#report = report;
	}

	get(): T {
		return this.#value;
	}

	set(value: T): void {
		const previous = this.#value;
		if (Object.is(previous, value)) return;
		this.#value = value;
		if (this.#listeners === undefined) return;
		for (const listener of [...this.#listeners]) {
			// One that unsubscribed meanwhile is not called any more.
			if (!this.#listeners?.has(listener)) continue;
			try {
				listener.call(value, previous);
			} catch (reason) {
				this.#report(reason);
			}
		}
	}

	subscribe(listener: (value: T, previous: T) => void): Unsubscribe {
		// A wrapper each, so that one function subscribed twice is called twice and leaves once.
		const entry = { call: listener };
		this.#listeners ??= new Set();
		this.#listeners.add(entry);
		return () => {
			this.#listeners?.delete(entry);
			if (this.#listeners?.size === 0) this.#listeners = undefined;
		};
	}
}
