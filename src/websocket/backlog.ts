/* What was sent while there was no link: in order, bounded, and copied, since the caller may reuse it. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { BufferPolicy } from "./options.js";
import { byteLength, type SocketData } from "./standard.js";

export class Backlog {
	readonly #policy: BufferPolicy;
	#waiting: SocketData[] = [];
	/** Of what waits, or waited when the end came. */
	bytes = 0;

	constructor(policy: BufferPolicy) {
		this.#policy = policy;
	}

	/** @throws RealtimeError `outbox-full` */
	keep(data: SocketData): void {
		const { maxBytes, overflow } = this.#policy;
		const bytes = byteLength(data);
		const dropsOldest = overflow === "drop-oldest" && bytes <= maxBytes;
		while (this.#isFull(bytes)) {
			const oldest = dropsOldest ? this.#waiting.shift() : undefined;
			if (oldest === undefined)
				throw new RealtimeError("outbox-full", "Too much waits to be sent.", {
					remediation: "Send less while there is no link, or raise the limits of buffer.",
				});
			this.bytes -= byteLength(oldest);
		}
		this.bytes += bytes;
		this.#waiting.push(copy(data));
	}

	/** Hands all of it on, in order. */
	flush(send: (data: SocketData) => void): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		this.bytes = 0;
		for (const data of waiting) send(data);
	}

	#isFull(bytes: number): boolean {
		const { maxMessages, maxBytes } = this.#policy;
		return this.#waiting.length >= maxMessages || this.bytes + bytes > maxBytes;
	}
}

function copy(data: SocketData): SocketData {
	if (ArrayBuffer.isView(data))
		return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
	return data instanceof ArrayBuffer ? data.slice(0) : data;
}
