/*
 * What goes into Applink's machine and what comes out. The protocol is Slack's Socket Mode
 * (docs.slack.dev/apis/events-api/using-socket-mode); what is not written there is said to be ours.
 */

/** Only events are tried again: a user waits for the answer to the other two, and is told that it failed. */
export type Kind = "events_api" | "interactive" | "slash_commands";

export interface ApplinkPolicy {
	/** A URL that was not dialled by then is worth nothing. */
	readonly ticketMs: number;
	/** Of one app; one more hears `too_many_websockets`. */
	readonly maxSockets: number;
	/** `approximate_connection_time`: Slack was seen to announce five hours. */
	readonly lifetimeMs: number;
	/** The same, of a URL that was dialled with `&debug_reconnects=true`. */
	readonly debugLifetimeMs: number;
	/** So long before its end a socket is warned. */
	readonly warningMs: number;
	/** How long an acknowledgement may take. */
	readonly ackMs: number;
	/** Before each further try of an event that nobody acknowledged. */
	readonly retryAfterMs: readonly number[];
	/** How long an event waits for an app without a socket. Ours: Slack's own is not documented. */
	readonly holdMs: number;
	/** Payloads of one app that may wait for an acknowledgement. Ours. */
	readonly maxPending: number;
	/** Of `apps.connections.open`, by one app: tier 3 of Slack's limits. */
	readonly opensPerMinute: number;
}

export const APPLINK_POLICY: ApplinkPolicy = {
	ticketMs: 30_000,
	maxSockets: 10,
	lifetimeMs: 18_060_000,
	debugLifetimeMs: 360_000,
	warningMs: 10_000,
	ackMs: 3_000,
	retryAfterMs: [0, 60_000, 300_000],
	holdMs: 600_000,
	maxPending: 1_000,
	opensPerMinute: 50,
};

export interface AppConfig {
	/** "A0123456" */
	readonly id: string;
	/** App-level: "xapp-…". */
	readonly token: string;
}

/** What Slack has for an app. */
export interface Occurrence {
	readonly kind: Kind;
	/** For `events_api` with an `event_id`, by which an app knows what it has seen. */
	readonly payload: unknown;
	readonly acceptsResponsePayload: boolean;
}

export type OpenError = "invalid_auth" | "access_denied" | "ratelimited";

export type OpenReply =
	| { readonly is: "opened"; readonly ticket: string }
	| { readonly is: "refused"; readonly error: OpenError; readonly retryAfterMs: number };

/** What became of an occurrence. Nothing is dropped without one. */
export type Outcome =
	| { readonly is: "acknowledged"; readonly attempts: number; readonly payload: unknown }
	| {
			readonly is: "failed";
			/** `no-socket`: the app had none. `full`: too much waits for it already. */
			readonly reason: "unknown-app" | "no-socket" | "unacknowledged" | "link-disabled" | "full";
			readonly attempts: number;
	  };

export type DisconnectReason =
	| "warning"
	| "refresh_requested"
	| "link_disabled"
	| "too_many_websockets";

export type ApplinkInput =
	/** Somebody wants a URL. The ticket is one that nobody can guess, and used if all is well. */
	| { readonly type: "open-asked"; readonly app: string | null; readonly ticket: string }
	| { readonly type: "dialled"; readonly socket: number; readonly dial: Dial }
	| { readonly type: "closed"; readonly socket: number }
	| {
			readonly type: "occurred";
			readonly id: number;
			readonly app: string;
			readonly what: Occurrence;
	  }
	| {
			readonly type: "acknowledged";
			readonly socket: number;
			readonly envelope: string;
			readonly payload: unknown;
	  }
	/** By hand: this app's sockets shall go elsewhere now, without a warning. */
	| { readonly type: "refresh-ordered"; readonly app: string }
	/** Somebody turned Socket Mode off, or on again. */
	| { readonly type: "switched"; readonly app: string; readonly to: "on" | "off" }
	| { readonly type: "ticked" };

export interface Dial {
	readonly ticket: string;
	readonly app: string;
	/** Of the process that holds the socket: "applink-1". */
	readonly host: string;
	readonly isDebug: boolean;
}

export type ApplinkEffect =
	| { readonly type: "reply"; readonly reply: OpenReply }
	/** Before the upgrade: this ticket opens nothing. */
	| { readonly type: "refuse"; readonly socket: number }
	| { readonly type: "accept"; readonly socket: number }
	| { readonly type: "send"; readonly socket: number; readonly frame: Frame }
	| { readonly type: "close"; readonly socket: number }
	| { readonly type: "settle"; readonly id: number; readonly outcome: Outcome };

export type Frame =
	| {
			readonly type: "hello";
			readonly app: string;
			readonly sockets: number;
			readonly host: string;
			readonly lifetimeMs: number;
	  }
	| { readonly type: "disconnect"; readonly reason: DisconnectReason; readonly host: string }
	| {
			readonly type: "envelope";
			readonly id: string;
			readonly what: Occurrence;
			/** 0 for the first try. */
			readonly attempt: number;
			readonly reason: RetryReason;
	  };

/** Empty for the first try. The words are those of the Events API over HTTP (`X-Slack-Retry-Reason`). */
export type RetryReason = "" | "timeout" | "connection_failed";
