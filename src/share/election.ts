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
import type { ElectionEffect, ElectionInput, TabId } from "./contract.js";
import { hear } from "./election-hearing.js";
import {
	beat,
	claim,
	depose,
	enter,
	isAway,
	join,
	mayDial,
	NONE,
	patience,
	type Step,
	say,
	standAlone,
	stay,
} from "./election-moves.js";
import {
	BEAT_MS,
	DOUBT_MS,
	type ElectionState,
	type In,
	isInDoubt,
	isLate,
	LEAVE_MS,
	TAB_GONE_MS,
} from "./election-state.js";

export {
	dueAt,
	type ElectionState,
	initialElection,
	isInDoubt,
	isLedBy,
} from "./election-state.js";

type Fact<T extends ElectionInput["type"]> = Extract<ElectionInput, { type: T }>;
type Heed<T extends ElectionInput["type"]> = (
	state: ElectionState,
	input: Fact<T>,
	moment: Moment,
	self: TabId,
) => Step;

/** `self`: so that a message of our own, should one come back, is no other's. */
export function transition(
	state: ElectionState,
	input: ElectionInput,
	self: TabId,
	moment: Moment,
): Step {
	const heed = HEED[input.type] as Heed<ElectionInput["type"]>;
	return heed(state, input, moment, self);
}

/** Complete by type: a new fact does not compile until something heeds it. */
const HEED: { readonly [T in ElectionInput["type"]]: Heed<T> } = {
	opened: (state, _, moment) => (isAway(state) ? join(state, moment) : stay(state)),
	granted: (state, _, moment) =>
		isAway(state) || state.status === "alone"
			? [state, [{ type: "drop-lock" }]]
			: lead(state, moment),
	taken: (state, _, moment) => (state.status === "leading" ? depose(state, moment) : stay(state)),
	refused: (state) =>
		state.status === "joining" || state.status === "claiming"
			? standAlone(state, "lock-not-granted")
			: stay(state),
	heard: (state, input, moment, self) =>
		input.from === self ? stay(state) : hear(state, input, self, moment),
	looked: look,
	connected: (state, _, moment) =>
		state.status === "succeeding" ? claim(state, moment) : stay(state),
	frozen: freeze,
	thawed: (state, _, moment) => (state.status === "frozen" ? join(state, moment) : stay(state)),
	"leave-requested": (state, _, moment) => leave(state, moment),
	barred: (state, { reason }) => (isAway(state) ? stay(state) : standAlone(state, reason)),
	ticked: (state, _, moment) => tick(state, moment),
};

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

function freeze(state: ElectionState): Step {
	if (isAway(state) || state.status === "alone") return stay(state);
	const goes: ElectionEffect[] = [say({ type: "bye" }), { type: "drop-lock" }];
	if (state.status === "leading") goes.unshift({ type: "step-down", inGrace: false });
	if (mayDial(state)) goes.unshift({ type: "give-up-dial" });
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

function look(state: ElectionState, { visible }: Fact<"looked">, moment: Moment): Step {
	if (visible === state.visible) return stay(state);
	const next = { ...state, visible, hiddenAt: visible ? null : moment.now };
	if (isAway(next) || next.status === "alone") return stay(next);
	// Who leads answers with a beat, and a beat of one that is tired makes us want to.
	if (next.status === "leading") return [next, [beat(next, moment.now)]];
	return [next, [say({ type: "hello", visible })]];
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
		const doubt: ElectionEffect[] = [
			{ type: "pause" },
			say({ type: "hello", visible: state.visible }),
		];
		return [{ ...state, doubtUntil: now + DOUBT_MS }, doubt];
	}
	const gone = state.tabs.filter(({ seenAt }) => now - seenAt > TAB_GONE_MS);
	const tabs = gone.length === 0 ? state.tabs : state.tabs.filter((tab) => !gone.includes(tab));
	const forgotten = gone.map(({ id }) => ({ type: "forget", tab: id }) as const);
	return [{ ...state, tabs, beatAt: now + BEAT_MS }, [...forgotten, beat(state, now)]];
}
