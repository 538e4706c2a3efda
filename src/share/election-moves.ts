/* Steps of the election that several inputs lead to. */
import type { Moment } from "../policy/moment.js";
import type { ElectionEffect, Signal } from "./contract.js";
import {
	CLAIM_MS,
	type ElectionState,
	type In,
	isTired,
	JITTER_MS,
	LEASE_MS,
	LONGEST_LEASE_MS,
	leaseOf,
	type Phase,
} from "./election-state.js";

export type Step = readonly [ElectionState, readonly ElectionEffect[]];

export const NONE: readonly ElectionEffect[] = [];

export const stay = (state: ElectionState): Step => [state, NONE];

export const say = (signal: Signal): ElectionEffect => ({ type: "say", signal });

export const isAway = ({ status }: ElectionState): boolean =>
	status === "idle" || status === "left" || status === "frozen";

/** Connecting beside the leader, or done with that and about to lead. */
export const mayDial = ({ status }: ElectionState): boolean =>
	status === "succeeding" || status === "claiming";

export function enter(state: ElectionState, phase: Phase): ElectionState {
	const { visible, hiddenAt, term } = state;
	return { visible, hiddenAt, term, ...phase };
}

export function patience({ now, random }: Moment, leaseMs = LEASE_MS): number {
	return now + Math.min(leaseMs, LONGEST_LEASE_MS) + random() * JITTER_MS;
}

export function join(state: ElectionState, moment: Moment): Step {
	const next = enter(state, { status: "joining", stealAt: patience(moment) });
	return [next, [{ type: "queue-for-lock" }, say({ type: "hello", visible: state.visible })]];
}

export function claim(state: ElectionState, { now }: Moment): Step {
	return [enter(state, { status: "claiming", giveUpAt: now + CLAIM_MS }), [{ type: "steal-lock" }]];
}

export function standAlone(state: ElectionState, reason: In<"alone">["reason"]): Step {
	return [
		enter(state, { status: "alone", reason }),
		[say({ type: "bye" }), { type: "drop-lock" }, { type: "stand-alone", reason }],
	];
}

export function beat(state: ElectionState, now: number): ElectionEffect {
	const { term } = state;
	return say({ type: "beat", term, leaseMs: leaseOf(state, now), isTired: isTired(state, now) });
}

/** Another has the lock: whoever it is will beat. */
export function depose(state: In<"leading">, moment: Moment): Step {
	if (state.leaveAt !== null) return [enter(state, { status: "left" }), [{ type: "leave" }]];
	const inGrace = state.heir !== null && state.doubtUntil === null;
	const [next, effects] = join(state, moment);
	return [next, [{ type: "step-down", inGrace }, ...effects]];
}
