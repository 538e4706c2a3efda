/**
 * A map whose entries last at least `ms`, and at most twice as long. Two generations, the older of
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
		const young = this.#young.get(key);
		return young !== undefined || this.#old.size === 0 ? young : this.#old.get(key);
	}

	set(key: string, value: V, now: number): void {
		this.turn(now);
		this.#young.set(key, value);
	}

	/** Forgets what has had its time. */
	turn(now: number): void {
		const turns = Math.floor((now - this.#turnedAt) / this.#ms);
		if (turns <= 0) return;
		this.#old = turns === 1 ? this.#young : new Map();
		this.#young = new Map();
		this.#turnedAt += turns * this.#ms;
	}

	forget(isGone: (value: V) => boolean): void {
		for (const generation of [this.#young, this.#old]) {
			for (const [key, value] of generation) if (isGone(value)) generation.delete(key);
		}
	}
}
