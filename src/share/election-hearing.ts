/* What a tab makes of what the others say. */
import type { Moment } from "../policy/moment.js";
import type { ElectionEffect, ElectionInput, Signal, TabId } from "./contract.js";
import {
	beat,
	depose,
	enter,
	isAway,
	mayDial,
	patience,
	type Step,
	say,
	standAlone,
	stay,
} from "./election-moves.js";
import {
	type ElectionState,
	HEIR_MS,
	HELLO_AGAIN_MS,
	type In,
	isTired,
	type KnownTab,
	MAX_TABS,
	WANT_MS,
} from "./election-state.js";

type Heard = Extract<ElectionInput, { type: "heard" }>;

export function hear(
	state: ElectionState,
	{ from, signal }: Heard,
	self: TabId,
	moment: Moment,
): Step {
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
			return signal.to === self && state.status !== "leading"
				? standAlone(state, "full")
				: stay(state);
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
	if (!isKnown && state.tabs.length >= MAX_TABS) return [state, [say({ type: "full", to: from })]];
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
	if (mayDial(state)) effects.push({ type: "give-up-dial" });
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

function hearYield(state: ElectionState, from: TabId, to: "us" | "another", moment: Moment): Step {
	if (state.status !== "following" || state.leader !== from) return stay(state);
	const until = moment.now + HEIR_MS;
	if (to === "another") return stay({ ...state, wantedUntil: null, wantAfter: until });
	const { leader, quietAt } = state;
	return [
		enter(state, { status: "succeeding", leader, quietAt, giveUpAt: until }),
		[{ type: "dial-beside" }],
	];
}
