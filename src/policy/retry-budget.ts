/*
 * What bounded work (a token, a poll, a publish over HTTP, an asset) may repeat. Each first try earns
 * a part of a retry and a retry costs a whole one, so that a service which fails everything sees a
 * seventh more requests than there is work, and not a multiple. The dial loop has a law of its own.
 */

export interface RetryBudget {
	readonly tokens: number;
}

const EARNED = 0.15;
/** A client that has only just begun may still lose two packets. Spread over 40 tries it is the rest of 1.2. */
const RESERVE = 2;

export const initialBudget: RetryBudget = { tokens: RESERVE };

/** Once for each first try, whatever becomes of it. */
export function credit(budget: RetryBudget): RetryBudget {
	const tokens = Math.min(RESERVE, budget.tokens + EARNED);
	return tokens === budget.tokens ? budget : { tokens };
}

/** Once before each retry: false, and the failure is final. */
export function spend(budget: RetryBudget): readonly [RetryBudget, boolean] {
	if (budget.tokens < 1) return [budget, false];
	return [{ tokens: budget.tokens - 1 }, true];
}
