/**
 * A map whose entries last at least `ms` and less than twice as long. Two generations, the older of
 * which is dropped whole: no entry costs a timer, an instant of its own, or a place in a queue.
 */
export class Remembered<V> {
	readonly #ms: number;
	#young = new Map<string, V>();
	#old = new Map<string, V>();
	#turnedAt: number;

	constructor(ms: number, now: number) {
		this.#ms = ms;
		this.#turnedAt = now;
	}

	get size(): number {
		return this.#young.size + this.#old.size;
	}

	get(key: string): V | undefined {
		return this.#young.get(key) ?? this.#old.get(key);
	}

	set(key: string, value: V, now: number): void {
		this.turn(now);
		this.#young.set(key, value);
	}

	/** Forgets what has had its time. */
	turn(now: number): void {
		const passed = now - this.#turnedAt;
		if (passed < this.#ms) return;
		this.#old = passed < 2 * this.#ms ? this.#young : new Map();
		this.#young = new Map();
		this.#turnedAt = now;
	}

	forget(isGone: (value: V) => boolean): void {
		for (const generation of [this.#young, this.#old]) {
			for (const [key, value] of generation) if (isGone(value)) generation.delete(key);
		}
	}
}
