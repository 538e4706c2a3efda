/** One timer of a virtual clock. */
export interface HeapTimer {
	readonly at: number;
	/** Of two due at one instant, the one set first runs first, as in every event loop. */
	readonly order: number;
	readonly label: string;
	readonly run: () => void;
	cancelled: boolean;
}

const before = (a: HeapTimer, b: HeapTimer): boolean =>
	a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * A binary heap. A cancelled timer stays until it comes up or until half of the heap is cancelled:
 * a heartbeat moves its timer with every frame, and a search for each would cost more than it frees.
 */
export class TimerHeap {
	#timers: HeapTimer[] = [];
	#cancelled = 0;

	push(timer: HeapTimer): void {
		const timers = this.#timers;
		let index = timers.length;
		timers.push(timer);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			const above = timers[parent] as HeapTimer;
			if (!before(timer, above)) break;
			timers[index] = above;
			index = parent;
		}
		timers[index] = timer;
	}

	cancel(timer: HeapTimer): void {
		if (timer.cancelled) return;
		timer.cancelled = true;
		this.#cancelled++;
		if (this.#cancelled > 64 && this.#cancelled * 2 > this.#timers.length) this.#sweep();
	}

	/** Takes out the first timer that is due at `until` or before. */
	popDue(until: number): HeapTimer | undefined {
		for (;;) {
			const first = this.#timers[0];
			if (first === undefined || first.at > until) return undefined;
			this.#removeFirst();
			if (!first.cancelled) {
				// It has run: a dispose that comes now must not be counted as one that lies here.
				first.cancelled = true;
				return first;
			}
			this.#cancelled--;
		}
	}

	/** What is still to run, in order. */
	list(): readonly HeapTimer[] {
		const live = this.#timers.filter((timer) => !timer.cancelled);
		return live.sort((a, b) => (before(a, b) ? -1 : 1));
	}

	#removeFirst(): void {
		const last = this.#timers.pop() as HeapTimer;
		if (this.#timers.length > 0) this.#sink(last);
	}

	/** Puts `timer` in the place of the first and lets it down to where it belongs. */
	#sink(timer: HeapTimer): void {
		const timers = this.#timers;
		const end = timers.length;
		let index = 0;
		for (;;) {
			let child = 2 * index + 1;
			if (child >= end) break;
			const right = child + 1;
			if (right < end && before(timers[right] as HeapTimer, timers[child] as HeapTimer))
				child = right;
			const below = timers[child] as HeapTimer;
			if (!before(below, timer)) break;
			timers[index] = below;
			index = child;
		}
		timers[index] = timer;
	}

	#sweep(): void {
		// A sorted array is a heap.
		this.#timers = [...this.list()];
		this.#cancelled = 0;
	}
}
