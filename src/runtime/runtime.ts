/* Every contact with the world, as a port: each part can be replaced, and a test replaces them all. */
import type { DnsAnswer } from "../endpoint/dns-answer.js";
import type { EpochMs } from "../policy/moment.js";
import type { Readable, Unsubscribe } from "../reactive/readable.js";

/**
 * What the client needs of the world. Give parts of it as `runtime` to replace them: in tests,
 * or for storage of your own.
 */
export interface Runtime {
	/** Time and timers. */
	readonly clock: Clock;
	/** Uniform in [0, 1). */
	readonly random: () => number;
	/** The class that transports are made of: `ws` in Node, else the platform's. */
	readonly WebSocket: WebSocketConstructor;
	readonly fetch: typeof fetch;
	/** Where a persisted outbox lies: IndexedDB in browsers, `fileStorage()` for Node. */
	readonly storage: KeyValueStorage;
	/** Who of several tabs or processes may use a persisted outbox. */
	readonly locks: Locks;
	/** Whether the device is online, the page visible or frozen, and when it wakes. */
	readonly lifecycle: Lifecycle;
	/** Hears what happens; it is never told a token or a payload. */
	readonly logger: Logger;
	/**
	 * Who resolves the endpoints' names, in Node; elsewhere the platform does. null: there too, which is
	 * for a WebSocket class with an agent (a proxy) of its own. @default nodeResolver()
	 */
	readonly resolver?: DnsResolver | null;
	/**
	 * What the tabs of a browser reach each other by, for `share: "browser"`. null: nothing, and each has a
	 * connection of its own. @default Web Locks and BroadcastChannel, where a browser has both
	 */
	readonly tabs?: Tabs | null;
	/**
	 * Opens a TCP connection to one address of an endpoint's name, in Node: to bind it to a local address,
	 * for one. @default net.connect
	 */
	readonly connect?: TcpConnect;
}

/** Asks for the addresses of a name. */
export interface DnsResolver {
	/**
	 * Both families, each address with its TTL. Rejects where there is none; an error's `retryAfterMs`, if
	 * it has one, is how long that holds.
	 */
	resolve(
		hostname: string,
		options: { readonly signal: AbortSignal },
	): Promise<readonly DnsAnswer[]>;
}

/** Begins to connect, and returns the socket at once, as `net.connect` does. */
export type TcpConnect = (to: {
	/** An IP address. */
	readonly host: string;
	readonly port: number;
}) => TcpSocket;

/** What is used of a `net.Socket` until it is handed over. */
export interface TcpSocket {
	/** Listens to "connect", "error" or "close". */
	on(event: string, listener: () => void): unknown;
	/** Listens no more. */
	off(event: string, listener: () => void): unknown;
	/** Ends it at once. */
	destroy(): unknown;
}

/** Time and timers. All durations are milliseconds. */
export interface Clock {
	/** Wall time: to show and to compare with a server's. */
	now(): EpochMs;
	/** Never goes back: every wait is measured by it. */
	monotonic(): number;
	/** `label` says what the timer is for, in logs and in a virtual clock's list. */
	setTimeout(run: () => void, ms: number, label: string): Disposable;
	/** Rejects with the signal's reason when aborted. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What the environment says of itself. Browsers err, so nothing is decided by it alone. */
export interface LifecycleState {
	/** The device believes that it has a network. */
	readonly online: boolean;
	/** Somebody may be looking. */
	readonly visible: boolean;
	/** The page is frozen, or in the back/forward cache: nothing of it runs. */
	readonly frozen: boolean;
}

export interface Lifecycle extends Readable<LifecycleState> {
	/** The environment says: look now. Reasons: "online", "offline", "visible", "pageshow", "resume", "clock-jump". */
	onWake(listener: (reason: string) => void): Unsubscribe;
}

/** A `set` that resolved is on stable storage, as far as the platform has any. */
export interface KeyValueStorage {
	/** The value, or undefined where there is none. */
	get(key: string): Promise<unknown>;
	/** Stores a value that can be cloned as JSON can; rejects where it is not kept. */
	set(key: string, value: unknown): Promise<void>;
	/** Resolves when it is gone, also where it was not there. */
	delete(key: string): Promise<void>;
	/** All keys, in no order. */
	keys(): Promise<readonly string[]>;
}

/** Exclusive locks by name across the tabs of an origin or the processes of a machine. */
export interface Locks {
	/** The lock, or null if another holds it now. Disposing releases it; so does the holder's death. */
	tryAcquire(name: string): Promise<Disposable | null>;
	/** Waits until the lock is free. Rejects when aborted. */
	acquire(name: string, signal: AbortSignal): Promise<Disposable>;
}

/** What the tabs of an origin reach each other by. */
export interface Tabs {
	/** Joins all who open the same name. `hear` gets what others post, in the order of each. */
	open(name: string, hear: (message: unknown) => void): TabChannel;
	/**
	 * Waits for the exclusive lock of that name; "steal" takes it from whoever holds it. Rejects when
	 * aborted, or where there are no locks. `lost` is called when another has stolen it.
	 */
	lock(
		name: string,
		options: { readonly how: "queue" | "steal"; readonly signal: AbortSignal; lost(): void },
	): Promise<Disposable>;
	/** A digest of a text, so that different texts have different names. */
	digest(text: string): Promise<string>;
}

/** One tab's place on a channel. Disposing leaves it. */
export interface TabChannel extends Disposable {
	/** Tells all others. What is posted can be cloned as JSON can. */
	post(message: unknown): void;
}

/** Where events go: a name, and fields without tokens and payloads. */
export interface Logger {
	/** Each step: transitions, dials. */
	debug(event: string, fields?: object): void;
	/** What an operator may want to know. */
	info(event: string, fields?: object): void;
	/** Trouble that the client deals with. */
	warn(event: string, fields?: object): void;
	/** Trouble that somebody must deal with. */
	error(event: string, fields?: object): void;
}

/** A WebSocket class, as browsers and `ws` have it; `options` is for `ws`. */
export interface WebSocketConstructor {
	new (url: string, protocols?: string | string[], options?: object): WebSocketLike;
}

/** What is used of a WebSocket (WHATWG WebSockets). */
export interface WebSocketLike {
	/** 0 connecting, 1 open, 2 closing, 3 closed. */
	readonly readyState: number;
	/** Bytes that have not left yet. */
	readonly bufferedAmount: number;
	/** How binary messages come: it is set to "arraybuffer". */
	binaryType: string;
	/** Sends a message; the client sends text only. */
	send(data: string | ArrayBufferLike | ArrayBufferView): void;
	/** Begins the closing handshake. */
	close(code?: number, reason?: string): void;
	/** Listens to "open", "message", "error" or "close". */
	addEventListener(type: string, listener: (event: never) => void): void;
	/** Listens no more. */
	removeEventListener(type: string, listener: (event: never) => void): void;
}
