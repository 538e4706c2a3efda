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
import type { ConnectionInput } from "./contract.js";
import { type DialFact, expire, hearDial, put } from "./dial.js";
import {
	breakLink,
	hangUpAll,
	type Live,
	loseLive,
	planMove,
	prove,
	replan,
	sayGoodbye,
} from "./live.js";
import { migrate, retire } from "./migration.js";
import { begin, heed } from "./round.js";
import {
	type ConnectionMachine,
	type ConnectionPolicy,
	type Dialing,
	dueAt,
	hangUp,
	type Memory,
	recall,
	report,
	type Step,
	sooner,
	stay,
	type Terms,
	type Waiting,
} from "./state.js";

export type { ConnectionMachine, ConnectionPolicy, Step } from "./state.js";
export { dueAt, initial } from "./state.js";

type Fact = Exclude<ConnectionInput, { type: "close-requested" | "endpoints-changed" }>;

export function transition(
	state: ConnectionMachine,
	input: ConnectionInput,
	policy: ConnectionPolicy,
	{ now, random }: Moment,
): Step {
	const terms = { policy, now, random };
	if (input.type === "close-requested") return close(state);
	if (input.type === "endpoints-changed") return relist(state, input.endpoints, terms);
	if (input.type === "ticked" && now < dueAt(state)) return stay(state);
	switch (state.status) {
		case "idle":
		case "failed":
		case "closed":
			return input.type === "connect-requested" ? start(state, terms) : stay(state);
		case "connecting":
			return whileDialing(state, input, terms);
		case "connected":
			return whileConnected(state, input, terms);
		case "reconnecting":
			if (state.retryAt === null) return whileDialing(state, input, terms);
			return whileWaiting(state, input, terms);
		default:
			return state satisfies never;
	}
}

function whileDialing(state: Memory & Dialing, input: Fact, terms: Terms): Step {
	const { dial } = state;
	if ("dialId" in input)
		return input.dialId === dial.dialId ? hearDial(state, dial, input, terms) : stay(state);
	if (input.type === "ticked") return expire(state, dial, terms);
	const deadlineAt = terms.now + terms.policy.dialTimeoutMs;
	// It may have begun in a network that is gone, with a deadline that had grown there.
	const isLong = input.type === "woken" && deadlineAt < dial.deadlineAt;
	return stay(isLong ? put(state, { ...dial, deadlineAt }) : state);
}

/** Deaf to `woken`: the heartbeat machine probes a live link then, and reports a dead one lost. */
function whileConnected(state: Live, input: Fact, terms: Terms): Step {
	if ("dialId" in input) return hear(state, input, terms);
	switch (input.type) {
		case "migrate-requested":
			return stay(planMove(state, input.reason, input.windowMs, terms));
		case "reconnect-requested":
			return breakLink(state, new RealtimeError("connection-lost", input.reason), terms);
		case "ticked":
			return whenDue(state, terms);
		default:
			return stay(state);
	}
}

function hear(state: Live, input: DialFact, terms: Terms): Step {
	const { link, successor, retiring } = state;
	const { type, dialId } = input;
	if (dialId === successor?.dialId) return hearDial(state, successor, input, terms);
	if (dialId === retiring?.dialId && type === "lost") return retire(heed(state, input, terms));
	if (dialId !== link.dialId) return stay(state);
	switch (type) {
		case "lost":
			return loseLive(state, input, terms);
		case "settled":
			return retire(state);
		case "goodbye-received":
			return sayGoodbye(state, input, terms);
		default:
			return stay(state);
	}
}

function whenDue(state: Live, terms: Terms): Step {
	const { stableAt, retiring, successor } = state;
	if (stableAt <= terms.now) return prove(state);
	if (retiring !== null) return retire(state);
	if (successor !== null) return expire(state, successor, terms);
	return migrate(state, terms);
}

function whileWaiting(state: Memory & Waiting, input: Fact, terms: Terms): Step {
	const soonMs = terms.policy.firstRedialWindowMs;
	switch (input.type) {
		case "ticked":
			return begin(recall(state), state, "redial", terms);
		case "reconnect-requested":
			return hasten(state, 0, input.reason, terms);
		case "woken":
			return hasten(state, soonMs, input.reason, terms);
		case "realtime-reported": {
			const windowMs = input.windowMs || state.windowMs;
			const told = windowMs === state.windowMs ? state : { ...state, windowMs };
			return hasten(told, input.windowMs || soonMs, "realtime is up", terms);
		}
		default:
			return stay(state);
	}
}

/** Wakes come in crowds (an office back online), so the hasty are spread too, and pushback holds. */
function hasten(state: Memory & Waiting, spanMs: number, reason: string, terms: Terms): Step {
	const retryAt = Math.max(sooner(state.retryAt, spanMs, terms), state.notBefore);
	if (retryAt >= state.retryAt) return stay(state);
	return [{ ...state, retryAt }, [report(reason, state)]];
}

/** Pushback outlives close(), or an app could beat it by closing and connecting again. */
function start(state: Memory, terms: Terms): Step {
	const outage = { since: terms.now, attempt: 0 };
	return begin(rest(state), { outage, cause: null }, "connect", terms);
}

function close(state: ConnectionMachine): Step {
	if (state.status === "closed") return stay(state);
	const dialled = "dial" in state ? [hangUp(state.dial, "closed")] : [];
	const orders = state.status === "connected" ? hangUpAll(state, "closed") : dialled;
	return [{ ...rest(state), status: "closed" }, [report("closed", state), ...orders]];
}

/** None at all would leave nobody to dial: that is not news, but a mistake of the source. */
function relist(state: ConnectionMachine, endpoints: readonly Endpoint[], terms: Terms): Step {
	const candidates = toCandidates(endpoints, state.candidates);
	if (candidates.length === 0 || candidates === state.candidates) return stay(state);
	const next = { ...state, candidates };
	return stay(next.status === "connected" ? replan(next, terms) : next);
}

const rest = (state: Memory): Memory => ({
	...recall(state),
	exhausted: false,
	announcedMs: null,
});
