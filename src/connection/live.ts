/*
 *   welcomed ─▶ live, not yet proved ── stableAfterMs ─▶ stable      what it plans, whichever is first:
 *                        │                     │                     a move (goodbye, age, DNS, token) and
 *                        ╰──── lost ───────────╯                     a fail-back; migration.ts does both
 *
 * A link that is lost before it is stable goes on with the outage before it: a server that accepts and
 * then drops has not ended it. The loss is its endpoint's failure, unless it was announced.
 */
import { find, proved, succeeded } from "../endpoint/health.js";
import { LONGEST_MS, type Outage } from "../policy/backoff.js";
import type { ConnectionEffect, ConnectionInput, Link, Loss } from "./contract.js";
import { begin, charge, dialing, heed, wait } from "./round.js";
import {
	type Connected,
	hangUp,
	type Memory,
	NEVER,
	recall,
	report,
	type Step,
	sooner,
	stay,
	type Terms,
} from "./state.js";

export type Live = Memory & Connected;
type Of<T> = Extract<ConnectionInput, { type: T }>;

/** A server that says goodbye with its welcome may not make us dance. */
const REST_MS = 200;

export function goLive(
	before: Memory,
	{ dialId, endpoint }: Link,
	{ windowMs, maxAgeMs }: Of<"welcomed">,
	outage: Outage,
	terms: Terms,
): Live {
	const { now, random, policy } = terms;
	const ageMs = Math.max((0.8 + 0.15 * random()) * maxAgeMs, REST_MS);
	const live: Live = {
		...recall(before),
		windowMs,
		exhausted: false,
		announcedMs: null,
		candidates: succeeded(before.candidates, endpoint.url, now),
		status: "connected",
		link: { dialId, endpoint },
		since: now,
		outage,
		stableAt: now + policy.stableAfterMs,
		move: maxAgeMs > 0 ? { at: now + ageMs, reason: "age", hints: [], attempt: 0 } : null,
		failBackAt: NEVER,
		successor: null,
		retiring: null,
	};
	return replan(live, terms);
}

/** Fail-back is wanted on a backup alone, and a link to an endpoint that is gone from the list moves. */
export function replan(live: Live, terms: Terms): Live {
	const { candidates, link, windowMs } = live;
	const known = find(candidates, link.endpoint.url);
	if (known === undefined) {
		const spanMs = Math.max(windowMs, terms.policy.firstRedialWindowMs);
		return planMove(live, "endpoint removed", spanMs, terms);
	}
	const wantsBack =
		known.endpoint.role === "backup" &&
		candidates.some(({ endpoint }) => endpoint.role === "primary");
	if (!wantsBack) return { ...live, failBackAt: NEVER };
	return live.failBackAt === NEVER ? planFailBack(live, terms) : live;
}

/** Spread, or a primary that comes back is met by all at once; and seldom, because it may flap. */
export function planFailBack(live: Live, { policy, now, random }: Terms): Live {
	const [least, most] = policy.failBackWindowMs;
	const at = now + least + random() * (most - least);
	return { ...live, failBackAt: Math.max(at, live.failBackAfter) };
}

/** Hints stay, where another reason to move comes on top of a goodbye. */
export function planMove(
	live: Live,
	reason: string,
	spanMs: number,
	terms: Terms,
	told?: readonly string[],
): Live {
	const { move, since } = live;
	const drawnAt = sooner(move?.at ?? NEVER, Math.min(spanMs, LONGEST_MS), terms);
	if (drawnAt === move?.at && told === undefined) return live;
	const at = Math.max(drawnAt, since + REST_MS);
	return { ...live, move: { at, reason, hints: told ?? move?.hints ?? [], attempt: 0 } };
}

export function sayGoodbye(live: Live, input: Of<"goodbye-received">, terms: Terms): Step {
	const { deadlineMs, windowMs, endpoints } = input;
	const reason = `goodbye: ${input.reason}`;
	const leaving = { ...live, windowMs, announcedMs: windowMs };
	const spanMs = Math.min(windowMs, deadlineMs);
	return [planMove(leaving, reason, spanMs, terms, endpoints), [report(reason, live.link)]];
}

/** The link has been up long enough: what was counted against it is forgotten, and the outage over. */
export function prove(live: Live): Step {
	const candidates = proved(live.candidates, live.link.endpoint.url);
	return stay({ ...live, candidates, outage: null, stableAt: NEVER, slowRounds: 0 });
}

/** First the wait, then a round; where a goodbye has drawn our place in its window already, that place. */
export function loseLive(live: Live, loss: Loss, terms: Terms): Step {
	const { link, move, successor } = live;
	const { cause, windowMs } = loss;
	const announcedMs = windowMs ?? live.announcedMs;
	const isCharged = live.outage !== null && announcedMs === null && !loss.isAnnounced;
	const charged = recall(isCharged ? charge(live, link, loss, terms) : live);
	const memory = heed({ ...charged, announcedMs }, loss, terms);
	const rest = cause.retryable ? { ...live, successor: null } : live;
	const effects = [report(cause.message, link), ...hangUpAll(rest, cause.code)];
	if (!cause.retryable) return [{ ...memory, status: "failed", cause }, effects];
	const { since, attempt } = live.outage ?? { since: terms.now, attempt: 0 };
	if (successor !== null) {
		// It simply is the dial now, and where it fails the round goes on.
		const search = { outage: { since, attempt: attempt + 1 }, cause };
		return dialing(memory, search, { ...successor, isFailBack: false }, effects);
	}
	const isDrawn = windowMs === undefined && announcedMs !== null && attempt === 0;
	return wait(memory, { since, attempt }, cause, effects, terms, isDrawn ? move?.at : undefined);
}

/** The app wants a fresh link: no wait, but for pushback. */
export function breakLink(live: Live, cause: Loss["cause"], terms: Terms): Step {
	const [next, effects] = loseLive(live, { cause, blame: "nobody" }, terms);
	if (next.status !== "reconnecting" || next.retryAt === null) return [next, effects];
	// All but the report: the round has its own.
	return begin(recall(next), next, cause.message, terms, effects.slice(1));
}

export function hangUpAll(
	{ link, successor, retiring }: Connected,
	reason: string,
): readonly ConnectionEffect[] {
	return [link, successor, retiring].flatMap((held) => (held ? [hangUp(held, reason)] : []));
}
