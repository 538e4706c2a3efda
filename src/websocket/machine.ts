/*
 *                  opened                close-requested              lost, or the peer is too slow
 *   connecting ──────────────▶ open ────────────────────▶ closing ──────────────────────▶ closed
 *     │    ▲                    │                            ▲                              ▲
 *     │    │ due        redial: │ lost                       │ close-requested              │
 *     │    ╰──── reconnecting ◀─┤ ───────────────────────────╯ (no link: told in a moment)  │
 *     │ a round is over:  ▲     ╰── end, or a final loss ───────────────────────────────────┤
 *     ╰───────────────────┴───────── end ───────────────────────────────────────────────────╯
 *
 * One machine for both drop-ins: `loss: "end"` is the single-use socket, "redial" the resilient one. Both
 * dial in the rounds of src/connection/round.ts. Connected is open: a stranger's protocol has no welcome.
 */
import type { Loss } from "../connection/contract.js";
import { begin, charge, heed, loseDial, wait } from "../connection/round.js";
import {
	type Dialing,
	hangUp,
	type Memory,
	NEVER,
	recall,
	report,
	sooner,
	type Terms,
	type Waiting,
} from "../connection/state.js";
import { proved, succeeded } from "../endpoint/health.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { classifyClose } from "../policy/close-codes.js";
import * as heartbeat from "../policy/heartbeat.js";
import { BROKEN, type SocketEffect, type SocketEnd, type SocketInput } from "./contract.js";
import {
	type Closing,
	dueAt,
	type Open,
	type SocketState,
	type SocketStep,
	type SocketTerms,
} from "./state.js";

export { dueAt, heard, remember } from "./state.js";
export type { SocketState } from "./state.js";

const LATE_MS = 1_000;
/** A dead peer answers no close frame: Node's `ws` would wait for 30 s, Chromium was seen to wait for 60. */
const CLOSING_MS = 3_000;
const TIMED_OUT = /* @__PURE__ */ new RealtimeError("connect-timeout", "no answer in time", {
	remediation: "Check that the endpoint speaks WebSocket, and reconnect.dialTimeoutMs.",
});
const SILENT = /* @__PURE__ */ new RealtimeError("heartbeat-timeout", "The server fell silent.");

const stay = (state: SocketState): SocketStep => [state, []];

/** The first round. Under a server's pushback it waits, still connecting. */
export const start = (memory: Memory, terms: SocketTerms): SocketStep =>
	begin(
		memory,
		{ outage: { since: terms.now, attempt: 0 }, cause: null },
		"connect",
		terms,
	) as SocketStep;

export function transition(state: SocketState, input: SocketInput, terms: SocketTerms): SocketStep {
	if (input.type === "ticked" && terms.now < dueAt(state)) return stay(state);
	switch (state.status) {
		case "connecting":
			return whileDialing(state, input, terms);
		case "reconnecting":
			return state.retryAt === null
				? whileDialing(state, input, terms)
				: whileWaiting(state, input, terms);
		case "open":
			return whileOpen(state, input, terms);
		case "closing":
			return whileClosing(state, input, terms);
		case "closed":
			return stay(state);
		default:
			return state satisfies never;
	}
}

function whileDialing(state: Memory & Dialing, input: SocketInput, terms: SocketTerms): SocketStep {
	const { dial } = state;
	if ("dialId" in input && input.dialId !== dial.dialId) return stay(state);
	switch (input.type) {
		case "opened":
			return open(state, terms);
		case "lost":
			return failDial(state, refusal(input.end), terms);
		case "unaddressed":
			return failDial(state, { cause: input.cause, blame: "nobody" }, terms);
		case "ticked":
			// One that comes late says that nothing ran here: the answer may lie unread.
			if (terms.now - dial.deadlineAt > LATE_MS && !dial.isLate)
				return stay({
					...state,
					dial: { ...dial, deadlineAt: terms.now + LATE_MS, isLate: true },
				} as SocketState);
			return failDial(state, { cause: TIMED_OUT, blame: "endpoint" }, terms);
		case "close-requested":
			return letGo(state, terms, [hangUp(dial, "closed")]);
		case "woken":
		case "reconnect-requested":
			return stay(state);
		default:
			return input satisfies never;
	}
}

function open(state: Memory & Dialing, terms: SocketTerms): SocketStep {
	const { dialId, endpoint } = state.dial;
	const { policy, now } = terms;
	// Deaf for ever, where nobody told us how to ask.
	const deaf = heartbeat.initial(policy.heartbeat ?? { idleMs: 1, timeoutMs: 1, probeMs: 1 });
	const told = { type: "tuned", idleMs: 0, timeoutMs: 0 } as const;
	return [
		{
			...recall(state),
			candidates: succeeded(state.candidates, endpoint.url, now),
			exhausted: false,
			announcedMs: null,
			status: "open",
			link: { dialId, endpoint },
			since: now,
			outage: state.outage,
			stableAt: now + policy.stableAfterMs,
			heart: policy.heartbeat ? heartbeat.transition(deaf, told, policy.heartbeat, terms)[0] : deaf,
		},
		[report("connected", state.dial), { type: "tell-open" }],
	];
}

/** The next endpoint at once; when the round is over, a pause, or the end. */
function failDial(state: Memory & Dialing, loss: Loss, terms: SocketTerms): SocketStep {
	const [next, effects] = loseDial(state, loss, terms);
	const isOver = next.status === "failed" || !("dial" in next);
	const isRefused = loss.cause.code === "unauthorized" || loss.cause.code === "forbidden";
	if (isOver && (next.status === "failed" || isRefused || terms.policy.loss === "end"))
		return finish(next, BROKEN, loss.cause, effects);
	return [next as SocketState, effects];
}

function whileWaiting(state: Memory & Waiting, input: SocketInput, terms: SocketTerms): SocketStep {
	switch (input.type) {
		case "ticked":
			return begin(recall(state), state, "redial", terms) as SocketStep;
		case "woken":
			return hasten(state, terms.policy.firstRedialWindowMs, terms);
		case "reconnect-requested":
			return hasten(state, 0, terms);
		case "close-requested":
			return letGo(state, terms, []);
		default:
			return stay(state);
	}
}

/** Wakes come in crowds, so they are spread; and pushback holds. */
function hasten(state: Memory & Waiting, spanMs: number, terms: SocketTerms): SocketStep {
	const retryAt = Math.max(sooner(state.retryAt, spanMs, terms), state.notBefore);
	return stay(retryAt < state.retryAt ? { ...state, retryAt } : state);
}

function whileOpen(state: Memory & Open, input: SocketInput, terms: SocketTerms): SocketStep {
	const { link } = state;
	if ("dialId" in input && input.dialId !== link.dialId) return stay(state);
	switch (input.type) {
		case "lost":
			return loseOpen(state, input.end, classifyClose({ ...input.end, opened: true }), [], terms);
		case "ticked":
			if (state.stableAt <= terms.now) return prove(state);
			return beat(state, { type: "ticked" }, terms);
		case "woken":
			return beat(state, { type: "probed" }, terms);
		case "reconnect-requested": {
			if (terms.policy.loss === "end") return stay(state);
			const cause = new RealtimeError("connection-lost", input.reason);
			const search = { outage: state.outage ?? { since: terms.now, attempt: 0 }, cause };
			const orders = [hangUp(link, "reconnect")];
			return begin(recall(state), search, input.reason, terms, orders) as SocketStep;
		}
		case "close-requested": {
			const { code, reason, buffered } = input;
			const until = terms.now + CLOSING_MS;
			const closing = { status: "closing", linkId: link.dialId, until, buffered } as const;
			return [
				{ ...recall(state), ...closing },
				[{ type: "close", dialId: link.dialId, code, reason }],
			];
		}
		default:
			return stay(state);
	}
}

/** Up long enough: what was counted against it is forgotten, and the outage over. */
function prove(state: Memory & Open): SocketStep {
	const candidates = proved(state.candidates, state.link.endpoint.url);
	return stay({ ...state, candidates, outage: null, stableAt: NEVER, slowRounds: 0 });
}

function beat(
	state: Memory & Open,
	input: heartbeat.HeartbeatInput,
	terms: SocketTerms,
): SocketStep {
	const { policy } = terms;
	if (policy.heartbeat === null) return stay(state);
	const [heart, effects] = heartbeat.transition(state.heart, input, policy.heartbeat, terms);
	const [effect] = effects;
	if (effect?.type !== "pronounce-dead")
		return [{ ...state, heart }, effect ? [{ type: "ask" }] : []];
	const loss: Loss = { cause: SILENT, blame: "endpoint" };
	return loseOpen(state, BROKEN, loss, [hangUp(state.link, "silent")], terms);
}

/** Its endpoint's failure, where the link had not proved stable and the server did not mean it. */
function loseOpen(
	state: Memory & Open,
	end: SocketEnd,
	loss: Loss,
	orders: readonly SocketEffect[],
	terms: SocketTerms,
): SocketStep {
	const { link, outage } = state;
	const { cause, windowMs } = loss;
	const isCharged = outage !== null && windowMs === undefined && !loss.isAnnounced;
	const charged = recall(
		isCharged && end.code !== 1_000 ? charge(state, link, loss, terms) : state,
	);
	const memory = heed({ ...charged, announcedMs: windowMs ?? null }, loss, terms);
	const effects = [report(cause.message, link), ...orders];
	if (terms.policy.loss === "end" || terms.policy.isFinal(end))
		return finish(memory, end, end.code === 1_000 ? null : cause, effects);
	const since = outage ?? { since: terms.now, attempt: 0 };
	const [next] = wait(memory, since, cause, [], terms);
	return [next as SocketState, effects];
}

function whileClosing(
	state: Memory & Closing,
	input: SocketInput,
	{ now }: SocketTerms,
): SocketStep {
	const { linkId, buffered } = state;
	if (linkId === null)
		return input.type === "ticked" ? finish(state, BROKEN, null, []) : stay(state);
	if (input.type === "lost" && input.dialId === linkId) return finish(state, input.end, null, []);
	if (input.type !== "ticked") return stay(state);
	// A peer that still reads is waited for.
	if (input.buffered < buffered)
		return stay({ ...state, until: now + CLOSING_MS, buffered: input.buffered });
	const orders = [hangUp({ dialId: linkId }, "closed")];
	return finish(state, { ...BROKEN, hasFailed: false }, null, orders);
}

/** Nothing to wait for, but nothing is told inside the call. */
function letGo(state: Memory, { now }: Terms, effects: readonly SocketEffect[]): SocketStep {
	return [{ ...recall(state), status: "closing", linkId: null, until: now, buffered: 0 }, effects];
}

function finish(
	memory: Memory,
	end: SocketEnd,
	cause: RealtimeError | null,
	effects: readonly SocketEffect[],
): SocketStep {
	const told = { type: "tell-end", end, cause } as const;
	return [{ ...recall(memory), status: "closed", cause }, [...effects, told]];
}

const refusal = (end: SocketEnd): Loss => classifyClose({ ...end, opened: false });
