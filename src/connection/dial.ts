/*
 *   dial ─▶ opened: greet ─▶ welcomed: live         a dial of its own, or the successor of a live link
 *     ╰──────── lost, or the deadline passes ─▶ the next endpoint, or a pause
 *
 * TCP and a 101 prove nothing: a mute server gives both. Only its welcome connects.
 */
import { RealtimeError } from "../errors/realtime-error.js";
import type { ConnectionInput, Loss } from "./contract.js";
import { goLive, type Live } from "./live.js";
import { loseSuccessor } from "./migration.js";
import { loseDial } from "./round.js";
import {
	type ConnectionMachine,
	type Dial,
	type Dialing,
	type Memory,
	report,
	type Step,
	stay,
	type Terms,
} from "./state.js";

export type DialFact = Extract<ConnectionInput, { dialId: number }>;
type WithDial = Memory & Dialing;

const RETIRING_MS = 5_000;
const LATE_MS = 1_000;
/** One for all: nothing of it depends on the dial, and a stack trace costs more than the decision. */
const TIMED_OUT = /* @__PURE__ */ new RealtimeError("connect-timeout", "no welcome in time");

export function hearDial(state: WithDial | Live, dial: Dial, input: DialFact, terms: Terms): Step {
	switch (input.type) {
		case "opened":
			return [state, [{ type: "greet", dialId: dial.dialId }]];
		case "token-awaited":
			return stay(dial.isExcused ? state : put(state, { ...dial, isExcused: true }));
		case "welcomed":
			return welcome(state, dial, input, terms);
		case "lost":
			return lose(state, dial, input, terms);
		default:
			return stay(state);
	}
}

/** A tick that comes late says that nothing ran here: what came in meanwhile is read first. */
export function expire(state: WithDial | Live, dial: Dial, terms: Terms): Step {
	const { now } = terms;
	if (now - dial.deadlineAt > LATE_MS && !dial.isLate)
		return stay(put(state, { ...dial, deadlineAt: now + LATE_MS, isLate: true }));
	const blame = dial.isExcused ? "nobody" : "endpoint";
	return lose(state, dial, { cause: TIMED_OUT, blame }, terms);
}

/** Stable or not, the link before it: what is new has yet to prove itself. */
function welcome(
	state: WithDial | Live,
	dial: Dial,
	input: Extract<ConnectionInput, { type: "welcomed" }>,
	terms: Terms,
): Step {
	const { dialId } = dial;
	const { since, attempt } = state.outage ?? { since: terms.now, attempt: -1 };
	const previous = state.status === "connected" ? state.link.dialId : null;
	const moves = previous === null ? 0 : 1;
	const live = goLive(state, dial, input, { since, attempt: attempt + moves }, terms);
	const retiring = previous === null ? null : { dialId: previous, until: terms.now + RETIRING_MS };
	const reason = previous === null ? "connected" : "migrated";
	return [{ ...live, retiring }, [report(reason, dial), { type: "adopt", dialId, previous }]];
}

const lose = (state: WithDial | Live, dial: Dial, loss: Loss, terms: Terms): Step =>
	state.status === "connected"
		? loseSuccessor(state, dial, loss, terms)
		: loseDial(state, loss, terms);

export const put = (state: WithDial | Live, dial: Dial): ConnectionMachine =>
	state.status === "connected" ? { ...state, successor: dial } : { ...state, dial };
