/* What goes into the mode machine and the banner machine, and what comes out. */
import type { ConnectionView } from "../connection/contract.js";

export type ModeInput =
	/** The client was asked to connect, or was closed. */
	| { readonly type: "started" | "stopped" | "ticked" }
	/** Every channel was answered on a welcomed link. */
	| { readonly type: "link-settled" }
	/** `announcedMs`: the window that announced it, or null. */
	| { readonly type: "link-lost"; readonly announcedMs: number | null }
	/** Every endpoint failed since the last link. */
	| { readonly type: "endpoints-exhausted"; readonly announcedMs: number | null }
	| { readonly type: "held" | "released"; readonly reason: string }
	| { readonly type: "online-changed"; readonly online: boolean }
	| { readonly type: "polled"; readonly outcome: PollOutcome }
	/** "Load more" was pressed, or an outbox has something to send: poll now, never ahead of a pushback. */
	| { readonly type: "poll-requested" };

export type PollOutcome =
	| {
			readonly ok: true;
			readonly pollAfterMs: number;
			readonly received: number;
			readonly pending: number;
	  }
	| { readonly ok: false; readonly retryAfterMs: number };

export type ModeEffect =
	/** Poll once; answer with "polled". `peek`: heads alone. */
	| { readonly type: "poll"; readonly peek: boolean; readonly waitMs: number }
	/** Polling is over: abort the request in flight. */
	| { readonly type: "stop-polling" };

/** What the banner machine looks at. All instants are monotonic. */
export interface BannerView {
	readonly status: ConnectionView["status"];
	readonly mode: "normal" | "degraded" | "offline";
	/** When the next dial is due, or null. */
	readonly retryAt: number | null;
	readonly pending: number | null;
}
