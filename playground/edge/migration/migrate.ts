/*
 * From one proxy to another by weights in DNS, in steps, each with a gate. Pure.
 *
 *                   held long enough, enough seen, gate open
 *    moving, step n ────────────────────────────────────────▶ moving, step n+1 … ▶ moved (100 percent)
 *       │  ▲
 *       │  ╰── resumed ──╮
 *       ╰── gate shut ──▶ halted: weights stay, nobody is moved any more
 *    moving, halted, moved ── rolled back ──▶ back (0 percent)
 *
 * The gate compares the two sides over the same time: errors, latency, and a count of the business, since
 * a proxy that drops a header answers 101 to everybody and serves nobody.
 */

export interface MigrationPolicy {
	/** Percent of newcomers for the new side; the last is 100. */
	readonly steps: readonly number[];
	/** Each step, at least. Longer than the TTL, or what is seen is the step before. */
	readonly holdMs: number;
	/** Attempts on the new side that a step needs before the next. */
	readonly enough: number;
	/** The new side's share of failures may exceed the old one's by so much. */
	readonly errorMargin: number;
	/** The new side's p99 may be so many times the old one's, and in any case `latencyFloorMs`. */
	readonly latencyFactor: number;
	readonly latencyFloorMs: number;
	/** Of those who got in by a side, the share that is then seen as active may be less than the other's by so much. */
	readonly userMargin: number;
	/** A share of failures counts from so many attempts on. */
	readonly fewest: number;
}

export const MIGRATION: MigrationPolicy = {
	steps: [0, 10, 25, 50, 75, 100],
	holdMs: 60_000,
	enough: 100,
	errorMargin: 0.01,
	latencyFactor: 1.5,
	latencyFloorMs: 50,
	userMargin: 0.05,
	fewest: 20,
};

/** Of the last ten seconds. */
export interface Side {
	readonly attempts: number;
	readonly failures: number;
	/** Until the 101. */
	readonly p99Ms: number;
	/** Distinct, of those whose attempts these were: authenticated and active behind it. */
	readonly users: number;
}

export interface Seen {
	readonly old: Side;
	readonly next: Side;
}

export type Migration =
	| {
			readonly is: "moving";
			readonly step: number;
			readonly since: number;
			readonly attempts: number;
	  }
	| { readonly is: "halted"; readonly step: number; readonly why: string }
	| { readonly is: "moved" }
	| { readonly is: "back"; readonly why: string };

export type MigrationInput =
	| { readonly is: "seen"; readonly seen: Seen }
	| { readonly is: "resumed" }
	| { readonly is: "rolled-back" };

export interface MigrationStep {
	readonly state: Migration;
	/** What DNS is to be told; null: nothing new. */
	readonly weights: Weights | null;
}

/** Percent; 100 in all. */
export interface Weights {
	readonly old: number;
	readonly next: number;
}

/** Throws where the steps lead nowhere. */
export function beginMigration(policy: MigrationPolicy, now: number): MigrationStep {
	const { steps } = policy;
	const rises = steps.every((share, at) => at === 0 || share > (steps[at - 1] ?? 0));
	if (!rises || steps.at(-1) !== 100 || (steps[0] ?? -1) < 0)
		throw new RangeError(`Steps of a migration rise to 100 percent; not ${steps.join(", ")}.`);
	return { state: { is: "moving", step: 0, since: now, attempts: 0 }, weights: at(policy, 0) };
}

export function migrate(
	state: Migration,
	input: MigrationInput,
	policy: MigrationPolicy,
	now: number,
): MigrationStep {
	if (input.is === "rolled-back") return { state: BACK, weights: { old: 100, next: 0 } };
	switch (state.is) {
		case "moving":
			return input.is === "seen" ? move(state, input.seen, policy, now) : same(state);
		case "halted":
			if (input.is !== "resumed") return same(state);
			return same({ is: "moving", step: state.step, since: now, attempts: 0 });
		case "moved":
		case "back":
			return same(state);
		default:
			return state satisfies never;
	}
}

const BACK: Migration = { is: "back", why: "rolled back" };
const same = (state: Migration): MigrationStep => ({ state, weights: null });
const at = ({ steps }: MigrationPolicy, step: number): Weights => {
	const next = steps[step] ?? 0;
	return { old: 100 - next, next };
};

function move(
	state: Migration & { is: "moving" },
	seen: Seen,
	policy: MigrationPolicy,
	now: number,
): MigrationStep {
	const { step, since } = state;
	const why = objection(seen, policy);
	if (why !== null) return same({ is: "halted", step, why });
	const attempts = state.attempts + seen.next.attempts;
	// At nought nobody can be seen on the new side.
	const isEnough = attempts >= policy.enough || policy.steps[step] === 0;
	if (now - since < policy.holdMs || !isEnough) return same({ ...state, attempts });
	if (step + 1 === policy.steps.length) return same({ is: "moved" });
	const next: Migration = { is: "moving", step: step + 1, since: now, attempts: 0 };
	return { state: next, weights: at(policy, step + 1) };
}

const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** Why the gate is shut, in words; null: it is open. */
export function objection({ old, next }: Seen, policy: MigrationPolicy): string | null {
	const { errorMargin, latencyFactor, latencyFloorMs, userMargin, fewest } = policy;
	if (next.attempts < fewest) return null;
	const [failed, before] = [share(next.failures, next.attempts), share(old.failures, old.attempts)];
	if (failed > before + errorMargin)
		return `${percent(failed)} of attempts fail on the new side, ${percent(before)} on the old one`;
	// Where the old side has nobody left, there is nothing to compare with but the floor.
	const limit = Math.max(latencyFloorMs, latencyFactor * old.p99Ms);
	if (next.p99Ms > limit && old.attempts >= fewest)
		return `an upgrade takes ${next.p99Ms} ms (p99) on the new side, ${old.p99Ms} ms on the old one`;
	const wanted = old.attempts >= fewest ? share(old.users, old.attempts - old.failures) : 1;
	const found = share(next.users, next.attempts - next.failures);
	if (found < wanted - userMargin)
		return `${percent(found)} of those let in by the new side are seen as active, ${percent(wanted)} by the old one`;
	return null;
}
