/* What the machine of a socket remembers, and when it wants to be ticked. */
import type { Link } from "../connection/contract.js";
import {
	type Connecting,
	type Memory,
	NEVER,
	type Redialing,
	recall,
	type Terms,
	type Waiting,
} from "../connection/state.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { Outage } from "../policy/backoff.js";
import * as heartbeat from "../policy/heartbeat.js";
import type { SocketEffect, SocketPolicy } from "./contract.js";

export interface Open {
	readonly status: "open";
	readonly link: Link;
	readonly since: number;
	/** Null once the link has proved stable. */
	readonly outage: Outage | null;
	readonly stableAt: number;
	readonly heart: heartbeat.HeartbeatState;
}
export interface Closing {
	readonly status: "closing";
	/** Null: there is no link to wait for. */
	readonly linkId: number | null;
	readonly until: number;
	/** When `until` was set: a peer that still reads is given more time. */
	readonly buffered: number;
}
export interface Closed {
	readonly status: "closed";
	/** Why it can't go on; null where it was closed on purpose. */
	readonly cause: RealtimeError | null;
}

export type SocketState = Memory & (Connecting | Redialing | Waiting | Open | Closing | Closed);
export type SocketStep = readonly [SocketState, readonly SocketEffect[]];
export type SocketTerms = Terms & { readonly policy: SocketPolicy };

export function dueAt(state: SocketState): number {
	switch (state.status) {
		case "connecting":
			return state.dial.deadlineAt;
		case "reconnecting":
			return state.retryAt ?? state.dial.deadlineAt;
		case "open":
			return Math.min(state.stableAt, heartbeat.dueAt(state.heart));
		case "closing":
			return state.until;
		case "closed":
			return NEVER;
		default:
			return state satisfies never;
	}
}

/** For each message that comes in: not worth a transition. */
export function heard(state: SocketState, now: number): SocketState {
	if (state.status !== "open" || state.heart.status === "deaf") return state;
	return { ...state, heart: heartbeat.heard(state.heart, now) };
}

/** What other sockets may know of this one. */
export const remember: (state: Memory) => Memory = recall;
