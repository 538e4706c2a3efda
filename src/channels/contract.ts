/* What goes into the channel machine (one per channel) and into the outbox, and what comes out. */
import type { RealtimeError } from "../errors/realtime-error.js";
import type { EpochMs, Moment } from "../policy/moment.js";
import type { GapFrame, MessageFrame, RejectionCode, SubscribedFrame } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import type { Message, PublishReceipt } from "./message.js";

/** A dial id; for a poll, a negative number of its own. Both count as a link that can answer asks. */
export type LinkId = number;

// ── one channel ──────────────────────────────────────────────────────────────────────────────────
export type ChannelInput =
	/** A link was greeted, or a poll begins: ask on it. `via` marks what it delivers. */
	| { readonly type: "link-opened"; readonly link: LinkId; readonly via: Message<unknown>["via"] }
	/** This link is the current one: ephemeral messages count from it alone. */
	| { readonly type: "link-adopted"; readonly link: LinkId }
	| { readonly type: "link-closed"; readonly link: LinkId }
	| { readonly type: "subscribed"; readonly link: LinkId; readonly frame: SubscribedFrame }
	| { readonly type: "gap"; readonly link: LinkId; readonly frame: GapFrame }
	| { readonly type: "message"; readonly link: LinkId; readonly frame: MessageFrame }
	/** The server's log has this head, and the link's feed has been worked off. */
	| { readonly type: "head"; readonly link: LinkId; readonly head: Position }
	| {
			readonly type: "rejected";
			readonly link: LinkId;
			readonly id: number;
			readonly code: RejectionCode;
	  }
	/** About a second after "defer": ask once more, if the link still waits for it. Early or late does no harm. */
	| { readonly type: "ask-again"; readonly link: LinkId };

export type ChannelEffect =
	| { readonly type: "ask"; readonly link: LinkId; readonly id: number; readonly from: StartAt }
	| { readonly type: "deliver"; readonly message: Message<unknown> }
	| { readonly type: "tell-gap"; readonly missed: number | "unknown" }
	/** The server will not have us here. Told once; the next link asks all the same. */
	| { readonly type: "deny"; readonly cause: RealtimeError }
	/** The log was busy, or shows the same hole as before: answer with "ask-again" after a while. */
	| { readonly type: "defer"; readonly link: LinkId };

export interface ChannelOptions {
	readonly from: StartAt;
	/** false: a new connection goes on from now, without replay or gap. */
	readonly recover: boolean;
	/**
	 * Asks are numbered lane + k·65536. Another lane for every channel machine of a client (a counter will
	 * do), and an ask id is the client's for ever: a rejection, which names only the id, finds its channel,
	 * and a channel left and joined again on the same link never takes the old answer for the new one.
	 */
	readonly lane: number;
}

// ── outbox ───────────────────────────────────────────────────────────────────────────────────────
/** A publish as it lies in storage. `firstSentAt` is written before the first send. */
export interface StoredPublish {
	readonly id: string;
	readonly channel: string;
	readonly data: unknown;
	/** Order of the queue: grows. */
	readonly seq: number;
	readonly queuedAt: EpochMs;
	readonly firstSentAt: EpochMs | null;
	readonly ttlMs: number;
}

/** What the outbox needs of an instant: `now` to measure, `at` to show and to write into records. */
export type OutboxMoment = Moment & { readonly at: EpochMs };

/** A publish that no server has stored yet. */
export interface OutboxEntry {
	/** Its idempotency key, as in its receipt. */
	readonly id: string;
	/** Where it goes. */
	readonly channel: string;
	/** What was published; a copy. */
	readonly data: unknown;
	/** When `publish` was called: wall time. */
	readonly queuedAt: EpochMs;
	/** It was sent and not answered, so it may be stored already. */
	readonly inFlight: boolean;
}

/** How publishes travel: pipelined on a link, or up to 16 a request with one request in flight. */
export type Route = { readonly link: LinkId; readonly via: "websocket" | "http" };

export type OutboxInput =
	/** What an earlier page or process left, in order. `ageMs` of each since its first send is the shell's to compute. */
	| {
			readonly type: "restored";
			readonly publishes: readonly (StoredPublish & { readonly sentForMs: number | null })[];
	  }
	| {
			readonly type: "publish-requested";
			readonly id: string;
			readonly channel: string;
			readonly data: unknown;
			readonly bytes: number;
			readonly ttlMs: number;
			readonly whenOffline: "queue" | "reject";
			/** Of another tab's, how long ago it may have been sent by a third: rule 8 goes by that. */
			readonly sentForMs?: number | null;
	  }
	/** These records are on stable storage. */
	| { readonly type: "stored"; readonly ids: readonly string[] }
	| {
			readonly type: "store-failed";
			readonly ids: readonly string[];
			readonly cause: RealtimeError;
	  }
	/** These records are gone from stable storage. */
	| { readonly type: "forgotten"; readonly ids: readonly string[] }
	/** Welcome has come (or HTTP is up): the unacknowledged go first, in order, then the new ones. */
	| { readonly type: "route-opened"; readonly route: Route; readonly dedupeMs: number }
	| { readonly type: "route-closed"; readonly link: LinkId }
	| {
			readonly type: "acknowledged";
			readonly link: LinkId;
			readonly id: string;
			readonly position: Position;
			readonly duplicate: boolean;
	  }
	| {
			readonly type: "rejected";
			readonly link: LinkId;
			readonly id: string;
			readonly code: RejectionCode;
			readonly retryAfterMs: number;
	  }
	/** The app gave up on it: ends it if it was never sent, else is ignored. */
	| { readonly type: "withdrawn"; readonly id: string; readonly cause: RealtimeError }
	/** Another tab's outbox sends these from now on: they end here with `closed`, sent or not. */
	| { readonly type: "disowned"; readonly ids: readonly string[] }
	| { readonly type: "cleared" }
	| { readonly type: "ticked" };

export type OutboxEffect =
	/** Write these; answer with "stored" or "store-failed". Only with `persist: "storage"`. */
	| { readonly type: "store"; readonly publishes: readonly StoredPublish[] }
	/** Delete these; answer with "forgotten". Only with `persist: "storage"`. */
	| { readonly type: "forget"; readonly publishes: readonly StoredPublish[] }
	| {
			readonly type: "send";
			readonly route: Route;
			readonly publishes: readonly {
				readonly id: string;
				readonly channel: string;
				readonly data: unknown;
				readonly first: boolean;
			}[];
	  }
	| { readonly type: "settle"; readonly id: string; readonly receipt: PublishReceipt }
	| { readonly type: "fail"; readonly id: string; readonly cause: RealtimeError };
