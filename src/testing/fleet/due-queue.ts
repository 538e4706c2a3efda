const NEVER = Number.POSITIVE_INFINITY;
/** Four children a node: half the levels of a binary heap, and they lie side by side in memory. */
const CHILDREN = 4;

/**
 * When each client is next due: one entry a client in a heap of typed arrays, so that millions fit.
 * Of two due at one instant the lower number goes first, or the same seed could take two courses.
 */
export class DueQueue {
	readonly #at: Float64Array;
	readonly #heap: Int32Array;
	/** Where in the heap a client lies; −1: it is not due. */
	readonly #place: Int32Array;
	#size = 0;

	constructor(clients: number) {
		this.#at = new Float64Array(clients).fill(NEVER);
		this.#heap = new Int32Array(clients);
		this.#place = new Int32Array(clients).fill(-1);
	}

	/** The client that is due first; −1: nobody is due. */
	get first(): number {
		return this.#size === 0 ? -1 : (this.#heap[0] as number);
	}

	/** Infinity: nobody is due. */
	get firstAt(): number {
		return this.#size === 0 ? NEVER : (this.#at[this.first] as number);
	}

	/** Infinity takes it out. */
	set(client: number, at: number): void {
		const place = this.#place[client] as number;
		this.#at[client] = at;
		if (at === NEVER) {
			if (place >= 0) this.#remove(client, place);
			return;
		}
		if (place < 0) this.#rise(this.#size++, client);
		else this.#settle(place, client);
	}

	#remove(client: number, place: number): void {
		this.#place[client] = -1;
		const last = this.#heap[--this.#size] as number;
		if (last !== client) this.#settle(place, last);
	}

	#settle(place: number, client: number): void {
		this.#sink(this.#rise(place, client), client);
	}

	#rise(from: number, client: number): number {
		let place = from;
		while (place > 0) {
			const parent = Math.floor((place - 1) / CHILDREN);
			const above = this.#heap[parent] as number;
			if (!this.#isBefore(client, above)) break;
			this.#put(place, above);
			place = parent;
		}
		this.#put(place, client);
		return place;
	}

	#sink(from: number, client: number): void {
		let place = from;
		for (;;) {
			const child = this.#firstChild(place);
			if (child < 0 || !this.#isBefore(this.#heap[child] as number, client)) break;
			this.#put(place, this.#heap[child] as number);
			place = child;
		}
		this.#put(place, client);
	}

	#firstChild(place: number): number {
		const begin = CHILDREN * place + 1;
		if (begin >= this.#size) return -1;
		const end = Math.min(begin + CHILDREN, this.#size);
		let first = begin;
		for (let child = begin + 1; child < end; child++)
			if (this.#isBefore(this.#heap[child] as number, this.#heap[first] as number)) first = child;
		return first;
	}

	#isBefore(a: number, b: number): boolean {
		const difference = (this.#at[a] as number) - (this.#at[b] as number);
		return difference < 0 || (difference === 0 && a < b);
	}

	#put(place: number, client: number): void {
		this.#heap[place] = client;
		this.#place[client] = place;
	}
}
