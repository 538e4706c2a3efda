import { describe, expect, it } from "vitest";
import { flawless, Ledger } from "./ledger.js";

/** A lane in which 1 to 4 were sent and stored, and these arrived. */
function arrivedAs(...arrived: readonly number[]): Ledger {
	const ledger = new Ledger();
	for (const n of [1, 2, 3, 4]) {
		ledger.sent("lane", n);
		ledger.answered("lane", n, "stored");
	}
	for (const n of arrived) ledger.delivered("lane", n);
	return ledger;
}

describe("a ledger", () => {
	it("finds nothing where all arrived once and in order", () => {
		const ledger = arrivedAs(1, 2, 3, 4);
		expect(ledger.tally("lane")).toEqual(flawless(4));
		expect(ledger.isComplete("lane")).toBe(true);
	});

	it("counts what was lost, and who was told otherwise", () => {
		const ledger = arrivedAs(1, 2, 4);
		expect(ledger.tally("lane")).toEqual({ ...flawless(4), lost: 1, falselyAcknowledged: 1 });
		ledger.answered("lane", 3, "unknown");
		expect(ledger.tally("lane")).toEqual({ ...flawless(4), lost: 1 });
		expect(ledger.isComplete("lane")).toBe(false);
	});

	it("counts repetitions, and does not take them for disorder", () => {
		expect(arrivedAs(1, 2, 3, 1, 2, 4).tally("lane")).toEqual({ ...flawless(4), duplicate: 2 });
	});

	it("counts what came after a later one", () => {
		expect(arrivedAs(1, 4, 2, 3).tally("lane")).toEqual({ ...flawless(4), reordered: 2 });
	});

	it("counts what nobody was told of, what nobody sent, and what was denied and came", () => {
		const ledger = arrivedAs(1, 2, 3, 4);
		ledger.sent("lane", 5);
		ledger.delivered("lane", 5);
		ledger.delivered("lane", 9);
		ledger.answered("lane", 4, "expired");
		expect(ledger.tally("lane")).toEqual({
			...flawless(5),
			unanswered: 1,
			invented: 1,
			falselyDenied: 1,
		});
	});
});
