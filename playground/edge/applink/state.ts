/* What Applink remembers, and how steps over it are put together. */
import type {
	AppConfig,
	ApplinkEffect,
	ApplinkPolicy,
	Occurrence,
	OpenReply,
	RetryReason,
} from "./contract.js";

export interface Terms {
	readonly policy: ApplinkPolicy;
	/** Monotonic milliseconds. */
	readonly now: number;
	/** Uniform in [0, 1). */
	readonly random: () => number;
}

export interface AppState {
	readonly token: string;
	/** Whether Socket Mode is on. */
	readonly is: "on" | "off";
	/** When it asked for URLs, in the last minute. */
	readonly openedAt: readonly number[];
}

export interface Ticket {
	readonly app: string;
	readonly expiresAt: number;
}

export interface SocketState {
	readonly app: string;
	readonly host: string;
	/** "ended": we closed it, and what the app had said before it heard so still comes. */
	readonly is: "open" | "warned" | "ended";
	readonly endsAt: number;
}

export interface Pending {
	readonly app: string;
	readonly what: Occurrence;
	/** So far. */
	readonly attempts: number;
	/** One a try: an acknowledgement of any of them counts. */
	readonly envelopes: readonly string[];
	readonly reason: RetryReason;
	readonly next: Waiting | Sent;
}

export interface Waiting {
	readonly is: "waiting";
	/** Not before. */
	readonly dueAt: number;
	/** Until then the app may have no socket. */
	readonly giveUpAt: number;
}

export interface Sent {
	readonly is: "sent";
	/** Null: it is gone, and another may still bring the acknowledgement. */
	readonly socket: number | null;
	readonly dueAt: number;
}

export interface ApplinkState {
	readonly apps: ReadonlyMap<string, AppState>;
	readonly tickets: ReadonlyMap<string, Ticket>;
	readonly sockets: ReadonlyMap<number, SocketState>;
	readonly pending: ReadonlyMap<number, Pending>;
}

export type Step = readonly [ApplinkState, readonly ApplinkEffect[]];

export function initialState(apps: readonly AppConfig[]): ApplinkState {
	return {
		apps: new Map(apps.map(({ id, token }) => [id, { token, is: "on", openedAt: [] }])),
		tickets: new Map(),
		sockets: new Map(),
		pending: new Map(),
	};
}

export const stay = (state: ApplinkState): Step => [state, []];

export function andThen(step: Step, next: (state: ApplinkState) => Step): Step {
	const [state, effects] = next(step[0]);
	return [state, [...step[1], ...effects]];
}

/** One step for each of them, in order. */
export function forEach<T>(
	state: ApplinkState,
	all: Iterable<T>,
	each: (state: ApplinkState, item: T) => Step,
): Step {
	let step = stay(state);
	for (const item of all) step = andThen(step, (so) => each(so, item));
	return step;
}

export function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
	return new Map(map).set(key, value);
}

export function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
	const rest = new Map(map);
	rest.delete(key);
	return rest;
}

/** Those that may be sent to. */
export function socketsOf(
	{ sockets }: ApplinkState,
	app: string,
): readonly (readonly [number, SocketState])[] {
	return [...sockets].filter(([, socket]) => socket.app === app && socket.is !== "ended");
}

export const refused = (
	error: Extract<OpenReply, { is: "refused" }>["error"],
	retryAfterMs = 0,
): ApplinkEffect => ({ type: "reply", reply: { is: "refused", error, retryAfterMs } });
