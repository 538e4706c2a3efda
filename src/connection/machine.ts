/*
 *        connect-requested              welcomed                                      move, fail-back:
 *   idle ─────────────────▶ connecting ──────────▶ connected ◀───────────────────╮    live + successor,
 *                               │ every endpoint       │ lost                    │    then live + the
 *                               │ of a round failed    ▼                         │    one that retires
 *                               ╰─────────▶ reconnecting, waits ─── due ──▶ reconnecting, dials
 *                                             ▲  (woken: sooner)     all failed  │ (next endpoint at once)
 *                                             ╰──────────────────────────────────╯
 *
 *   connecting, connected, reconnecting ── lost, and no retry can help ──▶ failed
 *   any ── close-requested ──▶ closed;  failed, closed ── connect-requested ──▶ as from idle
 *
 * A fact about a dial that is not held any more is history in every state. Nothing here is timed but by
 * dueAt(state): a tick that comes early changes nothing, a late one does what is due, one thing a tick.
 */
import type { Endpoint } from "../endpoint/endpoint.js";
import { toCandidates } from "../endpoint/health.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { Moment } from "../policy/moment.js";
import type { ConnectionEffect, ConnectionInput, Link, Loss } from "./contract.js";
import {
	breakLink,
	goLive,
	hangUpAll,
	type Live,
	loseLive,
	planMove,
	prove,
	replan,
	sayGoodbye,
} from "./live.js";
import { adopt, loseSuccessor, migrate, retire } from "./migration.js";
import { begin, heed, loseDial } from "./round.js";
import {
	type Connecting,
	type ConnectionMachine,
	type ConnectionPolicy,
	type Dial,
	dueAt,
	hangUp,
	type Memory,
	type Redialing,
	recall,
	report,
	type Step,
	sooner,
	type Successor,
	stay,
	type Waiting,
} from "./state.js";

export type { ConnectionMachine, ConnectionPolicy, Step } from "./state.js";
export { dueAt, initial } from "./state.js";

export function transition(
	state: ConnectionMachine,
	input: ConnectionInput,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	if (input.type === "close-requested") return close(state);
	if (input.type === "endpoints-changed") return relist(state, input.endpoints, policy, moment);
	if (input.type === "ticked" && moment.now < dueAt(state)) return stay(state);
	switch (state.status) {
		case "idle":
		case "failed":
		case "closed":
			return input.type === "connect-requested" ? start(state, policy, moment) : stay(state);
		case "connecting":
			return whileDialing(state, input, policy, moment);
		case "connected":
			return whileConnected(state, input, policy, moment);
		case "reconnecting":
			if (state.retryAt === null) return whileDialing(state, input, policy, moment);
			return whileWaiting(state, input, policy, moment);
		default:
			return state satisfies never;
	}
}

type DialFact = Extract<ConnectionInput, { dialId: number }>;
type Fact = Exclude<ConnectionInput, { type: "close-requested" | "endpoints-changed" }>;

function whileDialing(
	state: Memory & (Connecting | Redialing),
	input: Fact,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { dial } = state;
	if (input.type === "ticked") return loseDial(state, overdue(dial), policy, moment);
	// It may have begun in a network that is gone, with a deadline that had grown there.
	if (input.type === "woken") return hurry(state, moment.now + policy.dialTimeoutMs);
	if (!("dialId" in input) || input.dialId !== dial.dialId) return stay(state);
	switch (input.type) {
		case "opened":
			return [state, [greet(dial)]];
		case "token-awaited":
			return stay({ ...state, dial: { ...dial, isExcused: true } });
		case "welcomed": {
			const live = goLive(state, dial, input, state.outage, policy, moment);
			const { dialId } = dial;
			const adopted = { type: "adopt", dialId, previous: null } as const;
			return [live, [report("connected", dialId, dial), adopted]];
		}
		case "lost":
			return loseDial(state, input, policy, moment);
		default:
			return stay(state);
	}
}

/** Deaf to `woken`: the heartbeat machine probes a live link then, and reports a dead one lost. */
function whileConnected(state: Live, input: Fact, policy: ConnectionPolicy, moment: Moment): Step {
	const { link, successor, retiring } = state;
	if ("dialId" in input) {
		const { dialId } = input;
		if (dialId === link.dialId) return onLink(state, input, policy, moment);
		if (dialId === successor?.dialId)
			return whileReplacing(state, successor, input, policy, moment);
		if (dialId !== retiring?.dialId || input.type !== "lost") return stay(state);
		return retire(heed(state, input, moment));
	}
	switch (input.type) {
		case "migrate-requested":
			return stay(planMove(state, input.reason, input.windowMs, moment));
		case "reconnect-requested":
			return breakLink(state, lost(input.reason), policy, moment);
		case "ticked":
			return whenDue(state, policy, moment);
		default:
			return stay(state);
	}
}

function onLink(state: Live, input: DialFact, policy: ConnectionPolicy, moment: Moment): Step {
	switch (input.type) {
		case "lost":
			return loseLive(state, input, policy, moment);
		case "settled":
			return retire(state);
		case "goodbye-received":
			return sayGoodbye(state, input, moment);
		default:
			return stay(state);
	}
}

function whileReplacing(
	state: Live,
	successor: Successor,
	input: DialFact,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	switch (input.type) {
		// TCP and a 101 prove nothing: a mute server gives both. Only its welcome counts.
		case "opened":
			return [state, [greet(successor)]];
		case "token-awaited":
			return stay({ ...state, successor: { ...successor, isExcused: true } });
		case "welcomed":
			return adopt(state, successor, input, policy, moment);
		case "lost":
			return loseSuccessor(state, successor, input, policy, moment);
		default:
			return stay(state);
	}
}

function whenDue(state: Live, policy: ConnectionPolicy, moment: Moment): Step {
	const { outage, stableAt, retiring, successor } = state;
	if (outage !== null && stableAt <= moment.now) return prove(state);
	if (retiring !== null) return retire(state);
	if (successor !== null)
		return loseSuccessor(state, successor, overdue(successor), policy, moment);
	return migrate(state, policy, moment);
}

function whileWaiting(
	state: Memory & Waiting,
	input: Fact,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { firstRedialWindowMs } = policy;
	switch (input.type) {
		case "ticked":
			return begin(recall(state), state, "redial", policy, moment);
		case "reconnect-requested":
			return hasten(state, 0, input.reason, moment);
		case "woken":
			return hasten(state, firstRedialWindowMs, input.reason, moment);
		case "realtime-reported": {
			const { windowMs } = input;
			const told = windowMs > 0 ? { ...state, windowMs } : state;
			return hasten(told, windowMs || firstRedialWindowMs, "realtime is up", moment);
		}
		default:
			return stay(state);
	}
}

/** Wakes come in crowds (an office back online), so the hasty are spread too, and pushback holds. */
function hasten(state: Memory & Waiting, spanMs: number, reason: string, moment: Moment): Step {
	const retryAt = Math.max(sooner(state.retryAt, spanMs, moment), state.notBefore);
	if (retryAt >= state.retryAt) return stay(state);
	return [{ ...state, retryAt }, [report(reason, state.dialId, null)]];
}

function hurry(state: Memory & (Connecting | Redialing), deadlineAt: number): Step {
	const { dial } = state;
	return stay(deadlineAt < dial.deadlineAt ? { ...state, dial: { ...dial, deadlineAt } } : state);
}

/** Pushback outlives close(), or an app could beat it by closing and connecting again. */
function start(state: Memory, policy: ConnectionPolicy, moment: Moment): Step {
	const { now } = moment;
	const memory = { ...recall(state), exhausted: false, announcedMs: null };
	const outage = { since: now, attempt: 0 };
	const retryAt = state.notBefore;
	if (now >= retryAt) return begin(memory, { outage, cause: null }, "connect", policy, moment);
	const cause = new RealtimeError("overloaded", "the server asked us to wait");
	const effects = [report(cause.message, state.dialId, null)];
	return [{ ...memory, status: "reconnecting", outage, cause, retryAt }, effects];
}

function close(state: ConnectionMachine): Step {
	if (state.status === "closed") return stay(state);
	const held =
		state.status === "connected"
			? hangUpAll(state, "closed")
			: "dial" in state
				? [hangUp(state.dial, "closed")]
				: [];
	const memory = { ...recall(state), exhausted: false, announcedMs: null };
	return [{ ...memory, status: "closed" }, [report("closed", state.dialId, null), ...held]];
}

/** None at all would leave nobody to dial: that is not news, but a mistake of the source. */
function relist(
	state: ConnectionMachine,
	endpoints: readonly Endpoint[],
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const candidates =
		endpoints.length > 0 ? toCandidates(endpoints, state.candidates) : state.candidates;
	if (candidates === state.candidates) return stay(state);
	const next = { ...state, candidates };
	return stay(next.status === "connected" ? replan(next, policy, moment) : next);
}

const greet = ({ dialId }: Link): ConnectionEffect => ({ type: "greet", dialId });
const lost = (message: string): RealtimeError => new RealtimeError("connection-lost", message);
const overdue = ({ isExcused }: Dial): Loss => ({
	cause: new RealtimeError("connect-timeout", "no welcome in time"),
	blame: isExcused ? "nobody" : "endpoint",
});
