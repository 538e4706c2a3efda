import { describe, expect, it } from "vitest";
import { credit, initialBudget, spend } from "../../src/policy/retry-budget.js";

/** Requests that leave when each of `count` pieces of work would be tried three times, and all fail. */
function requests(count: number, budget = initialBudget): number {
	let left = budget;
	let sent = 0;
	for (let piece = 0; piece < count; piece++) {
		left = credit(left);
		sent += 1;
		for (let retry = 0; retry < 2; retry++) {
			const [rest, isAllowed] = spend(left);
			left = rest;
			if (!isAllowed) break;
			sent += 1;
		}
	}
	return sent;
}

describe("a retry budget", () => {
	it("lets a service that fails everything see at most 1.2 requests a first try", () => {
		for (const count of [40, 50, 100, 1_000, 100_000]) {
			expect(requests(count) / count).toBeLessThanOrEqual(1.2);
			expect(requests(count) / count).toBeGreaterThan(1.1);
		}
	});

	it("gives a client that has only just begun two retries, and then no third", () => {
		expect(requests(1)).toBe(3);
		expect(requests(2)).toBe(4);
	});

	it("saves up no more than it began with, however long all went well", () => {
		let budget = initialBudget;
		for (let tries = 0; tries < 10_000; tries++) budget = credit(budget);
		expect(budget).toBe(initialBudget);
	});

	it("refuses without a change, so that nobody pays for a no", () => {
		const empty = { tokens: 0.99 };
		expect(spend(empty)).toEqual([empty, false]);
		expect(spend(empty)[0]).toBe(empty);
	});
});
