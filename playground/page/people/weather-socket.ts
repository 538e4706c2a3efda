/* A WebSocket that can be cut off from the world: silent from then on, and closed for the server. */
import type { WebSocketLike } from "holdfast";

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

export class WeatherSocket implements WebSocketLike {
	readonly #events = new EventTarget();
	readonly #native: WebSocket | null;
	/** Null while the native one speaks for itself. */
	#state: number | null = null;

	/** Null: there is no network, and it fails as a browser's does. */
	constructor(native: WebSocket | null) {
		this.#native = native;
		if (native === null) {
			this.#state = CONNECTING;
			setTimeout(() => this.#end(1006, ""), 50);
			return;
		}
		for (const type of ["open", "message", "error", "close"])
			native.addEventListener(type, (event) => {
				if (this.#state === null) this.#events.dispatchEvent(copyOf(event));
			});
	}

	get readyState(): number {
		return this.#state ?? this.#native?.readyState ?? CLOSED;
	}

	get bufferedAmount(): number {
		return this.#native?.bufferedAmount ?? 0;
	}

	get binaryType(): string {
		return this.#native?.binaryType ?? "blob";
	}

	set binaryType(type: string) {
		if (this.#native !== null) this.#native.binaryType = type as BinaryType;
	}

	addEventListener(type: string, listener: (event: never) => void): void {
		this.#events.addEventListener(type, listener as EventListener);
	}

	removeEventListener(type: string, listener: (event: never) => void): void {
		this.#events.removeEventListener(type, listener as EventListener);
	}

	send(data: string | ArrayBufferLike | ArrayBufferView): void {
		if (this.#state === null) this.#native?.send(data as string);
	}

	close(code?: number, reason?: string): void {
		if (this.#state === null) this.#native?.close(code, reason);
		else setTimeout(() => this.#end(1006, ""), 0);
	}

	/** The client is not told: it has to notice. */
	cut(): void {
		if (this.#state !== null) return;
		this.#state = this.#native?.readyState === CONNECTING ? CONNECTING : OPEN;
		this.#native?.close();
		// Without a network a handshake fails soon.
		if (this.#state === CONNECTING) setTimeout(() => this.#end(1006, ""), 50);
	}

	#end(code: number, reason: string): void {
		if (this.#state === CLOSED) return;
		this.#state = CLOSED;
		this.#events.dispatchEvent(new Event("error"));
		this.#events.dispatchEvent(new CloseEvent("close", { code, reason, wasClean: false }));
	}
}

/** An event is dispatched once only. */
function copyOf(event: Event): Event {
	if (event instanceof MessageEvent) return new MessageEvent("message", { data: event.data });
	if (event instanceof CloseEvent) {
		const { code, reason, wasClean } = event;
		return new CloseEvent("close", { code, reason, wasClean });
	}
	return new Event(event.type);
}
