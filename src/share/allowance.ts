/* How much one tab may ask of the one that serves it. */

export interface Allowance {
	readonly left: number;
	readonly at: number;
}

/** Far above what an app says in earnest: ten thousand subscriptions at once are one second's wait. */
const A_SECOND = 2_000;
const AT_ONCE = 10_000;

export function fullAllowance(now: number): Allowance {
	return { left: AT_ONCE, at: now };
}

/** Null: it has asked too much, and is told to come back. */
export function spend({ left, at }: Allowance, count: number, now: number): Allowance | null {
	const filled = Math.min(AT_ONCE, left + ((now - at) * A_SECOND) / 1_000);
	return filled < count ? null : { left: filled - count, at: now };
}
