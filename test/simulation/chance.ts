import { seededRandom } from "../../src/testing/seeded-random.js";

/** Draws of one part of a world. Each part has its own, so that one more draw here changes nothing there. */
export class Chance {
	readonly random: () => number;
	readonly #seed: number;
	#children = 0;

	constructor(seed: number) {
		this.#seed = seed;
		this.random = seededRandom(seed);
	}

	/** Chance for a part, told apart by the order of the asking. */
	child(): Chance {
		this.#children += 1;
		return new Chance(this.#seed + this.#children * 0x1_0000_0000);
	}

	flip(probability: number): boolean {
		return this.random() < probability;
	}

	between(least: number, most: number): number {
		return least + this.random() * (most - least);
	}

	/** Both ends included. */
	int(least: number, most: number): number {
		return Math.floor(this.between(least, most + 1));
	}

	one<T>(of: readonly T[]): T {
		return of[this.int(0, of.length - 1)] as T;
	}
}
