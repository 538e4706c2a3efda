/* What the ledger says, and what a client that is not of the fleet tells it: types alone. */

/**
 * Receipts of publishers against deliveries of all others on the same channel, by the position that
 * both name. A client owes a delivery if it was subscribed before the publish began.
 */
export interface LedgerState {
	/** Receipts that say stored. */
	readonly stored: number;
	/** Publishes that ended otherwise: expired, rejected, unknown. */
	readonly unstored: number;
	readonly delivered: number;
	/** Owed, and not there: a later one is, or the client gave up on it (a gap), or a minute has passed. */
	readonly lost: number;
	readonly repeated: number;
	readonly outOfOrder: number;
	/** Delivered more than 30 s after the receipt. */
	readonly late: number;
	/** A position, but another message than the receipt's. */
	readonly altered: number;
	/** Owed, and still within its time. */
	readonly pending: number;
	/** Since its receipt; 0: nothing is pending. */
	readonly oldestPendingMs: number;
	/** Clients that take part now. */
	readonly clients: number;
	readonly sinceMs: number;
	/** The first few things that went wrong, for people. */
	readonly examples: readonly string[];
}

/** A client that is not of the fleet takes part in the ledger. All instants: wall time, in ms. */
export interface LedgerReport {
	readonly client: string;
	readonly events: readonly LedgerEvent[];
}

export type LedgerEvent =
	| { readonly is: "subscribed"; readonly channel: string; readonly at: number }
	| { readonly is: "left"; readonly channel: string }
	| {
			readonly is: "receipt";
			readonly channel: string;
			readonly id: string;
			/** Of the position; null: it was not stored. */
			readonly offset: number | null;
			readonly epoch: string | null;
			/** When its publish began. */
			readonly beganAt: number;
			readonly at: number;
	  }
	| {
			readonly is: "delivered";
			readonly channel: string;
			readonly id: string;
			readonly offset: number;
			readonly epoch: string;
			readonly at: number;
	  }
	| { readonly is: "gap"; readonly channel: string };
