/*
 *   new ─▶ steady: the same answers, three times and more ── other answers ─▶ doubt: asked again and again
 *    ▲                          ▲                                               │            │
 *    │                          ╰── (the new answers are the steady ones now) ──┤            │
 *    ╰───────── it varies: next time steady must have lasted twice as long ─────│────────────╯
 *                                                                               ▼
 *                                                              gone: the addresses that left
 *
 * A drained name and a weighted one look the same at first: other answers than before. What tells them
 * apart is how long the new ones last. One set n times and then another m times running: no mixture of the
 * two shows that more often than (n/(n+m))^n · (m/(n+m))^m, and where the other is as rare as n times
 * without it say, its next m−1 times are a chance of (n+1)^−(m−1). It is a drain when both are minute:
 * after 3 answers it takes 23 others, after 10 six, after an hour of one a minute four.
 */
import type { DnsAnswer } from "./dns-answer.js";

/** How the answers of a name have behaved. */
export interface Habit {
	/** The set, in a fixed order: shuffling it changes nothing. */
	readonly set: readonly string[];
	/** In how many independent questions running it was that. */
	readonly times: number;
	/** How often it changed without having been steady, or back again. */
	readonly variations: number;
	readonly doubt: Doubt | null;
	/** Left for good, as far as can be told. */
	readonly gone: readonly string[];
	/** The longest TTL that was seen: a cache between us and the source counts it down. */
	readonly fullTtlMs: number;
	/** Until then a cache may repeat itself. */
	readonly repeatsUntil: number;
	/** When live clients last were told to follow. */
	readonly movedAt: number;
}

interface Doubt {
	/** The set before. */
	readonly left: readonly string[];
	readonly leftTimes: number;
	/** When to ask again: a source itself at once, a cache when it has forgotten. */
	readonly askAt: number;
}

export interface Sample {
	readonly answers: readonly DnsAnswer[];
	readonly ttlMs: number;
	readonly at: number;
}

const STEADY_TIMES = 3;
const MOST_VARIATIONS = 12;
const CHANCE = 1e-4;
const CHANCE_OF_REST = 1e-5;
/** Long enough for a cache to be told by a TTL that is shorter than before. */
const ASK_AGAIN_MS = 1_500;
const BETWEEN_MOVES_MS = 600_000;

export const NO_HABIT: Habit = {
	set: [],
	times: 0,
	variations: 0,
	doubt: null,
	gone: [],
	fullTtlMs: 0,
	repeatsUntil: Number.NEGATIVE_INFINITY,
	movedAt: Number.NEGATIVE_INFINITY,
};

/** A question was answered. */
export function observed(habit: Habit, sample: Sample): Habit {
	const { ttlMs, at } = sample;
	const set = sample.answers.map(({ address }) => address).sort();
	const isSame = isEqual(set, habit.set);
	const isIndependent = at >= habit.repeatsUntil || ttlMs >= habit.fullTtlMs || !isSame;
	if (!isIndependent) {
		const askAt = Math.max(at + ttlMs, at + ASK_AGAIN_MS);
		return habit.doubt === null ? habit : { ...habit, doubt: { ...habit.doubt, askAt } };
	}
	const fullTtlMs = Math.max(habit.fullTtlMs, ttlMs);
	const seen = { ...habit, fullTtlMs, repeatsUntil: at + ttlMs };
	if (isSame) return again({ ...seen, times: habit.times + 1 }, at);
	return changed(seen, set, at);
}

/** Those who are connected to one of these had better follow the name. */
export function mayFollow({ gone, movedAt }: Habit, address: string, now: number): boolean {
	return gone.includes(address) && now - movedAt >= BETWEEN_MOVES_MS;
}

export const followed = (habit: Habit, now: number): Habit => ({ ...habit, movedAt: now });

function again(habit: Habit, at: number): Habit {
	const { doubt, set, times } = habit;
	if (doubt === null) return habit;
	if (!isDrain(doubt.leftTimes, times))
		return { ...habit, doubt: { ...doubt, askAt: at + ASK_AGAIN_MS } };
	const left = doubt.left.filter((address) => !set.includes(address));
	return { ...habit, doubt: null, gone: [...habit.gone, ...left] };
}

function changed(habit: Habit, set: readonly string[], at: number): Habit {
	const gone = habit.gone.filter((address) => !set.includes(address));
	const next = { ...habit, set, times: 1, gone };
	const isSteady = habit.times >= STEADY_TIMES * 2 ** habit.variations;
	// In doubt already, or never steady: this name changes its answers as a habit.
	if (habit.doubt !== null || !isSteady) {
		const variations = habit.times === 0 ? 0 : Math.min(habit.variations + 1, MOST_VARIATIONS);
		return { ...next, variations, doubt: null };
	}
	const doubt = { left: habit.set, leftTimes: habit.times, askAt: at + ASK_AGAIN_MS };
	return again({ ...next, doubt }, at);
}

function isDrain(before: number, after: number): boolean {
	const all = before + after;
	const log = before * Math.log(before / all) + after * Math.log(after / all);
	const rest = (1 - after) * Math.log(before + 1);
	return log <= Math.log(CHANCE) && rest <= Math.log(CHANCE_OF_REST);
}

const isEqual = (a: readonly string[], b: readonly string[]): boolean =>
	a.length === b.length && a.every((address, at) => address === b[at]);
