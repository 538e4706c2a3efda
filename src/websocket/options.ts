import type { Endpoint, EndpointFilter, EndpointSource } from "../endpoint/endpoint.js";
import type { HeartbeatPolicy, ReconnectPolicy } from "../policy/policies.js";
import type { Runtime } from "../runtime/runtime.js";

/** How to ask a server that is not ours for a sign of life: a question of its own protocol. */
export interface HeartbeatQuestion {
	/** What is sent after a silence, as text or bytes. */
	message(): string | ArrayBufferLike | ArrayBufferView;
	/**
	 * Whether a message answers such a question. One answer a question is kept from the code that uses
	 * the socket, which has not asked; all others are delivered. Any message counts as life.
	 */
	isReply(data: unknown): boolean;
}

/** What is kept of sends while there is no link. */
export interface BufferPolicy {
	/** Messages that may wait. @default 1000 */
	readonly maxMessages: number;
	/** Their bytes; text counts as UTF-8. @default 1048576 */
	readonly maxBytes: number;
	/**
	 * What gives way when it is full. "reject-newest": `send()` throws a `RealtimeError` with
	 * `outbox-full`. @default "reject-newest"
	 */
	readonly overflow: "drop-oldest" | "reject-newest";
}

/** What both drop-ins take. */
export interface SocketOptions {
	/** The chain that picks an endpoint for each dial. @default [up(), preferPrimary()] */
	readonly endpointFilters?: readonly EndpointFilter[];
	/**
	 * `dialTimeoutMs` bounds each handshake, `stableAfterMs` says when a link has proved itself. The waits
	 * are those of `ResilientWebSocket`; there is no fail-back and no admission file. @default see ReconnectPolicy
	 */
	readonly reconnect?: Partial<ReconnectPolicy>;
	/**
	 * A server that is not ours needs a question and an answer of its own protocol for a dead link to be
	 * noticed. @default none: a link is as dead as the platform says
	 */
	readonly heartbeat?: Partial<HeartbeatPolicy> & HeartbeatQuestion;
	/** Clock, random, WebSocket, lifecycle and logger are used. @default the system's */
	readonly runtime?: Partial<Runtime>;
}

/** What `failoverWebSocket` takes. */
export interface FailoverOptions extends SocketOptions {
	/** In order of preference: the first is the primary, the rest are backups; or a source that changes them. */
	readonly endpoints: readonly (string | Endpoint)[] | EndpointSource;
}

/** What `ResilientWebSocket` takes as its third argument. */
export interface ResilientOptions extends SocketOptions {
	/** What is kept of sends while there is no link. @default see BufferPolicy */
	readonly buffer?: Partial<BufferPolicy>;
	/**
	 * Which ends of a link the server means for good: no redial, and `close` is told. A handshake that is
	 * refused with 401 or 403 always is. @default codes 1000, 1008, 4401 and 4403
	 */
	readonly isFinal?: (end: { readonly code: number; readonly reason: string }) => boolean;
}
