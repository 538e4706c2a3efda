import { dispose } from "../reactive/disposable.js";
import type { Clock, WebSocketLike } from "../runtime/runtime.js";
import type { ClientEnd, Refusal } from "./connection.js";

/** What a socket needs of the way to its host. */
export interface Line {
	readonly clientBuffered: number;
	sendUp(data: string | Uint8Array): void;
	closeUp(code: number, reason: string): void;
	abandon(): void;
}

/** "node" has what `ws` has beyond the standard: `terminate()`, and a refusal's status. */
export type Platform = "browser" | "node";

type Listener = (event: never) => void;
type OnRefusal = (request: object, response: RefusedResponse) => void;
interface RefusedResponse {
	readonly statusCode: number;
	readonly headers: { readonly "retry-after"?: string };
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** As long as `ws` waits for the other side of a closing handshake; Chromium was seen to wait for 60 s and more. */
const CLOSING_MS = 30_000;

/** The client's end of a connection, with the states, events and errors of the WHATWG standard. */
export class SimulatedSocket implements WebSocketLike, ClientEnd {
	static readonly CONNECTING = CONNECTING;
	static readonly OPEN = OPEN;
	static readonly CLOSING = CLOSING;
	static readonly CLOSED = CLOSED;
	readonly url: string;
	protocol = "";
	binaryType = "blob";
	readonly #clock: Clock;
	readonly #platform: Platform;
	readonly #listeners = new Map<string, Set<Listener>>();
	#state = CONNECTING;
	#line: Line | null = null;
	/** What was sent after the end of the connection counts for ever, as the standard has it. */
	#discarded = 0;
	#closing: Disposable | null = null;
	#onRefusal: OnRefusal | null = null;
	/** Only there where `ws` has them. */
	declare readonly terminate?: () => void;
	declare readonly on?: (type: string, listener: OnRefusal) => void;

	constructor(url: string, clock: Clock, platform: Platform) {
		this.url = url;
		this.#clock = clock;
		this.#platform = platform;
		if (platform !== "node") return;
		this.terminate = () => this.#terminate();
		this.on = (type, listener) => {
			if (type === "unexpected-response") this.#onRefusal = listener;
		};
	}

	get readyState(): number {
		return this.#state;
	}

	get bufferedAmount(): number {
		return (this.#line?.clientBuffered ?? 0) + this.#discarded;
	}

	/** Where it goes; null where nothing goes anywhere. */
	connect(line: Line | null): void {
		this.#line = line;
	}

	send(data: string | ArrayBufferLike | ArrayBufferView): void {
		if (this.#state === CONNECTING) throw new DOMException("Still connecting", "InvalidStateError");
		const bytes = typeof data === "string" ? data : copyOf(data);
		if (this.#state === OPEN) this.#line?.sendUp(bytes);
		else this.#discarded += bytes.length;
	}

	close(code?: number, reason = ""): void {
		checkClose(code, reason, this.#platform);
		if (this.#state === CONNECTING) return this.#giveUpDial();
		if (this.#state !== OPEN) return;
		this.#state = CLOSING;
		this.#line?.closeUp(code ?? 1005, reason);
		this.#closing = this.#clock.setTimeout(() => this.#giveUpClosing(), CLOSING_MS, "network");
	}

	addEventListener(type: string, listener: Listener): void {
		const listeners = this.#listeners.get(type) ?? new Set();
		listeners.add(listener);
		this.#listeners.set(type, listeners);
	}

	removeEventListener(type: string, listener: Listener): void {
		this.#listeners.get(type)?.delete(listener);
	}

	// ── what the connection tells: ClientEnd ─────────────────────────────────────────────────────
	opened(protocol: string): void {
		if (this.#state !== CONNECTING) return;
		this.#state = OPEN;
		this.protocol = protocol;
		this.#tell("open", {});
	}

	received(data: string): void {
		if (this.#state === OPEN) this.#tell("message", { data });
	}

	closing(code: number, reason: string): void {
		if (this.#state === CLOSED) return;
		if (this.#state === OPEN) this.#line?.closeUp(code, reason);
		this.#end(code, reason, "clean");
	}

	failed(refusal: Refusal | null): void {
		if (this.#state === CLOSED) return;
		if (refusal !== null && this.#onRefusal !== null) {
			const seconds =
				refusal.retryAfterMs === null ? null : Math.ceil(refusal.retryAfterMs / 1_000);
			const headers = seconds === null ? {} : { "retry-after": String(seconds) };
			this.#onRefusal({}, { statusCode: refusal.status, headers });
			return;
		}
		// `ws` reports an open connection that broke by `close` alone.
		if (this.#state === CONNECTING || this.#platform === "browser") this.#tellError();
		this.#end(1006, "", "abnormal");
	}

	#giveUpDial(): void {
		this.#state = CLOSING;
		this.#line?.abandon();
		this.#later(() => {
			this.#tellError();
			this.#end(1006, "", "abnormal");
		});
	}

	#giveUpClosing(): void {
		this.#line?.abandon();
		this.#end(1006, "", "abnormal");
	}

	#terminate(): void {
		if (this.#state === CONNECTING) return this.#giveUpDial();
		if (this.#state === CLOSED) return;
		this.#state = CLOSING;
		this.#line?.abandon();
		this.#later(() => this.#end(1006, "", "abnormal"));
	}

	/** Events come in a task of their own, never inside the call that caused them. */
	#later(run: () => void): void {
		this.#clock.setTimeout(run, 0, "network");
	}

	#tellError(): void {
		const error = Object.assign(new Error("Connection failed"), { code: "ECONNRESET" });
		this.#tell("error", this.#platform === "node" ? { message: error.message, error } : {});
	}

	#end(code: number, reason: string, end: "clean" | "abnormal"): void {
		if (this.#state === CLOSED) return;
		this.#state = CLOSED;
		dispose(this.#closing);
		this.#tell("close", { code, reason, wasClean: end === "clean" });
	}

	#tell(type: string, details: object): void {
		const event = { type, target: this, ...details };
		for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never);
	}
}

function copyOf(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
	const view = ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
	return view.slice();
}

/** The standard lets a page send 1000 and 3000 to 4999; `ws` takes the protocol's own codes too. */
function checkClose(code: number | undefined, reason: string, platform: Platform): void {
	const isOwn = code !== undefined && code >= 3_000 && code <= 4_999;
	const isKnown = platform === "node" && code !== undefined && code > 1_000 && code < 1_015;
	if (code !== undefined && code !== 1_000 && !isOwn && !isKnown) {
		throw new DOMException(`No such close code: ${code}`, "InvalidAccessError");
	}
	if (new TextEncoder().encode(reason).length > 123) {
		throw new DOMException("The close reason is longer than 123 bytes", "SyntaxError");
	}
}
