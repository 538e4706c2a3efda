/** So many a second on average, ten seconds' worth at once. */
export class TokenBucket {
	readonly #rate: number;
	#left: number;
	#filledAt: number;

	constructor(ratePerSecond: number, now: number) {
		this.#rate = ratePerSecond;
		this.#left = ratePerSecond * BURST;
		this.#filledAt = now;
	}

	take(count: number, now: number): boolean {
		this.#fill(now);
		if (count > this.#left) return false;
		this.#left -= count;
		return true;
	}

	/** Until `count` are there. */
	waitMs(count: number): number {
		return Math.ceil(Math.max(0, (count - this.#left) / this.#rate) * 1_000);
	}

	isFull(now: number): boolean {
		this.#fill(now);
		return this.#left === this.#rate * BURST;
	}

	#fill(now: number): void {
		const gained = ((now - this.#filledAt) / 1_000) * this.#rate;
		this.#left = Math.min(this.#rate * BURST, this.#left + gained);
		this.#filledAt = now;
	}
}

const BURST = 10;
