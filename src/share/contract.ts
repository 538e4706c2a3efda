/*
 * What tabs that share one connection tell each other, and what goes into the election of the one that
 * holds it, and comes out. Everything on the channel is addressed by tab ids and carries no token.
 */
import type { EpochMs } from "../policy/moment.js";

/** Random, of one client in one tab, for its life. */
export type TabId = string;

// ── on the channel ───────────────────────────────────────────────────────────────────────────────
/** What the election is made of. */
export type Signal =
	/** I am here; said anew now and then. Who leads answers with a beat. */
	| { readonly type: "hello"; readonly visible: boolean }
	/** I go, or am frozen. */
	| { readonly type: "bye" }
	/** I lead. Silence longer than `leaseMs` means that I do not any more. */
	| {
			readonly type: "beat";
			readonly term: number;
			readonly leaseMs: number;
			/** Hidden for so long that timers are slow: a visible tab should lead. */
			readonly isTired: boolean;
	  }
	/** I am visible, and would lead. */
	| { readonly type: "want" }
	/** Lead in my place: connect first, then take the lock. */
	| { readonly type: "yield"; readonly to: TabId }
	/** There is no room for you here. */
	| { readonly type: "full"; readonly to: TabId };

/** What one tab asks of the leading one's client. */
export type CallName = "connect" | "reconnect" | "wake" | "hold" | "release" | "load-more";

/** The rest: the connection as a follower sees it, frames both ways, calls. */
export type Parcel =
	/** All of it, whenever any of it changes. `seat` in the answer to a hello: another one, and all asks are forgotten. */
	| {
			readonly type: "view";
			readonly to: TabId | null;
			readonly seat: number | null;
			readonly view: LeaderView;
	  }
	/** Frames of the server's as JSON, for one tab or for all that listen. */
	| {
			readonly type: "down";
			readonly to: TabId | null;
			readonly link: number;
			readonly text: string;
	  }
	/** Frames of a follower's as JSON; `ages` of its publishes: ms since they may have been sent, or null. */
	| {
			readonly type: "up";
			readonly to: TabId;
			readonly link: number;
			readonly text: string;
			readonly ages: readonly (number | null)[];
	  }
	| {
			readonly type: "call";
			readonly to: TabId;
			readonly id: number;
			readonly name: CallName;
			readonly reason: string;
	  }
	| {
			readonly type: "reply";
			readonly to: TabId;
			readonly id: number;
			readonly value: number | PlainError;
	  };

export type TabMessage = { readonly from: TabId } & (Signal | Parcel);

export interface PlainError {
	readonly code: string;
	readonly message: string;
	readonly retryable: boolean;
}

/** `ConnectionState`, with its cause as a record. */
export type PlainConnection =
	| { readonly status: "idle" | "closed" }
	| {
			readonly status: "connecting";
			readonly attempt: number;
			readonly endpoint: string;
			readonly since: EpochMs;
	  }
	| {
			readonly status: "connected";
			readonly endpoint: string;
			readonly role: "primary" | "backup";
			readonly since: EpochMs;
			readonly recovered: boolean;
			readonly latencyMs: number | null;
	  }
	| {
			readonly status: "reconnecting";
			readonly attempt: number;
			readonly since: EpochMs;
			readonly retryAt: EpochMs | null;
			readonly cause: PlainError;
	  }
	| { readonly status: "failed"; readonly cause: PlainError };

export type PlainMode =
	| { readonly mode: "normal" }
	| {
			readonly mode: "degraded" | "offline";
			readonly since: EpochMs;
			readonly reasons: readonly string[];
	  };

export interface ViewedLink {
	readonly link: number;
	readonly via: "websocket" | "polling";
}

export interface LeaderView {
	readonly term: number;
	/** Those that can be asked, oldest first. */
	readonly links: readonly ViewedLink[];
	/** The one from which ephemeral messages count. */
	readonly current: number | null;
	/** By which publishes go. */
	readonly route: { readonly link: number; readonly dedupeMs: number } | null;
	/** Whom the server takes the leader for; null: it has not said. */
	readonly identity: string | null;
	readonly connection: PlainConnection;
	readonly mode: PlainMode;
}

// ── the election ─────────────────────────────────────────────────────────────────────────────────
export type ElectionInput =
	| { readonly type: "opened" }
	/** The lock is ours. */
	| { readonly type: "granted" }
	/** It was ours, and another has taken it. */
	| { readonly type: "taken" }
	/** The browser gives us none, now or ever. */
	| { readonly type: "refused" }
	| { readonly type: "heard"; readonly from: TabId; readonly signal: Signal }
	| { readonly type: "looked"; readonly visible: boolean }
	/** Our own connection carries messages. */
	| { readonly type: "connected" }
	| { readonly type: "frozen" | "thawed" }
	| { readonly type: "leave-requested" }
	/** This tab must not share: it would be another's connection. */
	| { readonly type: "barred"; readonly reason: AloneReason }
	| { readonly type: "ticked" };

/** Why a tab has a connection of its own. */
export type AloneReason = "unavailable" | "lock-not-granted" | "full" | "identity";

export type ElectionEffect =
	/** Wait for the lock in the queue. */
	| { readonly type: "queue-for-lock" }
	/** Take it from whoever holds it. */
	| { readonly type: "steal-lock" }
	/** Release it, or leave the queue. */
	| { readonly type: "drop-lock" }
	| { readonly type: "say"; readonly signal: Signal }
	/** Connect, while another still leads. */
	| { readonly type: "dial-beside" }
	/** It came to nothing. */
	| { readonly type: "give-up-dial" }
	/** Connect, unless that is done, and serve the others. */
	| { readonly type: "lead" }
	| { readonly type: "follow"; readonly leader: TabId }
	/** `inGrace`: the next one leads already; what is open may carry on for a moment. */
	| { readonly type: "step-down"; readonly inGrace: boolean }
	/** We may have been stopped, and deposed: send nothing until it is known. */
	| { readonly type: "pause" | "resume" }
	/** Forget what that tab listens to. */
	| { readonly type: "forget"; readonly tab: TabId }
	| { readonly type: "stand-alone"; readonly reason: AloneReason }
	/** Nothing holds us any more. */
	| { readonly type: "leave" };
