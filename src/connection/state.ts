/* What the connection machine remembers, and when it wants to be ticked. */
import type { Candidate, Endpoint, EndpointFilter } from "../endpoint/endpoint.js";
import { toCandidates } from "../endpoint/health.js";
import type { RealtimeError } from "../errors/realtime-error.js";
import type { Outage } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { ReconnectPolicy } from "../policy/policies.js";
import type { ConnectionEffect, Link } from "./contract.js";

export interface ConnectionPolicy extends ReconnectPolicy {
	/** One chain: who is dialled, and in which order. */
	readonly filters: readonly EndpointFilter[];
}

/** The policy and the moment: all that a decision needs besides the state and the fact. */
export interface Terms extends Moment {
	readonly policy: ConnectionPolicy;
}

/** What outlives every change of status, close() included. */
export interface Memory {
	/** The last dial. Ids only grow, so no link from before close() passes for one from after it. */
	readonly dialId: number;
	readonly candidates: readonly Candidate[];
	readonly exhausted: boolean;
	readonly announcedMs: number | null;
	/** W: the window over which the server last asked its clients to return; 0 until it has. */
	readonly windowMs: number;
	/** The server's pushback: no dial leaves before this instant, whoever asks. */
	readonly notBefore: number;
	/** Rounds in which every endpoint timed out, since the last stable link: each doubles the deadline. */
	readonly slowRounds: number;
	/** The primary may flap: no second fail-back before this instant. */
	readonly failBackAfter: number;
}

/** A dial under way, and the round that it belongs to. */
export interface Dial extends Link {
	readonly deadlineAt: number;
	/** The endpoints that failed earlier in this round. */
	readonly tried: readonly string[];
	/** All of those timed out. */
	readonly isSlow: boolean;
	/** Nobody is to blame when the deadline passes: the token is late. */
	readonly isExcused: boolean;
	/** Its deadline was ticked late once: we were away, and the welcome may lie unread. */
	readonly isLate: boolean;
	/** It tries the primary while a backup is live: no other endpoint will do. */
	readonly isFailBack: boolean;
}

/** A move to another link that is wanted from some instant on. */
export interface Move {
	readonly at: number;
	readonly reason: string;
	/** URLs that go first. */
	readonly hints: readonly string[];
	/** Rounds of successors that came to nothing. */
	readonly attempt: number;
}

export interface Connected {
	readonly status: "connected";
	readonly link: Link;
	/** When it was welcomed. */
	readonly since: number;
	/** Null once the link has proved stable. Until then the outage before it is not over. */
	readonly outage: Outage | null;
	/** Infinity once it is. */
	readonly stableAt: number;
	readonly move: Move | null;
	/** On a backup: when to try the primary. Infinity: never. */
	readonly failBackAt: number;
	/** The dial that is to replace it. */
	readonly successor: Dial | null;
	/** The link before this one, until every channel has been answered on this. */
	readonly retiring: { readonly dialId: number; readonly until: number } | null;
}

export interface Connecting {
	readonly status: "connecting";
	readonly outage: Outage;
	readonly dial: Dial;
}
export interface Redialing {
	readonly status: "reconnecting";
	readonly outage: Outage;
	readonly cause: RealtimeError;
	readonly retryAt: null;
	readonly dial: Dial;
}
export type Dialing = Connecting | Redialing;
export interface Waiting {
	readonly status: "reconnecting";
	readonly outage: Outage;
	readonly cause: RealtimeError;
	readonly retryAt: number;
}
export interface Resting {
	readonly status: "idle" | "closed";
}
export interface Failed {
	readonly status: "failed";
	readonly cause: RealtimeError;
}

export type ConnectionMachine = Memory &
	(Resting | Failed | Connecting | Redialing | Waiting | Connected);
export type Step = readonly [ConnectionMachine, readonly ConnectionEffect[]];

export const NEVER: number = Number.POSITIVE_INFINITY;
const NONE: readonly ConnectionEffect[] = [];

export function initial(endpoints: readonly Endpoint[]): ConnectionMachine {
	return {
		status: "idle",
		dialId: 0,
		candidates: toCandidates(endpoints),
		exhausted: false,
		announcedMs: null,
		windowMs: 0,
		notBefore: 0,
		slowRounds: 0,
		failBackAfter: 0,
	};
}

/** When to tick. Never for one that rests, and for a link with nothing planned: the heartbeat watches that. */
export function dueAt(state: ConnectionMachine): number {
	switch (state.status) {
		case "idle":
		case "closed":
		case "failed":
			return NEVER;
		case "connecting":
			return state.dial.deadlineAt;
		case "reconnecting":
			return state.retryAt ?? state.dial.deadlineAt;
		case "connected":
			return Math.min(state.stableAt, moveDueAt(state));
		default:
			return state satisfies never;
	}
}

/** One thing at a time: while a link retires nobody moves, and while a successor dials nothing else is planned. */
function moveDueAt(state: Memory & Connected): number {
	const { retiring, successor, move, failBackAt, notBefore } = state;
	if (retiring !== null) return retiring.until;
	if (successor !== null) return successor.deadlineAt;
	return Math.max(Math.min(move?.at ?? NEVER, failBackAt), notBefore);
}

/** What a state keeps when it changes its status. */
export function recall(state: Memory): Memory {
	const { dialId, candidates, exhausted, announcedMs, windowMs, notBefore } = state;
	const { slowRounds, failBackAfter } = state;
	return {
		dialId,
		candidates,
		exhausted,
		announcedMs,
		windowMs,
		notBefore,
		slowRounds,
		failBackAfter,
	};
}

export const stay = (state: ConnectionMachine): Step => [state, NONE];

interface Held {
	readonly dialId: number;
	readonly endpoint?: Endpoint;
}

export function report(reason: string, { dialId, endpoint }: Held): ConnectionEffect {
	return { type: "report", reason, dialId, endpoint: endpoint?.url ?? null };
}

export function hangUp({ dialId }: Held, reason: string): ConnectionEffect {
	return { type: "hang-up", dialId, code: 1000, reason };
}

/** Brings a planned instant into a span. One that lies there already stays, or asking often would mean going early. */
export function sooner(plannedAt: number, spanMs: number, { now, random }: Moment): number {
	return plannedAt <= now + spanMs ? plannedAt : now + random() * spanMs;
}
