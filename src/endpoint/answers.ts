/* What is known of a name: its answers, how long they hold, and which addresses to leave alone. */
import type { RealtimeError } from "../errors/realtime-error.js";
import { checkAnswers } from "./answer-checks.js";
import type { DnsAnswer, DnsSnapshot } from "./dns-answer.js";
import { type Habit, NO_HABIT, observed } from "./steadiness.js";

interface Quarantined {
	readonly address: string;
	readonly since: number;
	readonly until: number;
}

export interface KnownName {
	readonly answers: readonly DnsAnswer[];
	/** Until then no dial asks. */
	readonly freshUntil: number;
	/** Until then they are better than nothing (RFC 8767). */
	readonly usableUntil: number;
	/** When to ask in the background. */
	readonly refreshAt: number;
	/** No question before, whoever dials: a negative answer holds, and a floor under short TTLs. */
	readonly notBefore: number;
	/** Questions in a row without an answer. */
	readonly failures: number;
	/** Why the last one came to nothing. */
	readonly cause: RealtimeError | null;
	readonly quarantined: readonly Quarantined[];
	readonly habit: Habit;
}

/** Between two questions of dials, where a TTL is shorter or the answers have all failed. */
const FLOOR_MS = 1_000;
/** Between two questions in the background, and the least that a failed address is left alone. */
const PAUSE_MS = 30_000;
/** The longest that "there is no such name" is believed: it is often a mistake that somebody mends. */
const NEGATIVE_MS = 30_000;
const NEVER: number = Number.POSITIVE_INFINITY;

export const unknownName: KnownName = {
	answers: [],
	freshUntil: -NEVER,
	usableUntil: -NEVER,
	refreshAt: -NEVER,
	notBefore: -NEVER,
	failures: 0,
	cause: null,
	quarantined: [],
	habit: NO_HABIT,
};

/** Answers came. What is no address among them is left out; null: nothing usable is left. */
export function resolved(
	known: KnownName,
	given: unknown,
	staleForMs: number,
	now: number,
): KnownName | null {
	const answers = checkAnswers(given);
	if (answers.length === 0) return null;
	const ttlMs = Math.min(...answers.map((answer) => answer.ttlMs));
	const habit = observed(known.habit, { answers, ttlMs, at: now });
	return {
		answers,
		freshUntil: now + Math.max(ttlMs, FLOOR_MS),
		usableUntil: now + ttlMs + staleForMs,
		refreshAt: Math.min(now + Math.max(ttlMs, PAUSE_MS), habit.doubt?.askAt ?? NEVER),
		notBefore: now + FLOOR_MS,
		failures: 0,
		cause: null,
		quarantined: current(known, now),
		habit,
	};
}

/** Nobody answered, or the answer is that there is none: that has a TTL, and is not doubted sooner. */
export function unresolved(known: KnownName, cause: RealtimeError, now: number): KnownName {
	const failures = known.failures + 1;
	// RFC 9520: a failure is remembered for a second at least, and longer each time.
	const waitMs = cause.retryAfterMs ?? FLOOR_MS * 2 ** Math.min(known.failures, 5);
	const notBefore = now + Math.min(Math.max(waitMs, FLOOR_MS), NEGATIVE_MS);
	return { ...known, failures, cause, notBefore, refreshAt: now + PAUSE_MS };
}

/** A dial to it came to nothing. Where none is left, the answers themselves are in doubt. */
export function failed(known: KnownName, address: string, now: number): KnownName {
	const found = known.answers.find((answer) => answer.address === address);
	if (found === undefined) return known;
	const until = now + Math.max(found.ttlMs, PAUSE_MS);
	const others = current(known, now).filter((other) => other.address !== address);
	const next = { ...known, quarantined: [...others, { address, since: now, until }] };
	const isLeft = known.answers.some((answer) => !isQuarantined(next, answer.address, now));
	return isLeft ? next : { ...next, freshUntil: Math.min(now, known.freshUntil) };
}

export const isFresh = (known: KnownName, now: number): boolean => now < known.freshUntil;

export const isUsable = (known: KnownName, now: number): boolean => now < known.usableUntil;

export const mayAsk = (known: KnownName, now: number): boolean => now >= known.notBefore;

export function snapshot(known: KnownName, now: number, offsetMs: number): DnsSnapshot {
	const { answers, freshUntil } = known;
	const isKnown = answers.length > 0;
	return {
		answers,
		expiresAt: freshUntil === -NEVER ? 0 : Math.round(freshUntil + offsetMs),
		stale: isKnown && !isFresh(known, now),
		quarantined: current(known, now).map(({ address, until }) => ({
			address,
			until: Math.round(until + offsetMs),
		})),
	};
}

export function isQuarantined(known: KnownName, address: string, now: number): boolean {
	return known.quarantined.some((each) => each.address === address && each.until > now);
}

/** The same list, where none of them is over. */
function current({ quarantined }: KnownName, now: number): readonly Quarantined[] {
	const left = quarantined.filter(({ until }) => until > now);
	return left.length === quarantined.length ? quarantined : left;
}
