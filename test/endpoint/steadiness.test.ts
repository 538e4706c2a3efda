import { describe, expect, it } from "vitest";
import {
	followed,
	type Habit,
	mayFollow,
	NO_HABIT,
	observed,
} from "../../src/endpoint/steadiness.js";
import { seededRandom } from "../../src/testing.js";

const TTL_MS = 60_000;
const A = "10.0.0.1";
const B = "10.0.0.2";
const C = "10.0.0.3";

function asked(habit: Habit, at: number, addresses: readonly string[], ttlMs = TTL_MS): Habit {
	const answers = addresses.map((address) => ({ address, family: 4 as const, ttlMs }));
	return observed(habit, { answers, ttlMs, at });
}

/** Asks as the tracker does: at the TTL, or sooner while it is in doubt. */
function watch(source: (at: number) => readonly string[], untilMs: number, ttlMs = TTL_MS) {
	let habit = NO_HABIT;
	let at = 0;
	let goneAt: number | null = null;
	let questions = 0;
	for (
		;
		at < untilMs;
		at = Math.min(at + Math.max(ttlMs, 30_000), habit.doubt?.askAt ?? Infinity)
	) {
		habit = asked(habit, at, source(at), ttlMs);
		questions += 1;
		if (habit.gone.length > 0) goneAt ??= at;
	}
	return { habit, goneAt, questions };
}

describe("A name that was steady and then changed", () => {
	it("has left its old address: after three answers it takes 23 of the new, 1.5 s apart", () => {
		const { habit, goneAt } = watch((at) => (at < 150_000 ? [A] : [B]), 600_000);
		expect(habit.gone).toEqual([A]);
		// Asked at 0, 60 and 120 s; at 180 s it is another, and half a minute later it is sure.
		expect(goneAt).toBe(213_000);
	});

	it("needs fewer, the longer it had been steady", () => {
		const after = (refreshes: number): number => {
			const flipAt = refreshes * TTL_MS - 1;
			const { goneAt } = watch((at) => (at < flipAt ? [A] : [B]), flipAt + 600_000);
			return (goneAt ?? 0) - refreshes * TTL_MS;
		};
		expect([3, 5, 10, 60, 500].map(after)).toEqual([33_000, 13_500, 7_500, 4_500, 3_000]);
	});

	it("loses one address of several: that one is gone, and the others are not", () => {
		const { habit } = watch((at) => (at < 150_000 ? [A, B, C] : [C, A]), 600_000);
		expect(habit.gone).toEqual([B]);
	});

	it("counts a cache that repeats itself once a TTL: a shorter TTL gives it away", () => {
		let at = 0;
		let habit = NO_HABIT;
		const source = (): readonly string[] => (at < 150_000 ? [A] : [B]);
		let fetchedAt = 0;
		let held = source();
		let goneAt = 0;
		while (at < 3_600_000 && goneAt === 0) {
			if (at - fetchedAt >= TTL_MS) {
				fetchedAt = at;
				held = source();
			}
			const ttlMs = TTL_MS - (at - fetchedAt);
			habit = asked(habit, at, held, ttlMs);
			if (habit.gone.length > 0) goneAt = at;
			at = Math.min(at + Math.max(ttlMs, 30_000), habit.doubt?.askAt ?? Infinity);
		}
		expect(habit.gone).toEqual([A]);
		// 22 more of the cache's TTLs, for the 22 more answers that it takes.
		expect(goneAt).toBeGreaterThanOrEqual(180_000 + 22 * TTL_MS);
		expect(goneAt).toBeLessThan(180_000 + 24 * TTL_MS);
	});

	it("has them back when they come back", () => {
		let { habit } = watch((at) => (at < 150_000 ? [A] : [B]), 600_000);
		habit = asked(habit, 700_000, [A]);
		expect(habit.gone).toEqual([]);
	});
});

describe("A name that varies", () => {
	it("shuffles its answers: nothing has changed", () => {
		const random = seededRandom(1);
		const order = (): readonly string[] => [A, B, C].sort(() => random() - 0.5);
		const { habit } = watch(order, 86_400_000);
		expect(habit).toMatchObject({ gone: [], variations: 0, doubt: null });
	});

	it.each([
		["one of three regions, at random", [1, 1, 1]],
		["nine to one", [9, 1]],
		["ninety-nine to one", [99, 1]],
		["half and half", [1, 1]],
		["one to three", [1, 3]],
	])("with %s is never taken for drained: 200 clients for a day", (_, weights) => {
		const total = weights.reduce((sum, weight) => sum + weight, 0);
		const drained = Array.from({ length: 200 }, (_, client) => {
			const random = seededRandom(1_000 + client);
			const source = (): readonly string[] => {
				let left = random() * total;
				const index = weights.findIndex((weight) => (left -= weight) < 0);
				return [[A, B, C][index] as string];
			};
			return watch(source, 86_400_000).goneAt;
		});
		expect(drained.filter((at) => at !== null)).toEqual([]);
	});

	it("costs few questions more for its doubts", () => {
		const random = seededRandom(4);
		const source = (): readonly string[] => [random() < 0.9 ? A : B];
		const { questions } = watch(source, 86_400_000);
		expect(questions).toBeLessThan(1.1 * (86_400_000 / TTL_MS));
	});
});

describe("Following", () => {
	const { habit } = watch((at) => (at < 150_000 ? [A] : [B]), 600_000);

	it("is for those on an address that is gone, once in ten minutes", () => {
		expect(mayFollow(habit, A, 600_000)).toBe(true);
		expect(mayFollow(habit, B, 600_000)).toBe(false);
		const after = followed(habit, 600_000);
		expect(mayFollow(after, A, 1_199_999)).toBe(false);
		expect(mayFollow(after, A, 1_200_000)).toBe(true);
	});
});
