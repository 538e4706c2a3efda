/* What goes into the machine of a socket and what comes out. The machine itself: machine.ts. */
import type { ConnectionEffect } from "../connection/contract.js";
import type { ConnectionPolicy } from "../connection/state.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { CloseEnd } from "../policy/close-codes.js";
import type { HeartbeatPolicy } from "../policy/policies.js";

/** How a platform's socket ended. */
export interface SocketEnd extends Omit<CloseEnd, "opened"> {
	readonly wasClean: boolean;
	/** `error` is told before `close`. */
	readonly hasFailed: boolean;
}

export type SocketInput =
	| { readonly type: "woken" }
	| { readonly type: "opened"; readonly dialId: number }
	| { readonly type: "lost"; readonly dialId: number; readonly end: SocketEnd }
	/** There is no URL to dial: nobody's fault. */
	| { readonly type: "unaddressed"; readonly dialId: number; readonly cause: RealtimeError }
	| { readonly type: "reconnect-requested"; readonly reason: string }
	/** `buffered`: bytes that have not left yet. */
	| { readonly type: "ticked"; readonly buffered: number }
	| {
			readonly type: "close-requested";
			readonly code: number | undefined;
			readonly reason: string;
			readonly buffered: number;
	  };

export type SocketEffect =
	/** Of these only what a round orders: "dial", "hang-up", "report". */
	| ConnectionEffect
	/** The closing handshake; its end is awaited. */
	| {
			readonly type: "close";
			readonly dialId: number;
			readonly code: number | undefined;
			readonly reason: string;
	  }
	/** The question of the heartbeat. */
	| { readonly type: "ask" }
	/** Whoever uses the socket is told: always the last order, since they may call us back. */
	| { readonly type: "tell-open" }
	| { readonly type: "tell-end"; readonly end: SocketEnd; readonly cause: RealtimeError | null };

export interface SocketPolicy extends ConnectionPolicy {
	readonly loss: "end" | "redial";
	readonly isFinal: (end: { readonly code: number; readonly reason: string }) => boolean;
	/** Null: nobody told us how to ask. */
	readonly heartbeat: HeartbeatPolicy | null;
}

/** The handshake failed, or the link broke: what script sees of it. */
export const BROKEN: SocketEnd = { code: 1006, reason: "", wasClean: false, hasFailed: true };
