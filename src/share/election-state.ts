/* What a tab knows of the election, and how long it waits for what. */
import type { AloneReason, TabId } from "./contract.js";

/** A tab that the leading one has heard of. */
export interface KnownTab {
	readonly id: TabId;
	readonly visible: boolean;
	readonly seenAt: number;
}

interface Common {
	readonly visible: boolean;
	/** Since when it is not. */
	readonly hiddenAt: number | null;
	/** The highest term heard of: a leader of a lower one is deposed. */
	readonly term: number;
}

export type Phase =
	| { readonly status: "idle" | "frozen" | "left" }
	/** Nobody is known to lead. Past `stealAt` whoever holds the lock without a word loses it. */
	| { readonly status: "joining"; readonly stealAt: number }
	| { readonly status: "claiming"; readonly giveUpAt: number }
	| {
			readonly status: "following";
			readonly leader: TabId;
			readonly quietAt: number;
			/** When to say hello again. */
			readonly helloAt: number;
			/** We asked to lead: without an answer by then the leader is as good as gone. */
			readonly wantedUntil: number | null;
			/** Another was told to lead: not before then do we ask again. */
			readonly wantAfter: number;
	  }
	/** Connecting beside the leader, who asked us to. */
	| {
			readonly status: "succeeding";
			readonly leader: TabId;
			readonly quietAt: number;
			readonly giveUpAt: number;
	  }
	| {
			readonly status: "leading";
			readonly beatAt: number;
			readonly tabs: readonly KnownTab[];
			readonly heir: { readonly id: TabId; readonly until: number } | null;
			/** Leaving: at the latest then. */
			readonly leaveAt: number | null;
			/** In doubt whether we still lead, until then. */
			readonly doubtUntil: number | null;
	  }
	| { readonly status: "alone"; readonly reason: AloneReason };

export type ElectionState = Common & Phase;
export type In<S extends Phase["status"]> = Extract<ElectionState, { readonly status: S }>;

/** Three beats fit into a lease, and with its jitter, a steal and a dial it is over in two seconds. */
export const BEAT_MS = 300;
export const LEASE_MS = 1_000;
/** Of a hidden tab, whose timers come once a second. */
const HIDDEN_LEASE_MS = 3_000;
/** Of one that is hidden for long: once a minute. */
const TIRED_LEASE_MS = 90_000;
export const LONGEST_LEASE_MS = 120_000;
/** Who switches between tabs is not to pay a dial for each look. */
export const TIRED_AFTER_MS = 10_000;
/** Two that find the leader silent are not to steal from each other. */
export const JITTER_MS = 250;
export const CLAIM_MS = 1_500;
export const WANT_MS = 700;
/** A dial's deadline, and a little. */
export const HEIR_MS = 6_000;
export const LEAVE_MS = 3_000;
export const DOUBT_MS = 150;
export const HELLO_AGAIN_MS = 20_000;
/** Said hello so long ago, timers of once a minute included: gone without a word. */
export const TAB_GONE_MS = 180_000;
/** A timer so late says that this tab stood still: a visible one, and one whose timers come once a second. */
const LATE_MS = 700;
const LATE_HIDDEN_MS = 1_500;
export const MAX_TABS = 64;

export function initialElection(visible: { readonly visible: boolean }): ElectionState {
	return { status: "idle", visible: visible.visible, hiddenAt: null, term: 0 };
}

/** When to tick. Infinity: never. */
export function dueAt(state: ElectionState): number {
	switch (state.status) {
		case "idle":
		case "frozen":
		case "left":
		case "alone":
			return Number.POSITIVE_INFINITY;
		case "joining":
			return state.stealAt;
		case "claiming":
			return state.giveUpAt;
		case "following":
			return Math.min(state.quietAt, state.wantedUntil ?? Number.POSITIVE_INFINITY);
		case "succeeding":
			return Math.min(state.giveUpAt, state.quietAt);
		case "leading":
			return Math.min(state.doubtUntil ?? state.beatAt, state.leaveAt ?? Number.POSITIVE_INFINITY);
		default:
			return state satisfies never;
	}
}

/**
 * Whether a leader may have been stopped, and another put in its place meanwhile: it must not send
 * before it has looked.
 */
export function isInDoubt(state: ElectionState, now: number): boolean {
	if (state.status !== "leading") return false;
	return state.doubtUntil !== null || now - state.beatAt > leaseOf(state, now) - BEAT_MS;
}

export function isLedBy(state: ElectionState, tab: TabId): boolean {
	return (state.status === "following" || state.status === "succeeding") && state.leader === tab;
}

/** We were away ourselves: what was said meanwhile may lie unread behind this tick. */
export function isLate({ hiddenAt }: ElectionState, now: number, dueAt: number): boolean {
	return now - dueAt > (hiddenAt === null ? LATE_MS : LATE_HIDDEN_MS);
}

export function isTired({ hiddenAt }: ElectionState, now: number): boolean {
	return hiddenAt !== null && now - hiddenAt >= TIRED_AFTER_MS;
}

export function leaseOf(state: ElectionState, now: number): number {
	if (state.hiddenAt === null) return LEASE_MS;
	return isTired(state, now) ? TIRED_LEASE_MS : HIDDEN_LEASE_MS;
}
