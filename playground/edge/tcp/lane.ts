/*
 * One direction of a connection that passes through here: bytes, an end or a reset come in, and go out
 * as they came, later if there is a delay. It knows no protocol.
 */
import type { Socket } from "node:net";
import { reset } from "./reset.js";

/** What waits here at most before the sender feels it, as it would with a kernel's buffers in between. */
const MOST_WAITING_BYTES = 1_048_576;

export interface LaneOptions {
	readonly from: Socket;
	readonly to: Socket;
	/** Asked for each part that comes in. */
	readonly delayMs: () => number;
	readonly moved: (bytes: number) => void;
}

interface Parcel {
	readonly dueAt: number;
	readonly content: Buffer | "end" | "reset";
}

export class Lane {
	readonly #options: LaneOptions;
	readonly #queue: Parcel[] = [];
	#waitingBytes = 0;
	#isSilent = false;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: LaneOptions) {
		this.#options = options;
		const { from, to } = options;
		from.on("data", (bytes: Buffer) => this.take(bytes));
		from.on("end", () => this.take("end"));
		from.on("error", () => this.take("reset"));
		to.on("drain", () => this.#read());
		to.on("close", () => clearTimeout(this.#timer));
	}

	/** Nothing is read, and nothing that waits goes out: neither side is told. */
	silence(): void {
		this.#isSilent = true;
		clearTimeout(this.#timer);
		this.#options.from.pause();
	}

	/** Goes on where it stopped. */
	resume(): void {
		this.#isSilent = false;
		this.#forward();
	}

	take(content: Parcel["content"]): void {
		const delayMs = this.#options.delayMs();
		if (delayMs === 0 && this.#queue.length === 0 && !this.#isSilent) {
			this.#hand(content);
			return this.#read();
		}
		this.#queue.push({ dueAt: performance.now() + delayMs, content });
		this.#waitingBytes += typeof content === "string" ? 0 : content.length;
		this.#forward();
	}

	#forward(): void {
		clearTimeout(this.#timer);
		if (this.#isSilent) return;
		for (;;) {
			const next = this.#queue[0];
			if (next === undefined) break;
			const waitMs = next.dueAt - performance.now();
			if (waitMs > 0) {
				this.#timer = setTimeout(() => this.#forward(), Math.ceil(waitMs));
				break;
			}
			this.#queue.shift();
			this.#waitingBytes -= typeof next.content === "string" ? 0 : next.content.length;
			this.#hand(next.content);
		}
		this.#read();
	}

	/** Reads on, unless the receiver is slow or as much waits here as may. */
	#read(): void {
		const { from, to } = this.#options;
		const isFull = this.#waitingBytes > MOST_WAITING_BYTES || to.writableNeedDrain;
		if (this.#isSilent || isFull) from.pause();
		else from.resume();
	}

	#hand(content: Parcel["content"]): void {
		const { to, moved } = this.#options;
		if (to.destroyed) return;
		if (content === "end") to.end();
		else if (content === "reset") reset(to);
		else {
			moved(content.length);
			// Whoever counts may have cut it.
			if (to.writable) to.write(content);
		}
	}
}
