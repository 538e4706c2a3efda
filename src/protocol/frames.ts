/*
 * The wire, as types. docs/PROTOCOL.md is the normative text; names here and there are the same.
 * A text message carries one frame, or an array of them: a batch, in order. In a batch for a client whose
 * hello says `short`, a message may be an array instead (`ShortMessage`).
 */
import type { Position, StartAt } from "./position.js";

export const SUBPROTOCOL = "holdfast.v1";

// ── client → server ──────────────────────────────────────────────────────────────────────────────
export interface HelloFrame {
	readonly type: "hello";
	readonly token: string | null;
	readonly class: "boot" | "resume";
	/** Random id of this outbox, kept with it. */
	readonly client: string;
	/** Grows with every dial and every HTTP publish of this client: the fence of its appends. */
	readonly link: number;
	readonly name: string;
	readonly version: string;
	/** The identity that this client's queue belongs to; absent until a server has named one. */
	readonly as?: string;
	/** It reads `ShortMessage`. */
	readonly short?: true;
}
export interface SubscribeFrame {
	readonly type: "subscribe";
	readonly id: number;
	readonly channel: string;
	readonly from: StartAt;
}
export interface UnsubscribeFrame {
	readonly type: "unsubscribe";
	readonly id: number;
	readonly channel: string;
}
export interface PublishFrame {
	readonly type: "publish";
	readonly id: string;
	readonly channel: string;
	readonly data: unknown;
	/** Nothing older of this channel is pending at the client. */
	readonly first?: true;
	readonly ephemeral?: true;
}
export interface TokenFrame {
	readonly type: "token";
	readonly token: string;
}
export interface PingFrame {
	readonly type: "ping" | "pong";
	readonly at: number;
}
export type ClientFrame =
	| HelloFrame
	| SubscribeFrame
	| UnsubscribeFrame
	| PublishFrame
	| TokenFrame
	| PingFrame;

// ── server → client ──────────────────────────────────────────────────────────────────────────────
export interface WelcomeFrame {
	readonly type: "welcome";
	/** Who the server takes us for. Another one than before ends the client with `forbidden`. */
	readonly identity: string;
	readonly heartbeatMs: number;
	readonly timeoutMs: number;
	/** W, the standing reconnect window; 0: none. */
	readonly windowMs: number;
	/** 0: no limit. */
	readonly maxAgeMs: number;
	readonly maxFrameBytes: number;
	/** 0: the token does not expire. */
	readonly tokenTtlMs: number;
	/** How long publish ids are remembered. */
	readonly dedupeMs: number;
}
export interface TokenAcceptedFrame {
	readonly type: "token-accepted";
	readonly tokenTtlMs: number;
}
export interface SubscribedFrame {
	readonly type: "subscribed";
	readonly id: number;
	readonly channel: string;
	/** The replay begins after it; a subscription without a position takes it. */
	readonly start: Position;
	/** The replay ends there. */
	readonly position: Position;
	readonly recovered: boolean;
}
export interface MessageFrame {
	readonly type: "message";
	readonly channel: string;
	/** Null when ephemeral. */
	readonly position: Position | null;
	readonly at: number;
	readonly from: string | null;
	readonly id: string;
	readonly data: unknown;
}
/**
 * After a stored message in a batch, the next one of its channel and epoch: `at` and `from` are left out
 * where they are as before. What is the same in a hundred messages is written, and parsed, once.
 */
export type ShortMessage = readonly [id: string, data: unknown, at?: number, from?: string | null];

export interface GapFrame {
	readonly type: "gap";
	readonly channel: string;
	readonly missed: number | "unknown";
	/** Just before the first message still retained. */
	readonly position: Position;
}
export interface PublishedFrame {
	readonly type: "published";
	readonly id: string;
	readonly position: Position;
	readonly duplicate: boolean;
}
/** Of a publish (`id` is a string) or of a subscribe (`id` is a number). */
export interface RejectedFrame {
	readonly type: "rejected";
	readonly id: string | number;
	readonly code: RejectionCode;
	readonly retryAfterMs?: number;
}
export interface HeadsFrame {
	readonly type: "heads";
	readonly heads: Readonly<Record<string, Position>>;
}
export interface GoodbyeFrame {
	readonly type: "goodbye";
	readonly reason: "drain" | "refresh" | "overload";
	readonly deadlineMs: number;
	readonly windowMs: number;
	/** Only ones that the client is configured with count. */
	readonly endpoints?: readonly string[];
}
export type ServerFrame =
	| WelcomeFrame
	| TokenAcceptedFrame
	| SubscribedFrame
	| MessageFrame
	| GapFrame
	| PublishedFrame
	| RejectedFrame
	| HeadsFrame
	| GoodbyeFrame
	| PingFrame;

/** "retry": send it again, with all later ones of the channel; the others are final. */
export type RejectionCode = "retry" | "forbidden" | "too-large" | "invalid";

// ── the HTTP half ────────────────────────────────────────────────────────────────────────────────
export interface PollRequest {
	/** Channel → what a subscribe would carry as `from`, and its ask id. */
	readonly channels: Readonly<Record<string, { readonly id: number; readonly from: StartAt }>>;
	/** How long the server may hold the request until something comes. 0: answer at once. */
	readonly waitMs: number;
	/** Answer with heads alone: how much waits, nothing of it taken. */
	readonly peek?: true;
	readonly as?: string;
}
export interface PollResponse {
	readonly identity: string;
	/** Per channel: subscribed (or rejected), gap if any, messages: what a link would have carried. */
	readonly frames: readonly ServerFrame[];
	readonly pollAfterMs: number;
	readonly windowMs: number;
	readonly dedupeMs: number;
	readonly realtime: "up" | "down";
}
export interface PublishRequest {
	readonly client: string;
	readonly link: number;
	readonly as?: string;
	/** In order, at most 16. */
	readonly publishes: readonly Omit<PublishFrame, "type">[];
}
export interface PublishResponse {
	readonly results: readonly (PublishedFrame | RejectedFrame)[];
	readonly dedupeMs: number;
}
export interface HistoryResponse {
	readonly messages: readonly MessageFrame[];
}
