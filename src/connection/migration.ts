/*
 *   live ── a move, or a fail-back, is due ─▶ live + successor ── welcomed ─▶ live + retiring
 *     ▲                                         │                               │ settled, or 5 s
 *     ├──────── it came to nothing: later ──────╯                               │ (hang up the old)
 *     ╰─────────────────────────────────────────────────────────────────────────╯
 *
 * Make before break: the old link is let go when every channel has been answered on the new one. There
 * are never more than two.
 */
import { chain } from "../endpoint/filters.js";
import { backoff } from "../policy/backoff.js";
import type { Loss } from "./contract.js";
import { type Live, planFailBack } from "./live.js";
import { choose, fail, letGo, newDial, order } from "./round.js";
import { type Dial, report, type Step, stay, type Terms } from "./state.js";

const BETWEEN_FAIL_BACKS_MS = 60_000;

/** A goodbye is more urgent than a better place. */
export function migrate(live: Live, terms: Terms): Step {
	const { move } = live;
	if (move === null || move.at > terms.now) return failBack(live, terms);
	const endpoint = choose(live, [], move.hints, move.attempt, terms);
	if (endpoint === undefined) return stay(postpone(live, terms));
	return replaceBy(live, newDial(live, endpoint, terms), move.reason);
}

function failBack(live: Live, terms: Terms): Step {
	const { policy, now, random } = terms;
	const chosen = chain(policy.filters)(live.candidates, { now, random, attempt: 0 });
	const primary = chosen.find(({ endpoint }) => endpoint.role === "primary");
	// Ejected: it has failed not long ago.
	if (primary === undefined) return stay(planFailBack(live, terms));
	const dial = { ...newDial(live, primary.endpoint, terms), isFailBack: true };
	return replaceBy({ ...live, failBackAfter: now + BETWEEN_FAIL_BACKS_MS }, dial, "fail-back");
}

function replaceBy(live: Live, successor: Dial, reason: string): Step {
	const { dialId } = successor;
	return [{ ...live, dialId, successor }, [report(reason, successor), order(successor)]];
}

export function retire(live: Live): Step {
	const { retiring } = live;
	if (retiring === null) return stay(live);
	return [{ ...live, retiring: null }, letGo(retiring, "retired", "replaced")];
}

/** The live link is none the worse for it, even where the successor was refused for good. */
export function loseSuccessor(before: Live, dial: Dial, loss: Loss, terms: Terms): Step {
	const { hints = [], attempt = 0 } = before.move ?? {};
	const [successor, memory, effects] = fail(before, dial, loss, hints, attempt, terms);
	const live: Live = { ...memory, exhausted: false, successor };
	if (successor !== null) return [{ ...live, dialId: successor.dialId }, effects];
	return [dial.isFailBack ? planFailBack(live, terms) : postpone(live, terms), effects];
}

function postpone(live: Live, terms: Terms): Live {
	const { move } = live;
	if (move === null) return live;
	const attempt = move.attempt + 1;
	const at = terms.now + backoff({ since: terms.now, attempt }, live, terms.policy, terms);
	return { ...live, move: { ...move, at, attempt } };
}
