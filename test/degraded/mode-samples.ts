/* Facts and states of the mode machine that its tests begin from. */
import type { ModeInput } from "../../src/degraded/contract.js";
import {
	dueAt,
	initialMode,
	type ModePolicy,
	type ModeState,
	type ModeStep,
	transition,
} from "../../src/degraded/mode.js";
import type { Moment } from "../../src/policy/moment.js";
import { DEGRADED } from "../../src/policy/policies.js";

export const policy: ModePolicy = { ...DEGRADED, hasApi: true };
export const NOW = 1_000_000;

export const answered = (outcome: object = {}): ModeInput => ({
	type: "polled",
	outcome: { ok: true, pollAfterMs: 0, received: 0, pending: 0, ...outcome },
});
export const failed = (retryAfterMs = 0): ModeInput => ({
	type: "polled",
	outcome: { ok: false, retryAfterMs },
});
export const lost = { type: "link-lost", announcedMs: null } as const;
export const exhausted = { type: "endpoints-exhausted", announcedMs: null } as const;
export const offline = { type: "online-changed", online: false } as const;
export const online = { type: "online-changed", online: true } as const;
export const facts = (
	...types: ("started" | "stopped" | "link-settled" | "poll-requested")[]
): ModeInput[] => types.map((type) => ({ type }));

export function step(state: ModeState, input: ModeInput): ModeStep {
	return transition(state, input, policy, at(NOW));
}

export function given(state: ModeState, ...inputs: readonly ModeInput[]): ModeState {
	return inputs.reduce((current, input) => step(current, input)[0], state);
}

export function due(state: ModeState): ModeStep {
	return transition(state, { type: "ticked" }, policy, at(dueAt(state)));
}

export function at(now: number, draw = 0.5): Moment {
	return { now, random: () => draw };
}

export const waiting = given(initialMode(), ...facts("started"));
export const linked = given(waiting, ...facts("link-settled"));
export const polling = given(waiting, exhausted);
export const asking = due(polling)[0];
