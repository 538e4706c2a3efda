/* The server half's public shapes: who may come in, where messages live, what a server offers. */
import type { EpochMs } from "../policy/moment.js";
import type { Position } from "../protocol/position.js";
import type { Readable } from "../reactive/readable.js";
import type { Clock, Logger } from "../runtime/runtime.js";

/**
 * What `createServer` takes. Only `authorize` is required. `X` is what the adapter knows of a
 * connection.
 */
export interface ServerOptions<X> {
	/** Who this token belongs to; null: nobody (4401). Asked again for every fresh token. */
	authorize(request: {
		token: string | null;
		context: X;
	}): Promise<Identity | null> | Identity | null;
	/** Asked at each subscribe and each poll. @default everybody may */
	canSubscribe?(identity: Identity, channel: string): boolean | Promise<boolean>;
	/** Asked at each publish. @default everybody may */
	canPublish?(identity: Identity, channel: string, data: unknown): boolean | Promise<boolean>;
	/** Where messages live. @default memoryLog() */
	log?: MessageLog;
	/** Silence after which either side asks. @default 6000 */
	heartbeatMs?: number;
	/** How long it waits for the answer. @default 3000 */
	heartbeatTimeoutMs?: number;
	/** Of a frame from a client; larger ones close with 4413. @default 65536 */
	maxFrameBytes?: number;
	/** What may wait for a slow consumer before it is closed with 4410, able to resume. @default 1048576 */
	sendBufferBytes?: number;
	/** Ids of publishes are remembered at least as long. @default 10000 messages, 10 min a channel */
	retain?: Retention;
	/**
	 * New connections a second that the fleet can take, divided by its servers: from it come the reconnect
	 * windows (1.2 × this server's connections ÷ rate). Of one server alone it is that server's own rate.
	 * @default unknown, and no window is announced
	 */
	acceptRate?: number;
	/** Clients are asked to move, make-before-break, before their link gets this old. @default no limit */
	maxConnectionAgeMs?: number;
	/** Browsers only: matched exactly, at the upgrade and for the HTTP half's CORS. @default "same-origin" */
	allowedOrigins?: readonly string[] | "same-origin" | "any";
	/**
	 * Frames a second from one link, over a burst of ten times as many; past it the link closes with 4429.
	 * Requests of one token over HTTP count likewise, and are answered with 429. @default 1000
	 */
	maxFramesPerSecond?: number;
	/** Channels that one link may be subscribed to; a subscribe past it is rejected with `invalid`. @default 1000 */
	maxChannels?: number;
	/** Links that one identity may have open; another one closes with 4429. @default no limit: all guests may be one identity */
	maxLinksPerIdentity?: number;
	/** Links of this server, not yet greeted ones too; another one closes with 1013, and polls hear `realtime: "down"`. @default no limit */
	maxConnections?: number;
	/** Hears what happens; never a token or a payload. @default nothing is logged */
	logger?: Logger;
	/** Time and chance, for tests. @default the system's */
	runtime?: { readonly clock?: Clock; readonly random?: () => number };
}

/** How much a log keeps of each channel: whichever is less. */
export interface Retention {
	/** The newest so many. */
	readonly messages: number;
	/** Those of the last so many milliseconds. */
	readonly ms: number;
}

/** `expiresAt`: the client is told in `welcome` and refreshes before; past it the link closes with 4401. */
export interface Identity {
	/** Whose messages, rights and links these are; others see it as `from`. */
	readonly id: string;
	/** Wall time. @default never */
	readonly expiresAt?: EpochMs;
	/**
	 * Whatever `canSubscribe` and `canPublish` want to decide by; it stays on the server. @default
	 * none
	 */
	readonly claims?: Readonly<Record<string, unknown>>;
}

/** A message as a log takes it. */
export interface LogMessage {
	/** The publisher's idempotency key. */
	readonly id: string;
	/** The publisher's identity; null for the server's own. */
	readonly from: string | null;
	/** What was published: anything that JSON can say. */
	readonly data: unknown;
	/** When the server took it: wall time. */
	readonly at: EpochMs;
}

/** A message in its place. */
export interface StoredMessage extends LogMessage {
	/** The channel that it lies in. */
	readonly channel: string;
	/** Its place there. */
	readonly position: Position;
}

/** What a follower hears: stored messages in order, and broadcasts, which have no position. */
export type FollowedMessage =
	| StoredMessage
	| (LogMessage & { readonly channel: string; readonly position: null });

/** An append for an older link of the client, or for another epoch, is refused: nothing left over overtakes. */
export interface Fence {
	/** The outbox that the publish comes from. */
	readonly client: string;
	/** Grows with each link of that outbox. */
	readonly link: number;
	/** The epoch that the link has seen; null: none yet, any will do. */
	readonly epoch: string | null;
}

/**
 * What became of an append. `duplicate`: the id was stored before, there. `fenced`: refused,
 * nothing stored.
 */
export type Appended =
	| { readonly status: "stored"; readonly position: Position; readonly duplicate: boolean }
	| { readonly status: "fenced" };

/**
 * Where messages live. `memoryLog()` is the embedded default; "holdfast/server/redis" (Streams) and
 * "/nats" (JetStream) make many servers one. `test/support/log-acceptance.ts` is what any must pass.
 */
export interface MessageLog extends AsyncDisposable {
	/** What it keeps at least, where it knows: clients are told how long publish ids are remembered. */
	readonly retain?: Retention;
	/** One atomic step: check the id (scope: publisher, channel), check the fence, give the next offset, store. */
	append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended>;
	/**
	 * Where the publish of that id is stored, or null. A server asks it only when it is about to refuse a
	 * publish: what was stored before its publisher lost the right stays acknowledged. A log without it
	 * has such a publish rejected with `forbidden`.
	 */
	lookup?(channel: string, from: string | null, id: string): Promise<Position | null>;
	/** Reaches the followers now and is stored nowhere: typing indicators and the like. */
	broadcast(channel: string, message: LogMessage): Promise<void>;
	/**
	 * What lies after a position, in order. `complete`: nothing is missing between `after` and the first
	 * of them. After a position of an older epoch: from the lowest of its offset and where each epoch
	 * since began, never complete.
	 */
	read(
		channel: string,
		after: Position,
		limit: number,
	): Promise<{ messages: readonly StoredMessage[]; complete: boolean }>;
	/** The `limit` messages before a position, or before the end, oldest first. */
	before(
		channel: string,
		position: Position | null,
		limit: number,
	): Promise<readonly StoredMessage[]>;
	/** The position of the last message; offset 0 where there is none. */
	head(channel: string): Promise<Position>;
	/** Tells `listener` of what is stored and broadcast from now on, in order, until disposed. */
	follow(channel: string, listener: (message: FollowedMessage) => void): Promise<AsyncDisposable>;
}

/** One connection as the transport-free server sees it. */
export interface ServerSocket {
	/** Sends one text message. */
	send(data: string): void;
	/** Closes with a code and a reason of at most 123 bytes. */
	close(code: number, reason: string): void;
	/** Bytes handed to `send` that have not left yet. */
	bufferedBytes(): number;
}

/** What an adapter tells the server of a connection. */
export interface ServerLink {
	/** A message came; bytes close the link with 4400. */
	message(data: string | Uint8Array): void;
	/** The connection is gone. Nothing is sent to it any more. */
	closed(code: number): void;
}

/** Open now: the first two. Since the server was made: the others. */
export interface ServerStats {
	/** Links that were greeted and are open. */
	readonly connections: number;
	/** Channels that links are subscribed to, all together. */
	readonly subscriptions: number;
	/** Publishes stored. */
	readonly publishes: number;
	/** Subscribes and polls that were answered with messages of before. */
	readonly replays: number;
	/** Gaps declared. */
	readonly gaps: number;
	/** Links closed with 4410: their client did not read. */
	readonly slowClosed: number;
}

/** The server half, made by `createServer`. Dispose it to close all links with 1012. */
export interface RealtimeServer<X> extends AsyncDisposable {
	/** An adapter hands over a connection, and gets whom to tell what comes. */
	opened(socket: ServerSocket, context: X): ServerLink;
	/** The HTTP half as a fetch handler: poll, publish, history, health. */
	handle(request: Request, context: X): Promise<Response>;
	/**
	 * Stores a message as the server's own, or as `from`'s; `id` makes it idempotent. Rejects with
	 * what the log rejects with.
	 */
	publish(
		channel: string,
		data: unknown,
		options?: { id?: string; from?: string },
	): Promise<Position>;
	/** Logs an identity out everywhere: closes its links with 4401 (`forbid`: 4403, no redial). */
	disconnect(identityId: string, options?: { forbid?: boolean }): void;
	/** Says goodbye to all, spread over `withinMs`, and resolves when the last has left. */
	drain(options: { withinMs: number; reason?: string }): Promise<void>;
	/** Figures, told at most once a turn of the event loop. */
	readonly stats: Readable<ServerStats>;
	/** What the node adapter needs of the options: both are checked there, before anything is accepted. */
	readonly limits: {
		readonly maxFrameBytes: number;
		readonly allowedOrigins: readonly string[] | "same-origin" | "any";
	};
}
