/*
 *            started                  every endpoint failed, enterAfterMs passed, or offline
 *    idle ──────────▶ waiting ─────────────────────────────────────────────────▶ polling
 *                      │   ▲                                                        │
 *         link-settled │   │ link-lost                                 link-settled │
 *                      ▼   │                                                        │
 *                     linked ◀──────────────────────────────────────────────────────╯
 *
 *    any ── stopped ──▶ idle
 *
 * The mode that an app sees is computed from the phase and from its own holds: "polling" is the hold
 * named "connection". A hold alone never polls: the link still delivers.
 */
import { pushback } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { DegradedPolicy } from "../policy/policies.js";
import { growingWait, waitAfterPoll } from "./cadence.js";
import type { ModeEffect, ModeInput, PollOutcome } from "./contract.js";

export interface ModeView {
	readonly mode: "normal" | "degraded" | "offline";
	/** Monotonic: when this mode began. */
	readonly since: number;
	/** Names of what holds it. */
	readonly reasons: readonly string[];
}

/** One record, not one a phase: what an outage taught about the HTTP half outlives it. */
export interface ModeState {
	readonly phase: "idle" | "waiting" | "linked" | "polling";
	readonly dueAt: number;
	/** The window that announced the loss: the first poll spreads over it too. */
	readonly announcedMs: number | null;
	/** Names of the app's holds; one that was taken twice is there twice. */
	readonly holds: readonly string[];
	readonly online: boolean;
	/** The poll in flight. */
	readonly order: PollOrder | null;
	/** The app wants messages, not a peek. */
	readonly isWanted: boolean;
	/** When the last poll began. */
	readonly polledAt: number;
	/** The HTTP half's pushback: no poll before. */
	readonly notBefore: number;
	/** How far the interval has grown. */
	readonly step: number;
	/** Polls that failed in a row. */
	readonly failures: number;
	readonly pending: number | null;
	readonly mode: ModeView["mode"];
	readonly since: number;
}

type PollOrder = Extract<ModeEffect, { type: "poll" }>;
type InputOf<T> = Extract<ModeInput, { type: T }>;
type Reaction<T> = (
	state: ModeState,
	input: InputOf<T>,
	policy: ModePolicy,
	moment: Moment,
) => ModeState;

export type ModeStep = readonly [ModeState, readonly ModeEffect[]];
export type ModePolicy = DegradedPolicy & { readonly hasApi: boolean };

const NEVER = Number.POSITIVE_INFINITY;
/** Spread of the first poll where nobody announced the loss. */
const FIRST_POLL_MS = 1_000;
/** One failed poll may be the very blip that cost the link. */
const FAILURES_OFFLINE = 2;
/** Below the 30 s after which the strictest proxies cut a silent request. */
const LONG_POLL_MS = 25_000;

const NONE: readonly ModeEffect[] = [];
const STOP: readonly ModeEffect[] = [{ type: "stop-polling" }];

export function initialMode(): ModeState {
	return {
		phase: "idle",
		dueAt: NEVER,
		announcedMs: null,
		holds: [],
		online: true,
		order: null,
		isWanted: false,
		polledAt: -NEVER,
		notBefore: 0,
		step: 0,
		failures: 0,
		pending: null,
		mode: "normal",
		since: 0,
	};
}

/** When to tick. */
export function dueAt(state: ModeState): number {
	return state.dueAt;
}

export function modeOf({ mode, since, phase, holds }: ModeState): ModeView {
	const reasons = [...new Set(phase === "polling" ? ["connection", ...holds] : holds)];
	return { mode, since, reasons };
}

/** Messages known to wait at the server: null where polling is not manual, or nobody knows. */
export function pendingOf(state: ModeState): number | null {
	return state.pending;
}

export function transition(
	state: ModeState,
	input: ModeInput,
	policy: ModePolicy,
	moment: Moment,
): ModeStep {
	const react = REACTIONS[input.type] as Reaction<ModeInput["type"]>;
	const next = react(state, input, policy, moment);
	if (next === state) return [state, NONE];
	const mode = modeIn(next, policy);
	const since = mode === state.mode ? state.since : moment.now;
	return [{ ...next, mode, since }, ordersBetween(state, next)];
}

const REACTIONS: { readonly [T in ModeInput["type"]]: Reaction<T> } = {
	started: (state, _input, policy, moment) =>
		state.phase === "idle" ? wait(state, null, policy, moment) : state,
	stopped: (state) => rest(state, "idle"),
	"link-settled": (state) => (state.phase === "idle" ? state : rest(state, "linked")),
	"link-lost": (state, { announcedMs }, policy, moment) =>
		state.phase === "linked" ? wait(state, announcedMs, policy, moment) : state,
	"endpoints-exhausted": (state, { announcedMs }, policy, moment) =>
		state.phase === "waiting" ? enter(state, announcedMs, policy, moment) : state,
	held: (state, { reason }) => ({ ...state, holds: [...state.holds, reason] }),
	released: (state, { reason }) => {
		const at = state.holds.indexOf(reason);
		return at < 0 ? state : { ...state, holds: state.holds.filter((_, index) => index !== at) };
	},
	"online-changed": (state, { online }, policy, moment) =>
		state.online === online ? state : turn({ ...state, online }, policy, moment),
	polled: (state, { outcome }, policy, moment) =>
		state.order === null ? state : settle(state, outcome, policy, moment),
	"poll-requested": (state, _input, policy, moment) =>
		state.phase === "polling" && policy.hasApi ? request(state, policy, moment) : state,
	ticked: (state, _input, policy, moment) => {
		if (moment.now < state.dueAt) return state;
		return state.phase === "polling"
			? poll(state, policy, moment)
			: enter(state, null, policy, moment);
	},
};

/** No link yet, or no more. A device that says itself that it is offline is believed at once. */
function wait(
	state: ModeState,
	announcedMs: number | null,
	{ enterAfterMs }: ModePolicy,
	{ now }: Moment,
): ModeState {
	return {
		...state,
		phase: "waiting",
		announcedMs,
		dueAt: now + (state.online ? enterAfterMs : 0),
	};
}

/** An announced loss brings everybody here at once, so the first poll has the whole window. */
function enter(
	state: ModeState,
	announcedMs: number | null,
	policy: ModePolicy,
	moment: Moment,
): ModeState {
	const spanMs = announcedMs ?? state.announcedMs ?? FIRST_POLL_MS;
	return prove({ ...state, phase: "polling", dueAt: NEVER }, spanMs, policy, moment);
}

function rest(state: ModeState, phase: "idle" | "linked"): ModeState {
	if (state.phase === phase) return state;
	return { ...state, phase, dueAt: NEVER, order: null, isWanted: false, pending: null };
}

function turn(state: ModeState, policy: ModePolicy, moment: Moment): ModeState {
	if (state.phase === "waiting" && !state.online) return { ...state, dueAt: moment.now };
	return state.phase === "polling" ? prove(state, FIRST_POLL_MS, policy, moment) : state;
}

/**
 * What was known of the HTTP half counts no more: ask soon. Offline too, for browsers err about that.
 * Links that come and go, or a device that flaps, poll no more often than a long outage does.
 */
function prove(
	state: ModeState,
	spanMs: number,
	{ hasApi, intervalMs }: ModePolicy,
	{ now, random }: Moment,
): ModeState {
	const { online, order, notBefore, polledAt } = state;
	const failures = online ? 0 : FAILURES_OFFLINE;
	if (!hasApi || order !== null) return { ...state, failures };
	const soonAt = Math.max(now + random() * spanMs, notBefore, polledAt + intervalMs[0]);
	return { ...state, failures, step: 0, dueAt: Math.min(state.dueAt, soonAt) };
}

function request(state: ModeState, policy: ModePolicy, moment: Moment): ModeState {
	if (state.order !== null && state.isWanted) return state;
	const wanted = { ...state, isWanted: true };
	if (state.order !== null) return wanted;
	// Pushback holds for the impatient too.
	if (moment.now < state.notBefore) return { ...wanted, dueAt: state.notBefore };
	return poll(wanted, policy, moment);
}

function poll(state: ModeState, { polling }: ModePolicy, { now }: Moment): ModeState {
	const { isWanted, step, failures } = state;
	// The first one, and one after a failure, only asks whether HTTP works: publishes wait for that.
	const isHeld = polling === "long-poll" && step > 0 && failures === 0;
	const order: PollOrder = {
		type: "poll",
		peek: polling === "manual" && !isWanted,
		waitMs: isHeld ? LONG_POLL_MS : 0,
	};
	return { ...state, order, isWanted: false, dueAt: NEVER, polledAt: now };
}

function settle(
	state: ModeState,
	outcome: PollOutcome,
	policy: ModePolicy,
	moment: Moment,
): ModeState {
	const { now } = moment;
	const answered = { ...state, order: null };
	if (!outcome.ok) {
		const notBefore = now + pushback(outcome.retryAfterMs, moment);
		const dueAt = Math.max(now + growingWait(state.step, policy, moment), notBefore);
		const failures = state.failures + 1;
		return { ...answered, notBefore, dueAt, failures, step: state.step + 1 };
	}
	const pending = policy.polling === "manual" ? outcome.pending : null;
	const hasNews = outcome.received > 0 || Number(pending) > Number(state.pending);
	const step = hasNews ? 0 : state.step;
	const { polledAt } = state;
	const waitMs = waitAfterPoll({ ...outcome, step, polledAt }, policy, moment);
	const dueAt = now + (state.isWanted ? 0 : waitMs);
	return { ...answered, pending, step: step + 1, failures: 0, dueAt };
}

function modeIn({ phase, failures, holds }: ModeState, { hasApi }: ModePolicy): ModeView["mode"] {
	if (phase !== "polling") return holds.length > 0 ? "degraded" : "normal";
	return hasApi && failures < FAILURES_OFFLINE ? "degraded" : "offline";
}

function ordersBetween(before: ModeState, after: ModeState): readonly ModeEffect[] {
	if (before.phase === "polling" && after.phase !== "polling") return STOP;
	return after.order === before.order || after.order === null ? NONE : [after.order];
}
