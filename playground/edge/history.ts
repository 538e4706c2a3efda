/* Sockets over time, one sample a second: what a page that was opened later draws. */
import type { Counts, Sample } from "./control/contract.js";

const EVERY_MS = 1_000;
const MOST = 600;

export class History {
	#samples: Sample[] = [];
	#timer: NodeJS.Timeout | undefined;

	/** Oldest first. */
	get samples(): readonly Sample[] {
		return this.#samples;
	}

	start(look: () => Counts): void {
		this.#timer = setInterval(() => {
			this.#samples = [...this.#samples, { at: Date.now(), ...look() }].slice(-MOST);
		}, EVERY_MS);
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}
