/*
 * Which tab holds the one connection. The lock decides; beats say that its holder is awake.
 *
 *   opened ─▶ joining ──────────────── a beat ──────────────▶ following ◀───────────────╮
 *               │ │ ╰── granted ──╮                             │  │  │ yield to us      │ gave up,
 *               │ │               ▼                             │  │  ▼                  │ another leads
 *               │ │ silence    leading ◀────── granted ─────────╯  │ succeeding ─────────┤
 *               │ ▼               ▲ │                              │  │ connected         │
 *               │ claiming ───────╯ │ taken: step down ─▶ joining  │  ▼ (steal)           │
 *               │ ▲ │               ╰──────────────────────────────┼─ claiming ──────────╯
 *               │ ╰─┼──────────────── leader silent ───────────────╯
 *               ▼   ▼ not granted in time
 *             refused ─▶ alone: a connection of its own          frozen ── thawed ──▶ joining
 *
 * A leader that leaves, or is hidden for long, asks another to connect first (make before break) and to
 * take the lock then. One that dies gives the lock up by that; one that is frozen keeps it in silence,
 * and it is stolen. One that stood still and wakes sends nothing until it knows whether it still leads.
 */
import type { Moment } from "../policy/moment.js";
import type { ElectionEffect, ElectionInput, Signal, TabId } from "./contract.js";
import {
	BEAT_MS,
	CLAIM_MS,
	DOUBT_MS,
	type ElectionState,
	HEIR_MS,
	HELLO_AGAIN_MS,
	type In,
	isInDoubt,
	isLate,
	isTired,
	JITTER_MS,
	type KnownTab,
	LEASE_MS,
	LEAVE_MS,
	LONGEST_LEASE_MS,
	leaseOf,
	MAX_TABS,
	type Phase,
	TAB_GONE_MS,
	WANT_MS,
} from "./election-state.js";

export { dueAt, type ElectionState, initialElection, isInDoubt } from "./election-state.js";

export type Step = readonly [ElectionState, readonly ElectionEffect[]];

const NONE: readonly ElectionEffect[] = [];
const stay = (state: ElectionState): Step => [state, NONE];
const say = (signal: Signal): ElectionEffect => ({ type: "say", signal });

/** `self`: so that a message of our own, should one come back, is no other's. */
export function transition(
	state: ElectionState,
	input: ElectionInput,
	self: TabId,
	moment: Moment,
): Step {
	switch (input.type) {
		case "opened":
			return isAway(state) ? join(state, moment) : stay(state);
		case "granted":
			return isAway(state) || state.status === "alone"
				? [state, [{ type: "drop-lock" }]]
				: lead(state, moment);
		case "taken":
			return state.status === "leading" ? depose(state, moment) : stay(state);
		case "refused":
			return state.status === "joining" || state.status === "claiming"
				? standAlone(state, "lock-not-granted")
				: stay(state);
		case "heard":
			return input.from === self ? stay(state) : hear(state, input, self, moment);
		case "looked":
			return look(state, input, moment);
		case "connected":
			return state.status === "succeeding" ? claim(state, moment) : stay(state);
		case "frozen":
			return freeze(state);
		case "thawed":
			return state.status === "frozen" ? join(state, moment) : stay(state);
		case "leave-requested":
			return leave(state, moment);
		case "barred":
			return isAway(state) ? stay(state) : standAlone(state, input.reason);
		case "ticked":
			return tick(state, moment);
		default:
			return input satisfies never;
	}
}

const isAway = ({ status }: ElectionState): boolean =>
	status === "idle" || status === "left" || status === "frozen";

function enter(state: ElectionState, phase: Phase): ElectionState {
	const { visible, hiddenAt, term } = state;
	return { visible, hiddenAt, term, ...phase };
}

function patience({ now, random }: Moment, leaseMs = LEASE_MS): number {
	return now + Math.min(leaseMs, LONGEST_LEASE_MS) + random() * JITTER_MS;
}

function join(state: ElectionState, moment: Moment): Step {
	const next = enter(state, { status: "joining", stealAt: patience(moment) });
	return [next, [{ type: "queue-for-lock" }, say({ type: "hello", visible: state.visible })]];
}

function claim(state: ElectionState, { now }: Moment): Step {
	return [
		enter(state, { status: "claiming", giveUpAt: now + CLAIM_MS }),
		[{ type: "steal-lock" }],
	];
}

function standAlone(state: ElectionState, reason: In<"alone">["reason"]): Step {
	return [
		enter(state, { status: "alone", reason }),
		[say({ type: "bye" }), { type: "drop-lock" }, { type: "stand-alone", reason }],
	];
}

function lead(state: ElectionState, { now }: Moment): Step {
	if (state.status === "leading") return stay(state);
	const next: ElectionState = {
		...enter(state, {
			status: "leading",
			beatAt: now + BEAT_MS,
			tabs: [],
			heir: null,
			leaveAt: null,
			doubtUntil: null,
		}),
		term: state.term + 1,
	};
	return [next, [{ type: "lead" }, beat(next, now)]];
}

function beat(state: ElectionState, now: number): ElectionEffect {
	const { term } = state;
	return say({ type: "beat", term, leaseMs: leaseOf(state, now), isTired: isTired(state, now) });
}

/** Another has the lock: whoever it is will beat. */
function depose(state: In<"leading">, moment: Moment): Step {
	if (state.leaveAt !== null) return [enter(state, { status: "left" }), [{ type: "leave" }]];
	const inGrace = state.heir !== null && state.doubtUntil === null;
	const [next, effects] = join(state, moment);
	return [next, [{ type: "step-down", inGrace }, ...effects]];
}

function freeze(state: ElectionState): Step {
	if (isAway(state) || state.status === "alone") return stay(state);
	const goes: ElectionEffect[] = [say({ type: "bye" }), { type: "drop-lock" }];
	if (state.status === "leading") goes.unshift({ type: "step-down", inGrace: false });
	if (state.status === "succeeding") goes.unshift({ type: "give-up-dial" });
	return [enter(state, { status: "frozen" }), goes];
}

function leave(state: ElectionState, { now }: Moment): Step {
	if (state.status === "leading" && state.leaveAt === null) {
		const heir = state.tabs.find(({ visible }) => visible) ?? state.tabs.at(-1);
		if (heir !== undefined) {
			const until = now + LEAVE_MS;
			const next = { ...state, leaveAt: until, heir: { id: heir.id, until } };
			return [next, [say({ type: "yield", to: heir.id })]];
		}
	}
	const isOut = isAway(state) || state.status === "alone";
	const goes: readonly ElectionEffect[] = [say({ type: "bye" }), { type: "drop-lock" }];
	return [enter(state, { status: "left" }), [...(isOut ? NONE : goes), { type: "leave" }]];
}

function look(
	state: ElectionState,
	{ visible }: Extract<ElectionInput, { type: "looked" }>,
	moment: Moment,
): Step {
	if (visible === state.visible) return stay(state);
	const next = { ...state, visible, hiddenAt: visible ? null : moment.now };
	if (isAway(next) || next.status === "alone") return stay(next);
	// Who leads answers with a beat, and a beat of one that is tired makes us want to.
	if (next.status === "leading") return [next, [beat(next, moment.now)]];
	return [next, [say({ type: "hello", visible })]];
}

type Heard = Extract<ElectionInput, { type: "heard" }>;

function hear(state: ElectionState, { from, signal }: Heard, self: TabId, moment: Moment): Step {
	if (isAway(state) || state.status === "alone") return stay(state);
	switch (signal.type) {
		case "hello":
			return state.status === "leading" ? greet(state, from, signal, moment) : stay(state);
		case "bye":
			return part(state, from, moment);
		case "beat":
			return hearBeat(state, from, signal, moment);
		case "want":
			return state.status === "leading" ? consider(state, from, moment) : stay(state);
		case "yield":
			return hearYield(state, from, signal.to === self ? "us" : "another", moment);
		case "full":
			return signal.to === self && state.status !== "leading" ? standAlone(state, "full") : stay(state);
		default:
			return signal satisfies never;
	}
}

function greet(
	state: In<"leading">,
	from: TabId,
	{ visible }: Extract<Signal, { type: "hello" }>,
	{ now }: Moment,
): Step {
	const isKnown = state.tabs.some(({ id }) => id === from);
	if (!isKnown && state.tabs.length >= MAX_TABS)
		return [state, [say({ type: "full", to: from })]];
	const seen: KnownTab = { id: from, visible, seenAt: now };
	const tabs = [...state.tabs.filter(({ id }) => id !== from), seen];
	return [{ ...state, tabs }, [beat(state, now)]];
}

function part(state: ElectionState, from: TabId, moment: Moment): Step {
	if (state.status === "leading") {
		if (!state.tabs.some(({ id }) => id === from)) return stay(state);
		const tabs = state.tabs.filter(({ id }) => id !== from);
		return [{ ...state, tabs }, [{ type: "forget", tab: from }]];
	}
	// The lock goes to the next in the queue. Should that one be frozen, silence is its end.
	if (state.status === "following" && state.leader === from)
		return stay(enter(state, { status: "joining", stealAt: patience(moment) }));
	return stay(state);
}

type Beat = Extract<Signal, { type: "beat" }>;

function hearBeat(state: ElectionState, from: TabId, signal: Beat, moment: Moment): Step {
	const { term } = signal;
	if (state.status === "leading") {
		if (term > state.term) {
			const [next, effects] = depose({ ...state, term }, moment);
			return [next, [{ type: "drop-lock" }, ...effects]];
		}
		// It has been deposed, and does not know yet.
		return term < state.term ? [state, [beat(state, moment.now)]] : stay(state);
	}
	if (term < state.term || (state.status === "claiming" && term === state.term)) return stay(state);
	return obey({ ...state, term }, from, signal, moment);
}

function obey(state: ElectionState, from: TabId, signal: Beat, moment: Moment): Step {
	const quietAt = patience(moment, signal.leaseMs);
	if (state.status === "succeeding" && state.leader === from) return stay({ ...state, quietAt });
	const effects: ElectionEffect[] = [];
	if (state.status === "succeeding") effects.push({ type: "give-up-dial" });
	if (state.status === "claiming") effects.push({ type: "drop-lock" }, { type: "queue-for-lock" });
	const isSame = state.status === "following" && state.leader === from;
	if (!isSame) effects.push({ type: "follow", leader: from });
	const { now } = moment;
	let helloAt = isSame ? state.helloAt : now;
	if (helloAt <= now) {
		helloAt = now + HELLO_AGAIN_MS;
		effects.push(say({ type: "hello", visible: state.visible }));
	}
	let wantedUntil = isSame ? state.wantedUntil : null;
	const wantAfter = isSame ? state.wantAfter : now;
	if (!signal.isTired || !state.visible) wantedUntil = null;
	else if (wantedUntil === null && now >= wantAfter) {
		wantedUntil = now + WANT_MS;
		effects.push(say({ type: "want" }));
	}
	const leader = from;
	const next = { status: "following", leader, quietAt, helloAt, wantedUntil, wantAfter } as const;
	return [enter(state, next), effects];
}

function consider(state: In<"leading">, from: TabId, { now }: Moment): Step {
	const isTaken = state.heir !== null && now < state.heir.until;
	if (isTaken || !isTired(state, now)) return [state, [beat(state, now)]];
	return [
		{ ...state, heir: { id: from, until: now + HEIR_MS } },
		[say({ type: "yield", to: from })],
	];
}

function hearYield(
	state: ElectionState,
	from: TabId,
	to: "us" | "another",
	moment: Moment,
): Step {
	if (state.status !== "following" || state.leader !== from) return stay(state);
	const until = moment.now + HEIR_MS;
	if (to === "another") return stay({ ...state, wantedUntil: null, wantAfter: until });
	const { leader, quietAt } = state;
	return [
		enter(state, { status: "succeeding", leader, quietAt, giveUpAt: until }),
		[{ type: "dial-beside" }],
	];
}

function tick(state: ElectionState, moment: Moment): Step {
	const { now } = moment;
	switch (state.status) {
		case "joining":
			if (now < state.stealAt) return stay(state);
			return isLate(state, now, state.stealAt) ? join(state, moment) : claim(state, moment);
		case "claiming":
			return now < state.giveUpAt ? stay(state) : standAlone(state, "lock-not-granted");
		case "following":
			return miss(state, moment);
		case "succeeding": {
			if (now >= state.quietAt) return [claim(state, moment)[0], [{ type: "steal-lock" }]];
			if (now < state.giveUpAt) return stay(state);
			const [next, effects] = join(state, moment);
			return [next, [{ type: "give-up-dial" }, ...effects]];
		}
		case "leading":
			return pulse(state, moment);
		default:
			return stay(state);
	}
}

function miss(state: In<"following">, moment: Moment): Step {
	const { now } = moment;
	const { quietAt, wantedUntil } = state;
	const dueAt = Math.min(quietAt, wantedUntil ?? quietAt);
	if (now < dueAt) return stay(state);
	if (!isLate(state, now, dueAt)) return claim(state, moment);
	const next = { ...state, quietAt: patience(moment), wantedUntil: null };
	return [next, [say({ type: "hello", visible: state.visible })]];
}

function pulse(state: In<"leading">, { now }: Moment): Step {
	if (state.leaveAt !== null && now >= state.leaveAt) {
		const goes: ElectionEffect[] = [say({ type: "bye" }), { type: "drop-lock" }, { type: "leave" }];
		return [enter(state, { status: "left" }), goes];
	}
	if (state.doubtUntil !== null) {
		if (now < state.doubtUntil) return stay(state);
		const next = { ...state, doubtUntil: null, beatAt: now + BEAT_MS };
		return [next, [{ type: "resume" }, beat(next, now)]];
	}
	if (now < state.beatAt) return stay(state);
	if (isInDoubt(state, now)) {
		// Whoever leads by now answers this with a beat of a higher term.
		const doubt: ElectionEffect[] = [{ type: "pause" }, say({ type: "hello", visible: state.visible })];
		return [{ ...state, doubtUntil: now + DOUBT_MS }, doubt];
	}
	const gone = state.tabs.filter(({ seenAt }) => now - seenAt > TAB_GONE_MS);
	const tabs = gone.length === 0 ? state.tabs : state.tabs.filter((tab) => !gone.includes(tab));
	const forgotten = gone.map(({ id }) => ({ type: "forget", tab: id }) as const);
	return [{ ...state, tabs, beatAt: now + BEAT_MS }, [...forgotten, beat(state, now)]];
}
