/*
 *   begin ─▶ dial ── failed ─▶ the next endpoint of the chain ── none is left ─▶ wait ─▶ begin …
 *                └── overloaded, or nobody's fault: another endpoint would not help ──▲
 *
 * A round dials each endpoint of the chain once, without a pause: the pause comes when all have failed.
 */
import type { Endpoint } from "../endpoint/endpoint.js";
import { chain } from "../endpoint/filters.js";
import { failed, find } from "../endpoint/health.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { backoff, type Outage, pushback } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { ConnectionEffect, Link, Loss } from "./contract.js";
import {
	type Connecting,
	type ConnectionPolicy,
	type Dial,
	hangUp,
	type Memory,
	type Redialing,
	recall,
	report,
	type Step,
} from "./state.js";

/** What a round has come to. */
export type Round = Pick<Dial, "tried" | "isSlow">;
/** The outage, and why the last link went; null while there has been none. */
export interface Search {
	readonly outage: Outage;
	readonly cause: RealtimeError | null;
}

const LONGEST_DEADLINE_MS = 20_000;
export const NEW_ROUND: Round = { tried: [], isSlow: true };

/** Hinted endpoints go first, then the chain decides anew, with what is known by now. */
export function choose(
	{ candidates }: Memory,
	{ tried }: Round,
	hints: readonly string[],
	attempt: number,
	policy: ConnectionPolicy,
	{ now, random }: Moment,
): Endpoint | undefined {
	const isLeft = (url: string): boolean => !tried.includes(url);
	const hinted = hints.filter(isLeft).map((url) => find(candidates, url)?.endpoint);
	const chosen = chain(policy.filters)(candidates, { now, random, attempt });
	return (
		hinted.find((endpoint) => endpoint !== undefined) ??
		chosen.find(({ endpoint }) => isLeft(endpoint.url))?.endpoint
	);
}

/** One deadline covers all that lies before the welcome: resolve, connect, token, hello. */
export function newDial(
	{ dialId, slowRounds }: Memory,
	endpoint: Endpoint,
	{ tried, isSlow }: Round,
	{ dialTimeoutMs }: ConnectionPolicy,
	{ now }: Moment,
): Dial {
	const longestMs = Math.max(LONGEST_DEADLINE_MS, dialTimeoutMs);
	const deadlineAt = now + Math.min(dialTimeoutMs * 2 ** slowRounds, longestMs);
	return { dialId: dialId + 1, endpoint, deadlineAt, tried, isSlow, isExcused: false };
}

export const dialIt = ({ dialId, endpoint }: Dial): ConnectionEffect => ({
	type: "dial",
	dialId,
	endpoint,
});

export function begin(
	memory: Memory,
	search: Search,
	reason: string,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { since, attempt } = search.outage;
	const next = { ...search, outage: { since, attempt: attempt + 1 } };
	const endpoint = choose(memory, NEW_ROUND, [], attempt + 1, policy, moment);
	if (endpoint === undefined) {
		const cause = search.cause ?? new RealtimeError("endpoint-refused", "no endpoint");
		const effects = [report(cause.message, memory.dialId, null)];
		return wait({ ...memory, exhausted: true }, { ...next, cause }, effects, policy, moment);
	}
	const dial = newDial(memory, endpoint, NEW_ROUND, policy, moment);
	return dialing(memory, next, dial, [report(reason, dial.dialId, dial)]);
}

/** Not before pushback is over; until then it is planned, but no dial leaves. */
export function wait(
	memory: Memory,
	{ outage, cause }: Search & { readonly cause: RealtimeError },
	effects: readonly ConnectionEffect[],
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const retryAt = Math.max(moment.now + backoff(outage, memory, policy, moment), memory.notBefore);
	return [{ ...memory, status: "reconnecting", outage, cause, retryAt }, effects];
}

/** A dial of ours came to nothing. */
export function loseDial(
	state: Memory & (Connecting | Redialing),
	loss: Loss,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { dial, outage } = state;
	const { cause, windowMs } = loss;
	const announcedMs = windowMs ?? state.announcedMs;
	const memory = heed({ ...charge(recall(state), dial, loss, moment), announcedMs }, loss, moment);
	const effects = [report(cause.message, dial.dialId, dial), hangUp(dial, cause.code)];
	if (!cause.retryable) return [{ ...memory, status: "failed", cause }, effects];
	const round = after(dial, loss);
	const next = isOver(loss) ? undefined : choose(memory, round, [], outage.attempt, policy, moment);
	if (next === undefined) {
		const ended = endRound(memory, round, loss);
		return wait(ended, { outage, cause }, effects, policy, moment);
	}
	const search = { outage, cause: state.status === "connecting" ? null : cause };
	return dialing(memory, search, newDial(memory, next, round, policy, moment), effects);
}

/** Remembers who failed, so that the chain can pass it over. */
export function charge(memory: Memory, { endpoint }: Link, loss: Loss, { now }: Moment): Memory {
	if (loss.blame === "nobody") return memory;
	return { ...memory, candidates: failed(memory.candidates, endpoint.url, now) };
}

/** What the server asked of us with the loss: its window, and how long to stay away at least. */
export function heed<M extends Memory>(
	memory: M,
	{ windowMs, retryAfterMs }: Loss,
	moment: Moment,
): M {
	const told = { ...memory, windowMs: windowMs ?? memory.windowMs };
	if (retryAfterMs === undefined) return told;
	const notBefore = Math.max(memory.notBefore, moment.now + pushback(retryAfterMs, moment));
	return { ...told, notBefore };
}

export function after({ tried, endpoint, isSlow }: Dial, { cause }: Loss): Round {
	return {
		tried: [...tried, endpoint.url],
		isSlow: isSlow && cause.code === "connect-timeout",
	};
}

/** A token that did not come will not come elsewhere, and overload is not passed on to the backups. */
export const isOver = ({ blame, cause, retryAfterMs }: Loss): boolean =>
	blame === "nobody" || cause.code === "overloaded" || retryAfterMs !== undefined;

export function endRound(memory: Memory, { isSlow }: Round, { blame }: Loss): Memory {
	return {
		...memory,
		exhausted: memory.exhausted || blame === "endpoint",
		slowRounds: memory.slowRounds + (isSlow ? 1 : 0),
	};
}

function dialing(
	memory: Memory,
	{ outage, cause }: Search,
	dial: Dial,
	effects: readonly ConnectionEffect[],
): Step {
	const base = { ...memory, dialId: dial.dialId, outage, dial };
	return [
		cause === null
			? { ...base, status: "connecting" }
			: { ...base, status: "reconnecting", cause, retryAt: null },
		[...effects, dialIt(dial)],
	];
}
