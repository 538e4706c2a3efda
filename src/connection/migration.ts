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
import type { Moment } from "../policy/moment.js";
import type { ConnectionInput, Loss } from "./contract.js";
import { goLive, type Live, planFailBack } from "./live.js";
import {
	after,
	charge,
	choose,
	dialIt,
	endRound,
	heed,
	isOver,
	NEW_ROUND,
	newDial,
} from "./round.js";
import { type ConnectionPolicy, hangUp, report, type Step, type Successor, stay } from "./state.js";

const RETIRING_MS = 5_000;
const BETWEEN_FAIL_BACKS_MS = 60_000;

/** A goodbye is more urgent than a better place. */
export function migrate(live: Live, policy: ConnectionPolicy, moment: Moment): Step {
	const { move } = live;
	if (move === null || move.at > moment.now) return failBack(live, policy, moment);
	const endpoint = choose(live, NEW_ROUND, move.hints, move.attempt, policy, moment);
	if (endpoint === undefined) return stay(postpone(live, policy, moment));
	const dial = newDial(live, endpoint, NEW_ROUND, policy, moment);
	return replaceBy(live, { ...dial, isFailBack: false }, move.reason);
}

function failBack(live: Live, policy: ConnectionPolicy, moment: Moment): Step {
	const { now, random } = moment;
	const chosen = chain(policy.filters)(live.candidates, { now, random, attempt: 0 });
	const primary = chosen.find(({ endpoint }) => endpoint.role === "primary");
	// Ejected: it has failed not long ago.
	if (primary === undefined) return stay(planFailBack(live, policy, moment));
	const dial = newDial(live, primary.endpoint, NEW_ROUND, policy, moment);
	const next = { ...live, failBackAfter: now + BETWEEN_FAIL_BACKS_MS };
	return replaceBy(next, { ...dial, isFailBack: true }, "fail-back");
}

function replaceBy(live: Live, successor: Successor, reason: string): Step {
	const { dialId } = successor;
	return [{ ...live, dialId, successor }, [report(reason, dialId, successor), dialIt(successor)]];
}

/** Proved or not, the link before it: what is new has yet to prove itself. */
export function adopt(
	live: Live,
	successor: Successor,
	welcome: Extract<ConnectionInput, { type: "welcomed" }>,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { outage, link } = live;
	const next =
		outage === null
			? { since: moment.now, attempt: 0 }
			: { since: outage.since, attempt: outage.attempt + 1 };
	const retiring = { dialId: link.dialId, until: moment.now + RETIRING_MS };
	const { dialId } = successor;
	return [
		{ ...goLive(live, successor, welcome, next, policy, moment), retiring },
		[report("migrated", dialId, successor), { type: "adopt", dialId, previous: link.dialId }],
	];
}

export function retire(live: Live): Step {
	const { retiring } = live;
	if (retiring === null) return stay(live);
	const effects = [report("retired", retiring.dialId, null), hangUp(retiring, "replaced")];
	return [{ ...live, retiring: null }, effects];
}

/** The live link is none the worse for it, even where the successor was refused for good. */
export function loseSuccessor(
	before: Live,
	successor: Successor,
	loss: Loss,
	policy: ConnectionPolicy,
	moment: Moment,
): Step {
	const { cause } = loss;
	const memory = heed(charge(before, successor, loss, moment), loss, moment);
	const live: Live = { ...before, ...memory, successor: null };
	const effects = [
		report(cause.message, successor.dialId, successor),
		hangUp(successor, cause.code),
	];
	if (successor.isFailBack) return [planFailBack(live, policy, moment), effects];
	const round = after(successor, loss);
	const { hints = [], attempt = 0 } = live.move ?? {};
	const isEnd = isOver(loss) || !cause.retryable;
	const endpoint = isEnd ? undefined : choose(live, round, hints, attempt, policy, moment);
	if (endpoint === undefined) {
		const { slowRounds } = endRound(live, round, loss);
		return [postpone({ ...live, slowRounds }, policy, moment), effects];
	}
	const dial = newDial(live, endpoint, round, policy, moment);
	const next = { ...live, dialId: dial.dialId, successor: { ...dial, isFailBack: false } };
	return [next, [...effects, dialIt(dial)]];
}

function postpone(live: Live, policy: ConnectionPolicy, moment: Moment): Live {
	if (live.move === null) return live;
	const attempt = live.move.attempt + 1;
	const at = moment.now + backoff({ since: moment.now, attempt }, live, policy, moment);
	return { ...live, move: { ...live.move, at, attempt } };
}
