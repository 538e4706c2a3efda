/* One socket of the platform's, and what `ws` and browsers do differently about it. */
import { dispose } from "../reactive/disposable.js";
import type { Runtime, WebSocketLike } from "../runtime/runtime.js";
import { parseRetryAfter } from "../transport/retry-after.js";
import { BROKEN, type SocketEnd } from "./contract.js";
import { byteLength, type SocketData } from "./standard.js";

/** What `ws` has beyond the standard. */
interface PlatformSocket extends WebSocketLike {
	readonly protocol?: string;
	readonly extensions?: string;
	send(data: SocketData, sent?: () => void): void;
	terminate?(): void;
	on?(type: string, listener: (request: unknown, refusal: Refusal) => void): void;
}
interface Refusal {
	readonly statusCode: number;
	readonly headers: { readonly "retry-after"?: string };
}

/** Each comes once, in this order; none after `hangUp()`. */
export interface WireFacts {
	opened(wire: Wire): void;
	received(data: unknown): void;
	lost(wire: Wire, end: SocketEnd): void;
}

type Told = Partial<MessageEvent & CloseEvent>;

const EVENTS = ["open", "message", "error", "close"];
const OPEN = 1;
const CLOSING = 2;
const TERMINATE_MS = 1_000;

export class Wire {
	readonly dialId: number;
	readonly #socket: PlatformSocket;
	readonly #facts: WireFacts;
	readonly #runtime: Pick<Runtime, "clock">;
	readonly #listener = (event: Told): void => this.#hear(event);
	#hasFailed = false;
	#isOpen = false;
	/** Of a socket of `ws`, which counts frames, and what it has not handed to the kernel at once. */
	#unsent = 0;

	/** Throws what the platform's constructor throws. */
	constructor(
		dialId: number,
		runtime: Pick<Runtime, "clock" | "WebSocket">,
		[url, protocols, options]: readonly [string, string[], object],
		facts: WireFacts,
	) {
		this.dialId = dialId;
		this.#facts = facts;
		this.#runtime = runtime;
		const socket = new runtime.WebSocket(url, protocols, options) as PlatformSocket;
		this.#socket = socket;
		for (const type of EVENTS) socket.addEventListener(type, this.#listener);
		// With a listener, ws leaves it to us to give the attempt up.
		socket.on?.("unexpected-response", (_request, { statusCode, headers }) => {
			const retryAfterMs = parseRetryAfter(headers["retry-after"], runtime.clock.now());
			const told = retryAfterMs === undefined ? {} : { retryAfterMs };
			this.#end({ ...BROKEN, httpStatus: statusCode, ...told });
		});
	}

	/** Whether what is sent now has a chance to leave. */
	get isOpen(): boolean {
		return this.#socket.readyState === OPEN;
	}

	get protocol(): string {
		return this.#socket.protocol ?? "";
	}

	get extensions(): string {
		return this.#socket.extensions ?? "";
	}

	get buffered(): number {
		return this.#socket.terminate ? this.#unsent : this.#socket.bufferedAmount;
	}

	set binaryType(type: BinaryType) {
		this.#socket.binaryType = type;
	}

	send(data: SocketData): void {
		const socket = this.#socket;
		if (!socket.terminate) return socket.send(data);
		const bytes = byteLength(data);
		this.#unsent += bytes;
		socket.send(data, () => {
			this.#unsent -= bytes;
		});
	}

	close(code: number | undefined, reason: string): void {
		// An empty argument is not the same as none.
		if (code === undefined) this.#socket.close();
		else this.#socket.close(code, reason);
	}

	/** No fact follows. `ws` reports a handshake that is broken off, and what nobody hears is thrown. */
	hangUp(code: number, reason: string): void {
		const socket = this.#socket;
		for (const type of EVENTS) socket.removeEventListener(type, this.#listener);
		socket.addEventListener("error", () => {});
		const waitMs = socket.readyState === CLOSING ? 0 : TERMINATE_MS;
		socket.close(code, reason);
		// Where the peer does not answer: ws would hold on for 30 s, a browser can't be hurried.
		if (!socket.terminate || socket.readyState > CLOSING) return;
		const terminate = (): void => socket.terminate?.();
		const timer = this.#runtime.clock.setTimeout(terminate, waitMs, "terminate");
		socket.addEventListener("close", () => dispose(timer));
	}

	#hear({ type, data, code, reason, wasClean }: Told): void {
		if (type === "message") this.#facts.received(data);
		else if (type === "open") {
			this.#isOpen = true;
			this.#facts.opened(this);
		} else if (type === "close")
			this.#end({
				code: code ?? 1006,
				reason: reason ?? "",
				wasClean: wasClean ?? false,
				hasFailed: this.#hasFailed,
			});
		else {
			this.#hasFailed = true;
			// A browser's `close` follows at once; that of ws, after a frame that it can't read, in 30 s.
			if (this.#socket.terminate && this.#isOpen) this.#end(BROKEN);
		}
	}

	#end(end: SocketEnd): void {
		this.hangUp(1_000, "");
		this.#facts.lost(this, end);
	}
}
