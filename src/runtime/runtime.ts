/* Every contact with the world, as a port: each part can be replaced, and a test replaces them all. */
import type { EpochMs } from "../policy/moment.js";
import type { Readable, Unsubscribe } from "../reactive/readable.js";

export interface Runtime {
	readonly clock: Clock;
	/** Uniform in [0, 1). */
	readonly random: () => number;
	readonly WebSocket: WebSocketConstructor;
	readonly fetch: typeof fetch;
	readonly storage: KeyValueStorage;
	/** Who of several tabs or processes may use a persisted outbox. */
	readonly locks: Locks;
	readonly lifecycle: Lifecycle;
	readonly logger: Logger;
}

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

export interface LifecycleState {
	readonly online: boolean;
	readonly visible: boolean;
	readonly frozen: boolean;
}

export interface Lifecycle extends Readable<LifecycleState> {
	/** The environment says: look now. Reasons: "online", "offline", "visible", "pageshow", "resume", "clock-jump". */
	onWake(listener: (reason: string) => void): Unsubscribe;
}

/** A `set` that resolved is on stable storage, as far as the platform has any. */
export interface KeyValueStorage {
	get(key: string): Promise<unknown>;
	set(key: string, value: unknown): Promise<void>;
	delete(key: string): Promise<void>;
	keys(): Promise<readonly string[]>;
}

/** Exclusive locks by name across the tabs of an origin or the processes of a machine. */
export interface Locks {
	/** The lock, or null if another holds it now. Disposing releases it; so does the holder's death. */
	tryAcquire(name: string): Promise<Disposable | null>;
	/** Waits until the lock is free. Rejects when aborted. */
	acquire(name: string, signal: AbortSignal): Promise<Disposable>;
}

export interface Logger {
	debug(event: string, fields?: object): void;
	info(event: string, fields?: object): void;
	warn(event: string, fields?: object): void;
	error(event: string, fields?: object): void;
}

export interface WebSocketConstructor {
	new (url: string, protocols?: string | string[], options?: object): WebSocketLike;
}

export interface WebSocketLike {
	readonly readyState: number;
	readonly bufferedAmount: number;
	binaryType: string;
	send(data: string | ArrayBufferLike | ArrayBufferView): void;
	close(code?: number, reason?: string): void;
	addEventListener(type: string, listener: (event: never) => void): void;
	removeEventListener(type: string, listener: (event: never) => void): void;
}
