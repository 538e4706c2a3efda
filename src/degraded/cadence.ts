/* How long to leave the HTTP half alone between two polls. */
import { pushback } from "../policy/backoff.js";
import type { Moment } from "../policy/moment.js";
import type { DegradedPolicy } from "../policy/policies.js";

const GROWTH = 1.5;
/** From start to start: a server that answers a long poll at once is not asked without pause. */
const LONG_POLL_PACE_MS = 1_000;
const LONG_POLL_JITTER_MS = 250;

/**
 * From the shorter interval to the longer one, step by step. Never below the shorter, so that the rate
 * is a promise; up to half of it again is chance.
 */
export function growingWait(
	step: number,
	{ intervalMs: [from, to] }: DegradedPolicy,
	{ random }: Moment,
): number {
	const grown = Math.min(from * GROWTH ** Math.min(step, 50), to / GROWTH);
	return Math.max(from, grown) * (1 + random() * (GROWTH - 1));
}

/** After a poll that worked. A long poll is followed by the next one back to back. */
export function waitAfterPoll(
	{ step, polledAt, pollAfterMs }: { step: number; polledAt: number; pollAfterMs: number },
	policy: DegradedPolicy,
	moment: Moment,
): number {
	const waitMs =
		policy.polling === "long-poll"
			? longPollPause(polledAt, moment)
			: growingWait(step, policy, moment);
	return Math.max(waitMs, pushback(pollAfterMs, moment));
}

function longPollPause(polledAt: number, { now, random }: Moment): number {
	return Math.max(polledAt + LONG_POLL_PACE_MS - now, 0) + random() * LONG_POLL_JITTER_MS;
}
