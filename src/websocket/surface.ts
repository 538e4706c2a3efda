/*
 * What code sees of a WebSocket, to the letter of the standard: attributes, constants, handlers, the checks
 * of the arguments. Behind it is a driver, which both drop-ins share.
 */
import type { Driver } from "./driver.js";
import type { DriverListener } from "./setup.js";
import type { SocketEnd } from "./contract.js";
import { byteLength, checkClose, refuse, type SocketData } from "./standard.js";

type Callback = (this: Surface, event: never) => unknown;
interface Slot {
	value: Callback;
	readonly listener: (event: Event) => void;
}

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
const EVENTS = ["open", "message", "error", "close"];
const ATTRIBUTES = "url readyState bufferedAmount protocol extensions binaryType send close".split(
	" ",
);

/** Node has none before version 23. */
class OwnCloseEvent extends Event {
	readonly code: number;
	readonly reason: string;
	readonly wasClean: boolean;

	constructor(type: string, { code = 0, reason = "", wasClean = false }: CloseEventInit = {}) {
		super(type);
		this.code = code;
		this.reason = reason;
		this.wasClean = wasClean;
	}
}

/** What is sent as it is; all else is text. */
const isBytes = (data: unknown): data is ArrayBuffer | ArrayBufferView | Blob =>
	data instanceof ArrayBuffer || ArrayBuffer.isView(data) || data instanceof Blob;

/** What one that reconnects keeps of sends while it has no link. Throws where it can't. */
export interface Keeping {
	readonly bytes: number;
	keep(data: SocketData): void;
}

export class Surface extends EventTarget {
	readonly #driver: Driver;
	readonly #kept: Keeping | null;
	readonly #slots = new Map<string, Slot>();
	#binaryType: BinaryType = "blob";
	/** Of sends that nothing can come of any more: it never shrinks. */
	#discarded = 0;

	constructor(drive: (listener: DriverListener) => Driver, kept: Keeping | null) {
		super();
		this.#kept = kept;
		this.#driver = drive({
			opened: () => this.dispatchEvent(new Event("open")),
			received: (data, origin) => this.dispatchEvent(new MessageEvent("message", { data, origin })),
			ended: (end, cause) => this.#tellEnd(end, cause),
		});
	}

	static {
		const attributes = EVENTS.map((type): [string, PropertyDescriptor] => [
			`on${type}`,
			{
				get(this: Surface) {
					return this.#slots.get(type)?.value ?? null;
				},
				set(this: Surface, value: unknown) {
					this.#setCallback(type, value);
				},
				configurable: true,
			},
		]);
		shape(Surface, attributes);
	}

	get url(): string {
		return this.#driver.url;
	}

	get readyState(): number {
		return this.#driver.readyState;
	}

	get bufferedAmount(): number {
		return this.#driver.buffered + (this.#kept?.bytes ?? 0) + this.#discarded;
	}

	get protocol(): string {
		return this.#driver.protocol;
	}

	get extensions(): string {
		return this.#driver.extensions;
	}

	get binaryType(): BinaryType {
		return this.#binaryType;
	}

	set binaryType(type: BinaryType) {
		// Web IDL: what is no value of an enumeration is ignored.
		if (type !== "blob" && type !== "arraybuffer") return;
		this.#binaryType = type;
		this.#driver.setBinaryType(type);
	}

	send(...given: [data: SocketData]): void {
		if (given.length < 1) throw new TypeError("send() takes data.");
		const data = isBytes(given[0]) ? given[0] : `${given[0]}`;
		const { readyState } = this.#driver;
		if (readyState >= STATES.CLOSING) this.#discarded += byteLength(data);
		else if (readyState === STATES.OPEN) this.#driver.send(data);
		else if (this.#kept) this.#kept.keep(data);
		else throw refuse("InvalidStateError", "Still in CONNECTING state.");
	}

	close(...[code, reason]: [code?: number, reason?: string]): void {
		const checked = checkClose(code, reason);
		this.#driver.close(checked.code, checked.reason);
	}

	#tellEnd({ hasFailed, ...end }: SocketEnd, cause: Error | null): void {
		// What went wrong goes with it, as with the events of ws and of Node: more than a bare event says.
		const told = { error: cause, message: cause?.message ?? "" };
		if (hasFailed) this.dispatchEvent(Object.assign(new Event("error"), told));
		this.dispatchEvent(new (globalThis.CloseEvent ?? OwnCloseEvent)("close", end));
	}

	#setCallback(type: string, value: unknown): void {
		const slot = this.#slots.get(type);
		if (Object(value) !== value) {
			if (slot) this.removeEventListener(type, slot.listener);
			this.#slots.delete(type);
		} else if (slot) slot.value = value as Callback;
		else {
			const fresh: Slot = {
				value: value as Callback,
				listener: (event) => {
					// An object that can't be called is kept, and does nothing.
					if (typeof fresh.value === "function") fresh.value.call(this, event as never);
				},
			};
			this.#slots.set(type, fresh);
			this.addEventListener(type, fresh.listener);
		}
	}
}

/** Web IDL: attributes and operations can be enumerated, constants lie on class and prototype. */
function shape(owner: typeof Surface, attributes: readonly [string, PropertyDescriptor][]): void {
	const { prototype } = owner;
	Object.defineProperties(prototype, Object.fromEntries(attributes));
	for (const name of [...ATTRIBUTES, ...EVENTS.map((type) => `on${type}`)])
		Object.defineProperty(prototype, name, { enumerable: true });
	for (const [name, value] of Object.entries(STATES))
		for (const place of [owner, prototype])
			Object.defineProperty(place, name, { value, enumerable: true });
	Object.defineProperty(prototype.send, "length", { value: 1 });
	Object.defineProperty(prototype, Symbol.toStringTag, { value: "WebSocket", configurable: true });
}

/** As the interface of the standard calls itself, and with as many arguments as it requires. */
export function present(owner: object, value: string): unknown {
	return Object.defineProperties(owner, { name: { value }, length: { value: 1 } });
}
