import type { RealtimeError } from "../errors/realtime-error.js";
import type { EpochMs } from "../policy/moment.js";
import type { Position } from "../protocol/position.js";

/** A message of a channel, as its listeners see it. */
export interface Message<T> {
	/** The channel that it was published to. */
	readonly channel: string;
	/** The publisher's idempotency key, so that an app can match its own optimistic copy. */
	readonly id: string;
	/** The publisher's identity; null for the server's own. Publishers receive their own messages. */
	readonly from: string | null;
	/** What was published. */
	readonly data: T;
	/** Null when ephemeral. */
	readonly position: Position | null;
	/** When the server stored it, by the server's clock. */
	readonly at: EpochMs;
	/** It was stored before this link's subscription was answered. */
	readonly replayed: boolean;
	/** How it came: polls bring messages in degraded mode. */
	readonly via: "websocket" | "polling";
}

/** Loss that can be proved. */
export interface Gap {
	/** The channel to reload. */
	readonly channel: string;
	/** How many messages nobody can replay any more, if the server can tell. */
	readonly missed: number | "unknown";
}

export type SubscriptionState =
	| { readonly status: "subscribing" | "subscribed" | "unsubscribed" }
	| { readonly status: "denied"; readonly cause: RealtimeError };

export type PublishReceipt =
	| {
			readonly status: "stored";
			readonly id: string;
			readonly position: Position;
			readonly duplicate: boolean;
	  }
	/** Its time to live passed before it was ever sent: it was not stored. */
	| { readonly status: "expired"; readonly id: string }
	/** Ephemeral: handed to the transport, and no more is known. */
	| { readonly status: "sent"; readonly id: string }
	/**
	 * May have been stored: its acknowledgement was lost and the server no longer remembers ids that
	 * old, so resending could repeat it.
	 */
	| { readonly status: "unknown"; readonly id: string };
