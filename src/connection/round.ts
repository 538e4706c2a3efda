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
import type { ConnectionEffect, Link, Loss } from "./contract.js";
import {
	type Dial,
	type Dialing,
	hangUp,
	type Memory,
	recall,
	report,
	type Step,
	type Terms,
} from "./state.js";

/** The outage, and why the last link went; null while there has been none. */
export interface Search {
	readonly outage: Outage;
	readonly cause: RealtimeError | null;
}

const LONGEST_DEADLINE_MS = 20_000;

/** Hinted endpoints go first, then the chain decides anew, with what is known by now. Nobody, under pushback. */
export function choose(
	{ candidates, notBefore }: Memory,
	tried: readonly string[],
	hints: readonly string[],
	attempt: number,
	{ policy, now, random }: Terms,
): Endpoint | undefined {
	if (now < notBefore) return undefined;
	const hinted = hints.flatMap((url) => find(candidates, url) ?? []);
	const chosen = chain(policy.filters)(candidates, { now, random, attempt });
	const left = [...hinted, ...chosen].find(({ endpoint }) => !tried.includes(endpoint.url));
	return left?.endpoint;
}

/** One deadline covers all that lies before the welcome: resolve, connect, token, hello. */
export function newDial(
	{ dialId, slowRounds }: Memory,
	endpoint: Endpoint,
	{ policy: { dialTimeoutMs }, now }: Terms,
): Dial {
	const longestMs = Math.max(LONGEST_DEADLINE_MS, dialTimeoutMs);
	return {
		dialId: dialId + 1,
		endpoint,
		deadlineAt: now + Math.min(dialTimeoutMs * 2 ** slowRounds, longestMs),
		tried: [],
		isSlow: true,
		isExcused: false,
		isLate: false,
		isFailBack: false,
	};
}

export const order = ({ dialId, endpoint }: Dial): ConnectionEffect => ({
	type: "dial",
	dialId,
	endpoint,
});

/** A round, now, unless the server has asked us to wait or the chain leaves nobody to dial. */
export function begin(
	memory: Memory,
	search: Search,
	reason: string,
	terms: Terms,
	orders: readonly ConnectionEffect[] = [],
): Step {
	const { since, attempt } = search.outage;
	const outage = { since, attempt: attempt + 1 };
	const endpoint = choose(memory, [], [], attempt + 1, terms);
	if (endpoint !== undefined) {
		const dial = newDial(memory, endpoint, terms);
		const { cause } = search;
		return dialing(memory, { outage, cause }, dial, [report(reason, dial), ...orders, order(dial)]);
	}
	const code = terms.now < memory.notBefore ? "overloaded" : "endpoint-refused";
	const cause = search.cause ?? new RealtimeError(code, "nobody to dial now");
	const next = { ...memory, exhausted: true };
	return wait(next, outage, cause, [report(cause.message, memory), ...orders], terms);
}

/** Before pushback is over it is planned, but no dial leaves. */
export function wait(
	memory: Memory,
	outage: Outage,
	cause: RealtimeError,
	effects: readonly ConnectionEffect[],
	terms: Terms,
	plannedAt = terms.now + backoff(outage, memory, terms.policy, terms),
): Step {
	const retryAt = Math.max(plannedAt, terms.now, memory.notBefore);
	return [{ ...memory, status: "reconnecting", outage, cause, retryAt }, effects];
}

export function dialing(
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
		effects,
	];
}

/** A dial of ours came to nothing. */
export function loseDial(state: Memory & Dialing, loss: Loss, terms: Terms): Step {
	const { dial, outage } = state;
	const { cause, windowMs } = loss;
	const announcedMs = windowMs ?? state.announcedMs;
	const [next, memory, effects] = fail(
		{ ...recall(state), announcedMs },
		dial,
		loss,
		[],
		outage.attempt,
		terms,
	);
	if (!cause.retryable) return [{ ...memory, status: "failed", cause }, effects];
	if (next === null) return wait(memory, outage, cause, effects, terms);
	return dialing(
		memory,
		{ outage, cause: state.status === "connecting" ? null : cause },
		next,
		effects,
	);
}

/** The next dial of the round, or null when the round is over. */
export function fail<M extends Memory>(
	before: M,
	dial: Dial,
	loss: Loss,
	hints: readonly string[],
	attempt: number,
	terms: Terms,
): readonly [Dial | null, M, readonly ConnectionEffect[]] {
	const { blame, cause } = loss;
	const memory = heed(charge(before, dial, loss, terms), loss, terms);
	const effects = letGo(dial, cause.message, cause.code);
	const tried = [...dial.tried, dial.endpoint.url];
	const isSlow = dial.isSlow && cause.code === "connect-timeout";
	const endpoint = isOver(dial, loss) ? undefined : choose(memory, tried, hints, attempt, terms);
	if (endpoint === undefined) {
		const exhausted = memory.exhausted || blame === "endpoint";
		const slowRounds = memory.slowRounds + (isSlow && !dial.isFailBack ? 1 : 0);
		return [null, { ...memory, exhausted, slowRounds }, effects];
	}
	const next = { ...newDial(memory, endpoint, terms), tried, isSlow };
	return [next, memory, [...effects, order(next)]];
}

/** A token that did not come will not come elsewhere, and overload is not passed on to the backups. */
const isOver = ({ isFailBack }: Dial, { blame, cause }: Loss): boolean =>
	isFailBack || blame === "nobody" || cause.code === "overloaded" || !cause.retryable;

/** Remembers who failed, so that the chain can pass it over. */
export function charge<M extends Memory>(
	memory: M,
	{ endpoint }: Link,
	loss: Loss,
	{ now }: Terms,
): M {
	if (loss.blame === "nobody") return memory;
	return { ...memory, candidates: failed(memory.candidates, endpoint.url, now) };
}

/** What the server asked of us with the loss: its window, and how long to stay away at least. */
export function heed<M extends Memory>(memory: M, loss: Loss, terms: Terms): M {
	const { windowMs = memory.windowMs, retryAfterMs } = loss;
	const toldAt = retryAfterMs === undefined ? 0 : terms.now + pushback(retryAfterMs, terms);
	return { ...memory, windowMs, notBefore: Math.max(memory.notBefore, toldAt) };
}

export const letGo = (
	held: Parameters<typeof hangUp>[0],
	why: string,
	code: string,
): readonly ConnectionEffect[] => [report(why, held), hangUp(held, code)];
