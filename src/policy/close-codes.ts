/*
 * What the end of a link or of a handshake means to us. docs/PROTOCOL.md has the codes; what a peer
 * wrote into the reason is untrusted. A browser shows every failed handshake as 1006 and no status.
 */
import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import { LONGEST_MS } from "./backoff.js";

/** How a transport ended. */
export interface CloseEnd {
	readonly code: number;
	readonly reason: string;
	readonly httpStatus?: number;
	readonly retryAfterMs?: number;
	/** Whether the handshake had succeeded. */
	readonly opened: boolean;
}

export interface CloseVerdict {
	/** Its `retryable` decides: false ends the client, until the app calls connect() again. */
	readonly cause: RealtimeError;
	readonly blame: "endpoint" | "nobody";
	/** The server meant it: a restart or a drain, which says nothing against the endpoint. */
	readonly isAnnounced: boolean;
	/** The window over which to come back. */
	readonly windowMs?: number;
	/** No dial before. */
	readonly retryAfterMs?: number;
	/** One fresh token may help; after that it is final. */
	readonly isTokenRejected: boolean;
}

export function classifyClose(_end: CloseEnd): CloseVerdict {
	throw new RealtimeError("internal" satisfies ErrorCode, `later ${LONGEST_MS}`);
}
