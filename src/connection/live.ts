/*
 *   welcomed ─▶ live, not yet proved ── stableAfterMs ─▶ stable      what it plans, whichever is first:
 *                        │                     │                     a move (goodbye, age, DNS, token) and
 *                        ╰──── lost ───────────╯                     a fail-back; migration.ts does both
 *
 * A link that is lost before it is stable goes on with the outage before it: a server that accepts and
 * then drops has not ended it. The loss is its endpoint's failure, unless it was announced.
 */
import { find, proved, succeeded } from "../endpoint/health.js";
import type { Outage } from "../policy/backoff.js";
import { LONGEST_MS } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { ConnectionEffect, ConnectionInput, Link, Loss } from "./contract.js";
import { begin, charge, heed, wait } from "./round.js";
import {
	type Connected,
	type ConnectionPolicy,
	hangUp,
	type Memory,
	type Move,
	NEVER,
	recall,
	report,
	type Step,
	sooner,
	stay,
} from "./state.js";

export type Live = Memory & Connected;
type Welcome = Extract<ConnectionInput, { type: "welcomed" }>;

/** A server that says goodbye with its welcome may not make us dance. */
const REST_MS = 200;

export function goLive(
	before: Memory,
	{ dialId, endpoint }: Link,
	{ windowMs, maxAgeMs }: Welcome,
	outage: Outage,
	policy: ConnectionPolicy,
	moment: Moment,
): Live {
	const { now, random } = moment;
	const ageMs = (0.8 + 0.15 * random()) * maxAgeMs;
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
		move: maxAgeMs > 0 ? newMove(now + Math.max(ageMs, REST_MS), "age") : null,
		failBackAt: NEVER,
		successor: null,
		retiring: null,
	};
	return replan(live, policy, moment);
}

/** Fail-back is wanted on a backup alone, and a link to an endpoint that is gone from the list moves. */
export function replan(live: Live, policy: ConnectionPolicy, moment: Moment): Live {
	const { candidates, link, failBackAt } = live;
	const known = find(candidates, link.endpoint.url);
	const hasPrimary = candidates.some(({ endpoint }) => endpoint.role === "primary");
	const wantsBack = hasPrimary && known?.endpoint.role === "backup";
	const next = wantsBack
		? failBackAt === NEVER
			? planFailBack(live, policy, moment)
			: live
		: { ...live, failBackAt: NEVER };
	if (known !== undefined) return next;
	const spreadMs = Math.max(live.windowMs, policy.firstRedialWindowMs);
	return planMove(next, "endpoint removed", spreadMs, moment);
}

/** Spread, or a primary that comes back is met by all at once; and seldom, because it may flap. */
export function planFailBack(live: Live, policy: ConnectionPolicy, { now, random }: Moment): Live {
	const [least, most] = policy.failBackWindowMs;
	const at = now + least + random() * (most - least);
	return { ...live, failBackAt: Math.max(at, live.failBackAfter) };
}

export function planMove(live: Live, reason: string, spreadMs: number, moment: Moment): Live {
	const plannedAt = live.move?.at ?? NEVER;
	const drawn = sooner(plannedAt, Math.min(spreadMs, LONGEST_MS), moment);
	if (drawn === plannedAt) return live;
	const at = Math.max(drawn, live.since + REST_MS);
	return { ...live, move: { ...newMove(at, reason), ...goodbyeOf(live) } };
}

/** What a goodbye has said stays true when another reason to move comes first. */
const goodbyeOf = ({ move }: Live): Partial<Move> =>
	move === null ? {} : { hints: move.hints, announcedMs: move.announcedMs };

const newMove = (at: number, reason: string): Move => ({
	at,
	reason,
	hints: [],
	announcedMs: null,
	attempt: 0,
});

export function sayGoodbye(
	live: Live,
	input: Extract<ConnectionInput, { type: "goodbye-received" }>,
	moment: Moment,
): Step {
	const { deadlineMs, windowMs, endpoints, reason } = input;
	const leaving = `goodbye: ${reason}`;
	const planned = planMove(live, leaving, Math.min(windowMs, deadlineMs), moment);
	const move = planned.move ?? newMove(moment.now, leaving);
	return [
		{ ...planned, windowMs, move: { ...move, hints: endpoints, announcedMs: windowMs } },
		[report(leaving, live.link.dialId, live.link)],
	];
}

/** The link has been up long enough: what was counted against it is forgotten, and the outage over. */
export function prove(live: Live): Step {
	const candidates = proved(live.candidates, live.link.endpoint.url);
	return stay({ ...live, candidates, outage: null, slowRounds: 0 });
}

/** A successor that is under way simply becomes the dial. Otherwise: first the wait, then a round. */
export function loseLive(live: Live, loss: Loss, policy: ConnectionPolicy, moment: Moment): Step {
	const { link, move, successor } = live;
	const { cause, windowMs, isAnnounced } = loss;
	const announcedMs = windowMs ?? move?.announcedMs ?? null;
	const isCharged = live.outage !== null && announcedMs === null && !isAnnounced;
	const charged = isCharged ? charge(recall(live), link, loss, moment) : recall(live);
	const memory: Memory = { ...heed(charged, loss, moment), announcedMs };
	const effects = [
		report(cause.message, link.dialId, link),
		...hangUpAll({ ...live, successor: cause.retryable ? null : successor }, cause.code),
	];
	if (!cause.retryable) return [{ ...memory, status: "failed", cause }, effects];
	const outage = live.outage ?? { since: moment.now, attempt: 0 };
	if (successor !== null) return succeed(memory, outage, cause, successor, effects);
	const isSpread = windowMs === undefined && announcedMs !== null && outage.attempt === 0;
	if (!isSpread || move === null) return wait(memory, { outage, cause }, effects, policy, moment);
	// Its goodbye has drawn our place in the window already.
	const retryAt = Math.max(move.at, moment.now, memory.notBefore);
	return [{ ...memory, status: "reconnecting", outage, cause, retryAt }, effects];
}

/** The app wants a fresh link: no wait, but for pushback. */
export function breakLink(
	live: Live,
	cause: Loss["cause"],
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { successor, link } = live;
	const { now } = moment;
	const memory = recall(live);
	const outage = live.outage ?? { since: now, attempt: 0 };
	const orders = hangUpAll({ ...live, successor: null }, "reconnect");
	const effects = [report(cause.message, link.dialId, link), ...orders];
	if (successor !== null) return succeed(memory, outage, cause, successor, effects);
	if (now < memory.notBefore) {
		const retryAt = memory.notBefore;
		return [{ ...memory, status: "reconnecting", outage, cause, retryAt }, effects];
	}
	const [next, dial] = begin(memory, { outage, cause }, cause.message, policy, moment);
	return [next, [...orders, ...dial]];
}

export function hangUpAll(
	{ link, successor, retiring }: Connected,
	reason: string,
): readonly ConnectionEffect[] {
	const links = [link, successor, retiring];
	return links.filter((held) => held !== null).map((held) => hangUp(held, reason));
}

function succeed(
	memory: Memory,
	{ since, attempt }: Outage,
	cause: Loss["cause"],
	dial: NonNullable<Live["successor"]>,
	effects: readonly ConnectionEffect[],
): Step {
	const outage = { since, attempt: attempt + 1 };
	return [{ ...memory, status: "reconnecting", outage, cause, retryAt: null, dial }, effects];
}
