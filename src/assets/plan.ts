/*
 *               a try failed, or the newest is hedgeAfterMs old: the next origin
 *              ╭──────────────────────────────╮
 *    started   │                              │        verified
 *   ─────────▶ asking (one try or several) ───┴─────────────────────▶ ended: these bytes, the others abandoned
 *              │   ▲
 *     every origin │ full jitter, growing; never ahead of an origin's Retry-After
 *     was asked │   │
 *              ▼   │                    no origin may be asked any more, and none is being asked
 *             pausing ────────────────────────────────────────────────▶ ended: failed
 *
 * One file's way through the origins, in their order and then round again: A B A B. Within the first
 * round nobody waits; from then on each try is a repeat, which the retry budget of its origin must
 * grant. An origin has one try at a time. What is verified, and what a failure is, the shell knows.
 */
import { pushback } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { Failure } from "./origins.js";

export interface FetchPolicy {
	readonly hedgeAfterMs: number;
	/** Of each try, to its last byte. */
	readonly timeoutMs: number;
	/** Tries at each origin. */
	readonly rounds: number;
}

export interface Flight {
	readonly id: number;
	readonly origin: string;
	readonly since: number;
}

export interface FetchState {
	readonly phase: "asking" | "ended";
	/** First the one whose turn it is. */
	readonly turns: readonly string[];
	/** How many tries have begun. */
	readonly tries: number;
	readonly flights: readonly Flight[];
	/** When the next try is due even if nothing happens: a hedge, or the end of a pause. */
	readonly nextAt: number;
	/** Origin → not before, as it asked. */
	readonly notBefore: Readonly<Record<string, number>>;
	/** The last failure of each origin. */
	readonly failures: Readonly<Record<string, Failure>>;
}

export type FetchInput =
	| { readonly type: "started" | "ticked" | "stopped" }
	/** The bytes of this try are the right ones. */
	| { readonly type: "verified"; readonly id: number }
	| {
			readonly type: "failed";
			readonly id: number;
			readonly failure: Failure;
			readonly retryAfterMs?: number;
	  }
	/** The budget grants no repeat. */
	| { readonly type: "denied"; readonly id: number };

export type FetchEffect =
	/** A repeat needs the consent of its origin's budget. */
	| { readonly type: "fetch"; readonly flight: Flight; readonly isRepeat: boolean }
	| { readonly type: "abandon"; readonly id: number }
	| { readonly type: "blame"; readonly origin: string; readonly failure: Failure }
	/** No more fetches: the verified try's bytes, or none. */
	| { readonly type: "end"; readonly id: number | null };

export type FetchStep = readonly [FetchState, readonly FetchEffect[]];

const NEVER = Number.POSITIVE_INFINITY;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Whom an origin asks to wait for longer is told now that the file can't be had. */
const PATIENCE_MS = 30_000;
const NONE: readonly FetchEffect[] = [];

export function initialFetch(origins: readonly string[]): FetchState {
	return {
		phase: "asking",
		turns: origins,
		tries: 0,
		flights: [],
		nextAt: NEVER,
		notBefore: {},
		failures: {},
	};
}

/** When to tick. */
export function dueAt({ phase, nextAt, flights }: FetchState, { timeoutMs }: FetchPolicy): number {
	if (phase === "ended") return NEVER;
	return Math.min(nextAt, ...flights.map(({ since }) => since + timeoutMs));
}

export function transition(
	state: FetchState,
	input: FetchInput,
	policy: FetchPolicy,
	moment: Moment,
): FetchStep {
	if (state.phase === "ended") return [state, NONE];
	switch (input.type) {
		case "started":
			return state.tries === 0 ? ask(state, policy, moment) : [state, NONE];
		case "ticked":
			return tick(state, policy, moment);
		case "stopped":
			return end(state, null);
		case "verified":
			return has(state, input.id) ? win(state, input.id) : [state, NONE];
		case "failed":
			return has(state, input.id) ? lose(state, input, policy, moment) : [state, NONE];
		case "denied":
			return ask(silenced(state, input.id), policy, moment);
		default:
			return input satisfies never;
	}
}

/** Its origin gets no more tries; another may still have some. */
function silenced(state: FetchState, id: number): FetchState {
	const { origin = "" } = state.flights.find((flight) => flight.id === id) ?? {};
	return without({ ...state, notBefore: { ...state.notBefore, [origin]: NEVER } }, id);
}

/** The next origin that has no try in flight. */
function ask(state: FetchState, policy: FetchPolicy, { now }: Moment): FetchStep {
	const { turns, tries, flights, notBefore } = state;
	const isFree = (origin: string): boolean => !flights.some((flight) => flight.origin === origin);
	if (isSpent(state, policy)) return settle({ ...state, nextAt: NEVER }, NONE);
	const origin = turns.find((it) => isFree(it) && (notBefore[it] ?? 0) <= now);
	if (origin === undefined) return settle({ ...state, nextAt: later(state, now) }, NONE);
	const flight = { id: tries, origin, since: now };
	const next = {
		...state,
		turns: [...turns.filter((it) => it !== origin), origin],
		tries: tries + 1,
		flights: [...flights, flight],
		nextAt: now + policy.hedgeAfterMs,
	};
	return [next, [{ type: "fetch", flight, isRepeat: tries >= turns.length }]];
}

/** All that are free have asked for patience: when the first of them may be asked, if that is soon. */
function later({ turns, flights, notBefore }: FetchState, now: number): number {
	const free = turns.filter((origin) => !flights.some((flight) => flight.origin === origin));
	const instants = free.map((origin) => notBefore[origin] ?? 0);
	return Math.min(NEVER, ...instants.filter((at) => at > now && at <= now + PATIENCE_MS));
}

const isSpent = ({ turns, tries }: FetchState, { rounds }: FetchPolicy): boolean =>
	tries >= turns.length * rounds;

function tick(state: FetchState, policy: FetchPolicy, moment: Moment): FetchStep {
	const late = state.flights.find(({ since }) => moment.now >= since + policy.timeoutMs);
	if (late !== undefined) {
		const { id } = late;
		const step = lose(state, { type: "failed", id, failure: "timeout" }, policy, moment);
		// Several may be late: a tick after a sleep finds all of them.
		return chain([step[0], [{ type: "abandon", id }, ...step[1]]], (next) =>
			tick(next, policy, moment),
		);
	}
	return moment.now >= state.nextAt ? ask(state, policy, moment) : [state, NONE];
}

function lose(
	state: FetchState,
	{ id, failure, retryAfterMs = 0 }: Extract<FetchInput, { type: "failed" }>,
	policy: FetchPolicy,
	moment: Moment,
): FetchStep {
	const { origin = "" } = state.flights.find((flight) => flight.id === id) ?? {};
	const quietMs = retryAfterMs > 0 ? pushback(retryAfterMs, moment) : 0;
	const next = without(
		{
			...state,
			failures: { ...state.failures, [origin]: failure },
			notBefore: { ...state.notBefore, [origin]: moment.now + quietMs },
		},
		id,
	);
	const blame: FetchEffect = { type: "blame", origin, failure };
	const repeats = state.tries - state.turns.length;
	if (repeats < 0) {
		const [asked, effects] = ask(next, policy, moment);
		return [asked, [blame, ...effects]];
	}
	const pauseMs = moment.random() * Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** repeats);
	const nextAt = isSpent(state, policy) ? NEVER : moment.now + pauseMs;
	return settle({ ...next, nextAt }, [blame]);
}

/** Who was asked earlier and has not answered yet was too slow; who was asked later had less time. */
function win(state: FetchState, id: number): FetchStep {
	const slow = state.flights.filter((flight) => flight.id < id);
	const blames = slow.map(
		({ origin }): FetchEffect => ({ type: "blame", origin, failure: "slow" }),
	);
	const [next, effects] = end(without(state, id), id);
	return [next, [...blames, ...effects]];
}

/** Nothing in flight and nothing due: it has failed. */
function settle(state: FetchState, effects: readonly FetchEffect[]): FetchStep {
	if (state.flights.length > 0 || state.nextAt < NEVER) return [state, effects];
	return chain([state, effects], (next) => end(next, null));
}

function end(state: FetchState, id: number | null): FetchStep {
	const abandoned = state.flights.map(
		(flight): FetchEffect => ({ type: "abandon", id: flight.id }),
	);
	const next: FetchState = { ...state, phase: "ended", flights: [], nextAt: NEVER };
	return [next, [...abandoned, { type: "end", id }]];
}

function chain([state, effects]: FetchStep, then: (state: FetchState) => FetchStep): FetchStep {
	const [next, more] = then(state);
	return [next, [...effects, ...more]];
}

const has = ({ flights }: FetchState, id: number): boolean =>
	flights.some((flight) => flight.id === id);

const without = (state: FetchState, id: number): FetchState => ({
	...state,
	flights: state.flights.filter((flight) => flight.id !== id),
});
