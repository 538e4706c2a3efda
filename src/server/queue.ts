/** First in, first out, at O(1) amortised: an array's own `shift` moves all that remains. */
export class Queue<T> {
	#items: (T | undefined)[] = [];
	#begin = 0;

	get length(): number {
		return this.#items.length - this.#begin;
	}

	push(item: T): void {
		this.#items.push(item);
	}

	shift(): T | undefined {
		const first = this.#items[this.#begin];
		if (this.length === 0) return undefined;
		// Let go of it at once: it may be large, and the array lives on.
		this.#items[this.#begin++] = undefined;
		if (this.#begin > 64 && this.#begin * 2 > this.#items.length) {
			this.#items = this.#items.slice(this.#begin);
			this.#begin = 0;
		}
		return first;
	}

	peek(): T | undefined {
		return this.#items[this.#begin];
	}

	slice(from: number, to: number): T[] {
		return this.#items.slice(this.#begin + from, this.#begin + to) as T[];
	}

	/** Keeps the first `length`. */
	truncate(length: number): void {
		if (length < this.length) this.#items.length = this.#begin + Math.max(0, length);
	}

	/** Each in the place of what it is made of. */
	replace(make: (item: T) => T): void {
		this.#items = this.slice(0, this.length).map(make);
		this.#begin = 0;
	}
}
