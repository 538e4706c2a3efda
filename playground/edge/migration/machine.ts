/*
 * A migration by weights in DNS, and its gate. Who is connected stays where he is, until it is done: then those of
 * the old arm are asked to leave it; or until it is rolled back: then those of the new one.
 *
 *            migrate                   well for dwellMs               100 %, well for dwellMs
 *    idle ───────────▶ moving: 0 % ─────────────────▶ 10, 25, 50, 75 ────────────────────────▶ done
 *     ▲                   │ something is wrong, twice in a row                                  │
 *     │                   ▼                                                                     │
 *     │                halted: weights stay                                                     │
 *     ╰──── roll-back ────┴─────────────────────────────────────────────────────────────────────╯
 */
import type {
	Arms,
	MigrationDecided,
	MigrationEntry,
	MigrationInput,
	MigrationPolicy,
	MigrationState,
} from "./contract.js";
import { faultsOf } from "./gate.js";

/** `arms`: as they are seen now; null: nothing was looked at yet. `now`: monotonic, in ms. */
export function transition(
	state: MigrationState,
	input: MigrationInput,
	arms: Arms | null,
	policy: MigrationPolicy,
	now: number,
): MigrationDecided {
	switch (input.is) {
		case "migrate":
			return begin(state, policy, now);
		case "roll-back":
			return rollBack(state, policy);
		case "seen":
			if (state.is !== "moving" || arms === null) return stay(state);
			return look(state, faultsOf(arms, policy, lastPercent(state, policy)), policy, now);
		default:
			return input.is satisfies never;
	}
}

/** Of newcomers that are led to the new arm. */
export function percentOf(
	state: MigrationState,
	{ steps }: Pick<MigrationPolicy, "steps">,
): number {
	switch (state.is) {
		case "idle":
			return 0;
		case "done":
			return 100;
		case "moving":
		case "halted":
			return steps[state.step] ?? 0;
		default:
			return state satisfies never;
	}
}

function begin(state: MigrationState, policy: MigrationPolicy, now: number): MigrationDecided {
	if (state.is !== "idle") {
		const is = { moving: "is under way", halted: "has halted", done: "is done" }[state.is];
		return refused(state, policy, `The migration ${is}: roll it back before you begin anew.`);
	}
	const next: MigrationState = { is: "moving", step: 0, since: now, bad: 0 };
	return { ...stay(next), audit: [entry("migrate", next, policy, "by order")] };
}

function rollBack(state: MigrationState, policy: MigrationPolicy): MigrationDecided {
	if (state.is === "idle")
		return refused(state, policy, "Nothing is migrated: there is nothing to roll back.");
	const next: MigrationState = { is: "idle" };
	const why = `by order, at ${percentOf(state, policy)} %`;
	return { ...stay(next), audit: [entry("rolled-back", next, policy, why)], goodbye: "new" };
}

type Moving = Extract<MigrationState, { readonly is: "moving" }>;

function look(
	state: Moving,
	faults: readonly string[],
	policy: MigrationPolicy,
	now: number,
): MigrationDecided {
	if (faults.length > 0) {
		const bad = state.bad + 1;
		// One bad look begins the dwell time anew, and no more than that.
		if (bad < policy.badLooks) return stay({ ...state, bad, since: now });
		const next: MigrationState = { is: "halted", step: state.step, reasons: faults };
		return { ...stay(next), audit: [entry("halted", next, policy, faults.join("; "))] };
	}
	if (now - state.since < policy.dwellMs) return stay({ ...state, bad: 0 });
	const isLast = state.step >= policy.steps.length - 1;
	const next: MigrationState = isLast
		? { is: "done" }
		: { is: "moving", step: state.step + 1, since: now, bad: 0 };
	const what = isLast ? "migrated" : "step";
	const why = "the new arm fares as the old one does";
	const audit = [entry(what, next, policy, why)];
	return { ...stay(next), audit, goodbye: isLast ? "old" : null };
}

const stay = (state: MigrationState): MigrationDecided => {
	return { state, audit: [], goodbye: null, refusal: null };
};

/** What caches may still lead by. */
const lastPercent = ({ step }: Moving, { steps }: MigrationPolicy): number => steps[step - 1] ?? 0;

function refused(state: MigrationState, policy: MigrationPolicy, why: string): MigrationDecided {
	return { ...stay(state), audit: [entry("refused", state, policy, why)], refusal: why };
}

function entry(
	what: MigrationEntry["what"],
	state: MigrationState,
	policy: MigrationPolicy,
	why: string,
): MigrationEntry {
	return { what, percent: percentOf(state, policy), why };
}
