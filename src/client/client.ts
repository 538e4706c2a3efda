/* The public client, as types. What each part does is said in docs/ and made in create-client.ts. */
import type { OutboxEntry } from "../channels/contract.js";
import type { Gap, Message, PublishReceipt, SubscriptionState } from "../channels/message.js";
import type { ConnectionState } from "../connection/projection.js";
import type { DnsSnapshot } from "../endpoint/dns-answer.js";
import type { Candidate } from "../endpoint/endpoint.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { EpochMs } from "../policy/moment.js";
import type { Position } from "../protocol/position.js";
import type { Readable, Unsubscribe } from "../reactive/readable.js";

/** Channel name → type of its messages. Interfaces and type aliases both fit. */
export type ChannelMap = object;
/** A name of a channel in the map `C`. */
export type ChannelName<C> = keyof C & string;

/**
 * One connection, its channels, its outbox. Made by `createClient`; `close()` it, or `await
 * using`.
 */
export interface Client<C extends ChannelMap = Record<string, unknown>> extends AsyncDisposable {
	/** What the transport knows. */
	readonly connection: Readable<ConnectionState>;
	/** What the product promises meanwhile. */
	readonly mode: Readable<ServiceMode>;
	/** What to show, if anything: computed from both. */
	readonly banner: Readable<Banner | null>;
	/** Whose connection it is, with `share: "browser"`. */
	readonly sharing: Readable<SharingState>;
	/** What it did so far, for a status page or telemetry. */
	readonly stats: Readable<ClientStats>;
	/** Every endpoint with its health. `dns` and `address` are null where DNS is not ours to see. */
	readonly endpoints: Readable<readonly EndpointStatus[]>;
	/** Publishes that no server has stored yet, oldest first. */
	readonly outbox: Outbox;
	/** Degraded mode, as far as the app has a say in it. */
	readonly degraded: DegradedControls;
	/**
	 * Resolves once connected (or in degraded mode, where messages flow too); rejects on a failure the
	 * app must fix (`unauthorized`, `forbidden`), with `closed`, or with the signal's reason.
	 */
	connect(options?: { readonly signal?: AbortSignal }): Promise<void>;
	/** Hangs up and dials afresh, never ahead of a server's pushback. */
	reconnect(reason?: string): void;
	/**
	 * The environment says: look now (Electron's powerMonitor, React Native's AppState). Probes or
	 * redials soon; never beats a server's pushback.
	 */
	wake(reason: string): void;
	/** Ends the link, timers and polls. A persisted outbox keeps what it holds; other publishes reject with `closed`. */
	close(): Promise<void>;
	/**
	 * Listens to a channel. The first subscription of a channel decides where it starts; all share its
	 * position. Throws `invalid-option` for `from` on a channel that is already live (use `history`).
	 */
	subscribe<K extends ChannelName<C>>(
		channel: K,
		listener: (message: Message<C[K]>) => void,
		options?: SubscribeOptions,
	): Subscription;
	/**
	 * Resolves when the server has stored the message, over whichever transport lives. Rejects with
	 * `outbox-full`, `forbidden`, `message-too-large`, `connection-lost` (`whenOffline: "reject"`),
	 * `closed`, or the signal's reason.
	 */
	publish<K extends ChannelName<C>>(
		channel: K,
		data: C[K],
		options?: PublishOptions,
	): Promise<PublishReceipt>;
	/** Older messages of a channel, newest last: over HTTP, so it works in degraded mode too. */
	history<K extends ChannelName<C>>(
		channel: K,
		options?: {
			readonly before?: Position;
			readonly limit?: number;
			readonly signal?: AbortSignal;
		},
	): Promise<readonly Message<C[K]>[]>;
	/** Calls `listener` at each event of that name, until the returned function is called. */
	on<E extends keyof ClientEvents>(
		event: E,
		listener: (detail: ClientEvents[E]) => void,
	): Unsubscribe;
}

/** Whose connection a client uses. */
export type SharingState =
	/**
	 * Its own. `reason` null: `share` is "tab". Otherwise it was to share and cannot: the platform has no Web
	 * Locks ("unavailable"), gave none in time ("lock-not-granted"), too many tabs share already ("full"), or
	 * the others are another user's ("identity").
	 */
	| {
			readonly role: "alone";
			readonly reason: null | "unavailable" | "lock-not-granted" | "full" | "identity";
	  }
	/** Looking for the others: for some milliseconds at the start, and when the leading tab is gone. */
	| { readonly role: "joining" }
	/** It holds the connection of all. */
	| { readonly role: "leader" }
	/** Another tab holds it. */
	| { readonly role: "follower" };

/** What the product promises. "normal": as if nothing had happened. */
export type ServiceMode =
	| { readonly mode: "normal" }
	| {
			readonly mode: "degraded" | "offline";
			readonly since: EpochMs;
			/** "connection", and the names of the app's own holds. */
			readonly reasons: readonly string[];
	  };

/** What to show a person. Policy, never strings to show. */
export interface Banner {
	/** What is the matter; `restored` when it is over, for three seconds. */
	readonly kind: "reconnecting" | "degraded" | "offline" | "restored";
	/** How bad it is. */
	readonly level: "info" | "warning" | "critical";
	/** When this kind appeared: wall time. */
	readonly since: EpochMs;
	/** When the next dial is due. */
	readonly retryAt: EpochMs | null;
	/** Messages known to be waiting, in manual polling. */
	readonly pending: number | null;
	/** What the person can do now; what makes no sense at present is left out. */
	readonly actions: {
		readonly retry?: () => void;
		readonly loadMore?: () => Promise<number>;
		readonly dismiss?: () => void;
	};
}

/** Degraded mode, as far as the app has a say in it. */
export interface DegradedControls {
	/** Keeps the client in degraded mode until disposed, whatever the socket does. */
	hold(reason: string): Disposable;
	/** Slack's "Load more messages": polls now, and resolves with how many came. Rejects without `api`. */
	loadMore(): Promise<number>;
}

export interface Outbox extends Readable<readonly OutboxEntry[]> {
	/** Drops what has not been stored yet: its publishes reject with `closed`. */
	clear(): Promise<void>;
}

export type { OutboxEntry } from "../channels/contract.js";

/**
 * An endpoint with its health and, in Node, what is known of its name; `address` is where the live link
 * goes. Both are null where DNS is not ours to see.
 */
export type EndpointStatus = Candidate & {
	readonly dns: DnsSnapshot | null;
	readonly address: string | null;
};

/** Figures since the client was made. They only grow, but for `outbox` and `latencyMs`. */
export interface ClientStats {
	/** Transports opened, or tried. */
	readonly dials: number;
	/** Dials that got their welcome. */
	readonly connects: number;
	/** Connects on another endpoint than before. */
	readonly failovers: number;
	/** Links replaced while they lived. */
	readonly migrations: number;
	/** Polls of degraded mode. */
	readonly polls: number;
	/** Length of the WebSocket text received, in UTF-16 units: bytes, where it is ASCII. */
	readonly bytesIn: number;
	/** The same of what was sent. */
	readonly bytesOut: number;
	/** Publishes that no server has stored yet. */
	readonly outbox: number;
	/** Round trip of the last ping that was answered, in ms; null: none yet. */
	readonly latencyMs: number | null;
}

/** What `client.on` tells of, with the detail of each. */
export interface ClientEvents {
	/** Each change of `connection`, and why: the machine's reason, and the dial that it is about. */
	transition: {
		readonly from: ConnectionState;
		readonly to: ConnectionState;
		readonly reason: string;
		readonly endpoint: string | null;
		readonly dialId: number;
	};
	/** Loss that can be proved: the app should reload this channel. */
	gap: Gap;
	/** The server asked us to leave by `deadlineAt` (wall time); the client moves by itself. */
	goodbye: { readonly reason: string; readonly deadlineAt: EpochMs };
	/** Trouble that has no promise of its own: a listener that threw, a token that did not come. */
	error: RealtimeError;
}

/** One listener's interest in a channel. Disposing unsubscribes. */
export interface Subscription extends Disposable {
	/** Whether the server has answered; `denied` says why not. */
	readonly state: Readable<SubscriptionState>;
	/** Ends it: the listener is not called again. Twice is once. */
	unsubscribe(): void;
}

/**
 * What `client.subscribe` takes beside the listener. `from` belongs to a channel's first
 * subscription.
 */
export interface SubscribeOptions {
	/**
	 * Where to start: an app that reloads passes the position of the last message that it finished with.
	 * @default "now"
	 */
	readonly from?: "now" | "earliest" | Position | { readonly last: number };
	/** false: after an outage go on from now, without replay or gap (tickers, cursors). @default true */
	readonly recover?: boolean;
	/** Loss that can be proved, told in order with the messages around it: reload here. @default none */
	readonly onGap?: (gap: Gap) => void;
	/** Unsubscribes when aborted. @default none */
	readonly signal?: AbortSignal;
}

/** What `client.publish` takes beside the data. */
export interface PublishOptions {
	/** "reject": do not queue while nothing connects. @default "queue" */
	readonly whenOffline?: "queue" | "reject";
	/** How long it may wait to be sent; then its receipt says `expired`. @default OutboxPolicy.ttlMs */
	readonly ttlMs?: number;
	/** Typing indicators and the like: never stored, never queued. @default false */
	readonly ephemeral?: boolean;
	/** Idempotency key: the same id from the same identity is stored once. @default a random one */
	readonly id?: string;
	/** Withdraws it while it has not been sent. @default none */
	readonly signal?: AbortSignal;
}
