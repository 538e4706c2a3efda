/*
 * Two streams, TLS or not, one passed on into the other both ways. Bytes go out as they come in; an end
 * is passed on, and a stream that is gone takes the other with it.
 *
 *               silence
 *    passing ◀──────────▶ silent: nothing is read, neither side is told
 *               resume
 */
import type { Duplex } from "node:stream";

export class Passage {
	readonly #streams: readonly [Duplex, Duplex];
	#isSilent = false;

	/** `ended` is called once, when both are gone. */
	constructor(a: Duplex, b: Duplex, ended: () => void = () => undefined) {
		this.#streams = [a, b];
		this.#pass(a, b, ended);
		this.#pass(b, a, ended);
		this.resume();
	}

	silence(): void {
		this.#isSilent = true;
		for (const stream of this.#streams) stream.pause();
	}

	resume(): void {
		this.#isSilent = false;
		for (const stream of this.#streams) stream.resume();
	}

	cut(): void {
		for (const stream of this.#streams) stream.destroy();
	}

	#pass(from: Duplex, to: Duplex, ended: () => void): void {
		from.on("data", (bytes: Buffer) => {
			if (to.writable && !to.write(bytes)) from.pause();
		});
		to.on("drain", () => {
			if (!this.#isSilent) from.resume();
		});
		from.on("end", () => to.end());
		from.on("error", () => undefined);
		from.on("close", () => {
			if (!from.readableEnded) to.destroy();
			else to.end();
			if (from.destroyed && to.destroyed) ended();
		});
	}
}
