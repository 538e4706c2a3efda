/*
 * Whose turn it is to speak, of a thread's clients. So many have it at a time, each until its message has a
 * receipt: on a machine that can't keep up all say less, and nothing piles up in front of who dials.
 */

export class Floor {
	readonly #most: number;
	#speaking = 0;
	#isOpen = false;
	#waiting: (() => Promise<void>)[] = [];

	/** `most`: at a time. */
	constructor(most: number) {
		this.#most = most;
	}

	/** While it is closed nobody gets it, and who has it keeps it. */
	set isOpen(isOpen: boolean) {
		this.#isOpen = isOpen;
		this.#give();
	}

	/** In the order in which they ask. `speak` resolves when it has been answered; it never rejects. */
	ask(speak: () => Promise<void>): void {
		this.#waiting.push(speak);
		this.#give();
	}

	#give(): void {
		while (this.#isOpen && this.#speaking < this.#most) {
			const speak = this.#waiting.shift();
			if (speak === undefined) return;
			this.#speaking += 1;
			void speak().finally(() => {
				this.#speaking -= 1;
				this.#give();
			});
		}
	}
}
