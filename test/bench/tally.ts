/* What became of a row of numbered messages. */

export interface TallyReport {
	/** Different ones that arrived. */
	readonly arrived: number;
	readonly repeated: number;
	/** Those that came after a later one, the first time they came. */
	readonly reordered: number;
}

export class Tally {
	readonly #seen = new Set<number>();
	#repeated = 0;
	#reordered = 0;
	#latest = -1;

	take(n: number): void {
		if (this.#seen.has(n)) this.#repeated += 1;
		else if (n < this.#latest) this.#reordered += 1;
		this.#seen.add(n);
		this.#latest = Math.max(this.#latest, n);
	}

	report(): TallyReport {
		return { arrived: this.#seen.size, repeated: this.#repeated, reordered: this.#reordered };
	}
}

/** Calls with 0, 1, 2, … so many times a second; resolves after the last. What a busy machine delayed is caught up with. */
export function inPace(
	messages: number,
	perSecond: number,
	act: (n: number) => void,
): Promise<void> {
	return new Promise((resolve) => {
		const beganAt = performance.now();
		let done = 0;
		const timer = setInterval(() => {
			const due = Math.floor(((performance.now() - beganAt) * perSecond) / 1_000);
			while (done < Math.min(due, messages)) act(done++);
			if (done < messages) return;
			clearInterval(timer);
			resolve();
		}, 5);
	});
}
