/** A client sees a mute server as dead after 4 s: what would wait longer than this is turned away. */
const LONGEST_BACKLOG_MS = 2_000;

/**
 * A way in of finite capacity. Accepts are worked off one after the other; once the work that waits
 * is more than two seconds, who comes is turned away, and that is work too: `rejectCost` of an accept
 * (a TLS handshake before the 503 is most of one). So too many who ask keep it from letting anybody in.
 */
export class Gate {
	/** Down, it refuses at once, and that costs nothing: nobody is there. */
	isUp = true;
	/** When the work that waits will be done. */
	#freeAt = Number.NEGATIVE_INFINITY;
	readonly #acceptMs: number;
	readonly #rejectMs: number;

	constructor(acceptsPerSecond: number, rejectCost: number) {
		this.#acceptMs = 1_000 / acceptsPerSecond;
		this.#rejectMs = rejectCost * this.#acceptMs;
	}

	/** What waited is gone. */
	restart(): void {
		this.#freeAt = Number.NEGATIVE_INFINITY;
	}

	/** When the newcomer is welcomed; Infinity: it is turned away. */
	arrive(now: number): number {
		const beganAt = Math.max(this.#freeAt, now);
		const isAdmitted = beganAt - now <= LONGEST_BACKLOG_MS;
		this.#freeAt = beganAt + (isAdmitted ? this.#acceptMs : this.#rejectMs);
		return isAdmitted ? this.#freeAt : Number.POSITIVE_INFINITY;
	}
}
