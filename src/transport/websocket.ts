import type { Endpoint } from "../endpoint/endpoint.js";
import { withFreshLabel } from "../endpoint/fresh-label.js";
import { SUBPROTOCOL } from "../protocol/frames.js";
import { SERVER_TEXT } from "../protocol/limits.js";
import { dispose } from "../reactive/disposable.js";
import type { Runtime, WebSocketLike } from "../runtime/runtime.js";
import { parseRetryAfter } from "./retry-after.js";
import type { OpenTransport, Transport, TransportEnd, TransportFacts } from "./transport.js";

/** What `ws` has beyond the standard. */
interface Socket extends WebSocketLike {
	readonly protocol?: string;
	terminate?(): void;
	on?(type: "unexpected-response", listener: (request: unknown, refusal: Refusal) => void): void;
}

/** The part of http.IncomingMessage that is read here. */
interface Refusal {
	readonly statusCode?: number;
	readonly headers: { readonly "retry-after"?: string };
}

type SocketEvent = Partial<MessageEvent & CloseEvent & ErrorEvent>;

const EVENTS = ["open", "message", "close", "error"] as const;

/** `ws` would wait 30 s for a dead peer's close frame, and hold the socket all the while. */
const TERMINATE_MS = 1_000;
const OPEN = 1;
const CLOSED = 3;
const MALFORMED = 4400;

/** Read by `ws` alone: no deflate (200 kB a connection), no redirects, a cap against a hostile server. */
const OPTIONS = {
	perMessageDeflate: false,
	maxPayload: SERVER_TEXT.maxLength,
	followRedirects: false,
};

export const openWebSocket: OpenTransport = (endpoint, facts, runtime, options) =>
	new WebSocketTransport(endpoint, facts, runtime, options);

class WebSocketTransport implements Transport {
	readonly #runtime: Runtime;
	readonly #facts: TransportFacts;
	readonly #socket: Socket | undefined;
	#hasOpened = false;
	#isOver = false;
	/** One for all events: an idle link holds no more closures than it must. */
	readonly #listener = (event: SocketEvent): void => this.#react(event);

	constructor(endpoint: Endpoint, facts: TransportFacts, runtime: Runtime, options?: object) {
		this.#runtime = runtime;
		this.#facts = facts;
		try {
			const given = options ? { ...OPTIONS, ...options } : OPTIONS;
			const url = withFreshLabel(endpoint.url, runtime.random);
			this.#socket = new runtime.WebSocket(url, SUBPROTOCOL, given);
		} catch (reason) {
			// A URL that the platform refuses. Later, like every other failure: nobody expects it now.
			queueMicrotask(() => this.#end({ code: 1006, reason: String((reason as Error).name) }));
			return;
		}
		this.#listen(this.#socket);
	}

	get bufferedBytes(): number {
		return this.#socket?.bufferedAmount ?? 0;
	}

	send(data: string): void {
		if (this.#socket?.readyState === OPEN) this.#socket.send(data);
	}

	close(code: number, reason: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		if (this.#socket) this.#hangUp(this.#socket, code, reason);
	}

	#listen(socket: Socket): void {
		socket.binaryType = "arraybuffer";
		for (const type of EVENTS) socket.addEventListener(type, this.#listener);
		socket.on?.("unexpected-response", (_request, { statusCode = 0, headers }) => {
			const retryAfterMs = parseRetryAfter(headers["retry-after"], this.#runtime.clock.now());
			const told = retryAfterMs === undefined ? {} : { retryAfterMs };
			this.#end({ code: 1006, reason: `HTTP ${statusCode}`, httpStatus: statusCode, ...told });
		});
	}

	#react({ type, data, code = 1006, reason = "", message = "", error }: SocketEvent): void {
		if (type === "message") this.#receive(data);
		else if (type === "open") this.#open();
		else if (type === "close") this.#end({ code, reason });
		else this.#fail(error?.code ?? message);
	}

	#open(): void {
		// No other protocol's server may see a token. `ws` refuses it by itself; browsers take none at all.
		if ((this.#socket?.protocol ?? SUBPROTOCOL) !== SUBPROTOCOL)
			this.#end({ code: MALFORMED, reason: "subprotocol" });
		if (this.#isOver) return;
		this.#hasOpened = true;
		this.#facts.opened();
	}

	#receive(data: unknown): void {
		if (typeof data !== "string") this.#end({ code: MALFORMED, reason: "binary" });
		else this.#facts.received(data);
	}

	/** A browser's `close` follows at once and says more; that of `ws` can take 30 s. */
	#fail(reason: string): void {
		if (!this.#socket?.terminate) return;
		const isOurs = this.#hasOpened || reason.includes("subprotocol");
		this.#end({ code: isOurs ? MALFORMED : 1006, reason });
	}

	#end(end: Omit<TransportEnd, "opened">): void {
		if (this.#isOver) return;
		this.close(end.code, end.reason);
		this.#facts.closed({ ...end, opened: this.#hasOpened });
	}

	#hangUp(socket: Socket, code: number, reason: string): void {
		for (const type of EVENTS) socket.removeEventListener(type, this.#listener);
		// `ws` reports a handshake that is broken off as an error, and one that nobody hears is thrown.
		socket.addEventListener("error", () => {});
		if (socket.readyState === CLOSED) return;
		// A client may send only these codes, and at most 123 bytes: 41 times the three that a UTF-16 unit takes.
		socket.close(code > 2_999 && code < 5_000 ? code : 1_000, reason.slice(0, 41));
		if (!socket.terminate) return;
		const terminate = (): void => socket.terminate?.();
		const timer = this.#runtime.clock.setTimeout(terminate, TERMINATE_MS, "terminate");
		socket.addEventListener("close", () => dispose(timer));
	}
}
