/* What goes into the connection machine and what comes out. The machine itself: machine.ts. */
import type { Candidate, Endpoint } from "../endpoint/endpoint.js";
import type { RealtimeError } from "../errors/realtime-error.js";

/** Facts, past tense. One about a dial carries the id of that dial; about another dial it is history. */
export type ConnectionInput =
	| { readonly type: "connect-requested" | "close-requested" | "ticked" }
	/** The app wants a fresh link: hang up and redial, never ahead of a pushback. */
	| { readonly type: "reconnect-requested"; readonly reason: string }
	/** The environment says: look now. A live link is probed by the heartbeat machine, not here. */
	| { readonly type: "woken"; readonly reason: string }
	/** The transport is open: it proves nothing yet. */
	| { readonly type: "opened"; readonly dialId: number }
	/** It is open, but hello still lacks its token: a deadline that passes now is charged to nobody. */
	| { readonly type: "token-awaited"; readonly dialId: number }
	| {
			readonly type: "welcomed";
			readonly dialId: number;
			/** W, the standing reconnect window. 0: none. */
			readonly windowMs: number;
			/** 0: no limit. */
			readonly maxAgeMs: number;
	  }
	/** Every channel has been answered on that link: what it replaced may go. */
	| { readonly type: "settled"; readonly dialId: number }
	| ({ readonly type: "lost"; readonly dialId: number } & Loss)
	| {
			readonly type: "goodbye-received";
			readonly dialId: number;
			readonly reason: "drain" | "refresh" | "overload";
			readonly deadlineMs: number;
			readonly windowMs: number;
			/** URLs; only ones that are configured count. They go first. */
			readonly endpoints: readonly string[];
	  }
	/** DNS moved, or the token changed: a successor is wanted, spread over the window. */
	| { readonly type: "migrate-requested"; readonly reason: string; readonly windowMs: number }
	| { readonly type: "endpoints-changed"; readonly endpoints: readonly Endpoint[] }
	/** A poll or the admission file says that realtime is up: a sleeping redial is brought forward. */
	| { readonly type: "realtime-reported"; readonly windowMs: number };

/** Why a link or a dial ended, and what the server said about it. */
export interface Loss {
	readonly cause: RealtimeError;
	/** "nobody": a token that did not come, or our own doing. It is charged to no endpoint. */
	readonly blame: "endpoint" | "nobody";
	/** An announced loss: the window over which to come back. */
	readonly windowMs?: number;
	/** Pushback: no dial before. */
	readonly retryAfterMs?: number;
	/** The server meant it (1001, 1012): nothing against the endpoint, with a window or without. */
	readonly isAnnounced?: boolean;
}

/** Orders, imperative. There is no timer among them: the shell ticks the machine at `dueAt(state)`. */
export type ConnectionEffect =
	| { readonly type: "dial"; readonly dialId: number; readonly endpoint: Endpoint }
	/** Send hello and the subscribes; the token may still have to come. */
	| { readonly type: "greet"; readonly dialId: number }
	/** This link is the one that publishes from now on; `previous` stays open until "settled". */
	| { readonly type: "adopt"; readonly dialId: number; readonly previous: number | null }
	| {
			readonly type: "hang-up";
			readonly dialId: number;
			readonly code: number;
			readonly reason: string;
	  }
	/** One for each change a person would want in the log: a status, a successor, a retirement. */
	| {
			readonly type: "report";
			readonly reason: string;
			readonly dialId: number;
			readonly endpoint: string | null;
	  };

export interface Link {
	readonly dialId: number;
	readonly endpoint: Endpoint;
}

/** What the rest of the client reads of the machine's state; the state itself has more. */
export interface ConnectionView {
	readonly status: "idle" | "connecting" | "connected" | "reconnecting" | "failed" | "closed";
	/** The last dial: ids only grow. */
	readonly dialId: number;
	readonly candidates: readonly Candidate[];
	/** Every endpoint failed since the last link. */
	readonly exhausted: boolean;
	/** The window that announced the present outage, or, by a goodbye, the next one; or null. */
	readonly announcedMs: number | null;
}
