/* Plays random histories: time passes between inputs, and ticks come early, in time and late. */
import fc from "fast-check";
import type { Moment } from "../../src/policy/moment.js";

export interface Move<I> {
	readonly input: I;
	/** How long after the move before; null: exactly when the machine is due. */
	readonly afterMs: number | null;
	readonly draw: number;
}

export interface Tick<S, I, E> {
	readonly before: S;
	readonly input: I;
	readonly orders: readonly E[];
	readonly after: S;
	readonly now: number;
}

export function history<I>(input: fc.Arbitrary<I>): fc.Arbitrary<Move<I>[]> {
	const afterMs = fc.oneof(
		fc.constant(null),
		fc.constantFrom(0, 1, 100, 499, 500, 1_999, 2_000, 3_000, 10_000, 60_000),
	);
	const draw = fc.constantFrom(0, 0.25, 0.5, 0.999);
	return fc.array(fc.record({ input, afterMs, draw }), { maxLength: 40, size: "max" });
}

export function play<S, I, E>(
	initial: S,
	moves: readonly Move<I>[],
	dueAt: (state: S) => number,
	transition: (state: S, input: I, moment: Moment) => readonly [S, readonly E[]],
): Tick<S, I, E>[] {
	let now = 1_000;
	let state = initial;
	return moves.map(({ input, afterMs, draw }) => {
		const due = dueAt(state);
		now =
			afterMs === null && due < Number.POSITIVE_INFINITY
				? Math.max(now, due)
				: now + (afterMs ?? 0);
		const before = state;
		const [after, orders] = transition(before, input, { now, random: () => draw });
		state = after;
		return { before, input, orders, after, now };
	});
}
