/* What many seeds came to. */
import { KINDS } from "./faults.js";
import type { Outcome } from "./simulation.js";

export interface Chunk {
	readonly from: number;
	readonly count: number;
}

export interface Failure {
	readonly seed: number;
	readonly breaches: readonly string[];
}

export interface Tally {
	readonly seeds: number;
	readonly failures: readonly Failure[];
	readonly strikes: Readonly<Record<string, number>>;
	readonly figures: Readonly<Record<string, number>>;
	readonly slowestHealingMs: number;
}

export function emptyTally(): Tally {
	return { seeds: 0, failures: [], strikes: {}, figures: {}, slowestHealingMs: 0 };
}

export function addOutcome(tally: Tally, outcome: Outcome | Failure): Tally {
	const { seed, breaches } = outcome;
	const isWhole = "figures" in outcome;
	return merge(tally, {
		seeds: 1,
		failures: breaches.length === 0 ? [] : [{ seed, breaches: breaches.slice(0, 20) }],
		strikes: isWhole ? Object.fromEntries(outcome.strikes) : {},
		figures: isWhole ? { ...outcome.figures } : {},
		slowestHealingMs: isWhole ? outcome.figures.healedMs : 0,
	});
}

export function merge(a: Tally, b: Tally): Tally {
	return {
		seeds: a.seeds + b.seeds,
		failures: [...a.failures, ...b.failures],
		strikes: addUp(a.strikes, b.strikes),
		figures: addUp(a.figures, b.figures),
		slowestHealingMs: Math.max(a.slowestHealingMs, b.slowestHealingMs),
	};
}

/** Kinds of faults that a run never saw: of those it has tested nothing. */
export function neverStruck({ strikes }: Tally): readonly string[] {
	return KINDS.filter((kind) => !strikes[kind]);
}

/** One line: what was run, and what came of it. */
export function summary(tally: Tally, seconds: number): string {
	const { seeds, failures, figures, strikes, slowestHealingMs } = tally;
	const faults = Object.values(strikes).reduce((sum, times) => sum + times, 0);
	const hours = ((figures.virtualMs ?? 0) / 3_600_000).toFixed(0);
	return [
		`${seeds} seeds, ${failures.length} failed`,
		`${hours} virtual hours`,
		`${figures.published ?? 0} published, ${figures.delivered ?? 0} delivered`,
		`${figures.dials ?? 0} dials, ${faults} strikes of ${Object.keys(strikes).length} kinds`,
		`slowest healing ${(slowestHealingMs / 1_000).toFixed(1)} s`,
		`${(seeds / seconds).toFixed(0)} seeds/s`,
	].join(" · ");
}

export function strikeTable({ strikes }: Tally): string {
	return KINDS.map((kind) => `${String(strikes[kind] ?? 0).padStart(9)}  ${kind}`).join("\n");
}

function addUp(
	a: Readonly<Record<string, number>>,
	b: Readonly<Record<string, number>>,
): Record<string, number> {
	const sum: Record<string, number> = { ...a };
	for (const [name, value] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + value;
	return sum;
}
