/*
 *         tuned                silent for idleMs, or probed: ping
 *   deaf ───────▶ listening ───────────────────────────────────────▶ asking ───────────────▶ dead
 *                     ▲                                               │  ▲ │  no answer in time:
 *                     ╰──────────────────── heard ────────────────────╯  ╰─╯  pronounce-dead
 *                                                            tick too late: ping
 *
 * It begins with the welcome: before that, the dial's deadline keeps watch.
 *
 * Any byte that comes in is life; what goes out proves nothing: a black hole swallows it for minutes.
 * A tick that comes late says that we were away (a blocked event loop, a throttled page, a laptop that
 * slept), so the answer may lie unread behind it: we ask again before we judge.
 */
import type { Moment } from "./moment.js";
import type { HeartbeatPolicy } from "./policies.js";

type Beat = Pick<HeartbeatPolicy, "idleMs" | "timeoutMs">;

export type HeartbeatState =
	| { readonly status: "deaf" | "dead"; readonly beat: Beat }
	| { readonly status: "listening"; readonly beat: Beat; readonly heardAt: number }
	| {
			readonly status: "asking";
			readonly beat: Beat;
			readonly deadAt: number;
			/** Asked because of a wake, on the shorter deadline. */
			readonly isProbe: boolean;
			/** Late ticks in this silence. */
			readonly late: number;
	  };

export type HeartbeatInput =
	/** Bytes came in. The hot path: `heard()` does the same. */
	| { readonly type: "heard" | "probed" | "ticked" }
	/** The welcome has come, with `heartbeatMs` and `timeoutMs`. What is not positive stays as it was. */
	| { readonly type: "tuned"; readonly idleMs: number; readonly timeoutMs: number };

export type HeartbeatEffect = { readonly type: "ping" } | { readonly type: "pronounce-dead" };
export type HeartbeatStep = readonly [HeartbeatState, readonly HeartbeatEffect[]];

/** A tick is late when it comes later than a timer of a healthy page would. */
const LATE_MS = 1_000;
/** In throttled pages every tick is late: after so many in one silence the peer is dead all the same. */
const PATIENCE = 2;
/** A server may not make us ask without pause. */
const SHORTEST_MS = 100;

const NONE: readonly HeartbeatEffect[] = [];
const PING: readonly HeartbeatEffect[] = [{ type: "ping" }];
const DEAD: readonly HeartbeatEffect[] = [{ type: "pronounce-dead" }];

/** One for each link. */
export function initial({ idleMs, timeoutMs }: HeartbeatPolicy): HeartbeatState {
	return { status: "deaf", beat: { idleMs, timeoutMs } };
}

/** When to tick; it only ever moves later by `heard`, so a shell may re-arm its timer lazily. */
export function dueAt(state: HeartbeatState): number {
	switch (state.status) {
		case "listening":
			return state.heardAt + state.beat.idleMs;
		case "asking":
			return state.deadAt;
		case "deaf":
		case "dead":
			return Number.POSITIVE_INFINITY;
		default:
			return state satisfies never;
	}
}

/** For each chunk that comes in, up to 100,000 a second. */
export function heard(state: HeartbeatState, now: number): HeartbeatState {
	return isAlive(state) ? listen(state.beat, now) : state;
}

export function transition(
	state: HeartbeatState,
	input: HeartbeatInput,
	policy: HeartbeatPolicy,
	{ now }: Moment,
): HeartbeatStep {
	if (input.type === "tuned") return [tune(state, input, now), NONE];
	if (!isAlive(state)) return [state, NONE];
	switch (input.type) {
		case "heard":
			return [heard(state, now), NONE];
		case "probed":
			return probe(state, policy.probeMs, now);
		case "ticked":
			return now < dueAt(state) ? [state, NONE] : tick(state, now);
		default:
			return input satisfies never;
	}
}

type Alive = Extract<HeartbeatState, { status: "listening" | "asking" }>;

const isAlive = (state: HeartbeatState): state is Alive =>
	state.status === "listening" || state.status === "asking";
const listen = (beat: Beat, now: number): HeartbeatState => ({
	status: "listening",
	beat,
	heardAt: now,
});

/** Wakes come in swarms (online, visible, page shown): one question serves them all. */
function probe(state: Alive, probeMs: number, now: number): HeartbeatStep {
	if (state.status === "asking" && state.isProbe && now <= state.deadAt) return [state, NONE];
	return [
		{ status: "asking", beat: state.beat, deadAt: now + probeMs, isProbe: true, late: 0 },
		PING,
	];
}

function tick(state: Alive, now: number): HeartbeatStep {
	const { beat } = state;
	const late = state.status === "listening" ? 0 : state.late + 1;
	if (state.status === "asking" && (now - state.deadAt <= LATE_MS || late > PATIENCE))
		return [{ status: "dead", beat }, DEAD];
	return [{ status: "asking", beat, deadAt: now + beat.timeoutMs, isProbe: false, late }, PING];
}

function tune(state: HeartbeatState, told: Beat, now: number): HeartbeatState {
	if (state.status === "dead") return state;
	const { idleMs, timeoutMs } = state.beat;
	const beat = { idleMs: sane(told.idleMs, idleMs), timeoutMs: sane(told.timeoutMs, timeoutMs) };
	return state.status === "deaf" ? listen(beat, now) : { ...state, beat };
}

const sane = (toldMs: number, beforeMs: number): number =>
	toldMs > 0 ? Math.max(SHORTEST_MS, toldMs) : beforeMs;
