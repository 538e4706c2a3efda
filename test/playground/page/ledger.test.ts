/* What the page tells the ledger, and what it shows of it. */
import { describe, expect, it } from "vitest";
import { ControlError } from "../../../playground/edge/control/client.js";
import type { LedgerReport, LedgerState } from "../../../playground/edge/control/contract.js";
import { Ledger } from "../../../playground/edge/ledger.js";
import { countSince, ledgerWords } from "../../../playground/page/ledger/count.js";
import { Reporter } from "../../../playground/page/ledger/reporter.js";
import { readRow } from "../../../playground/page/ledger/watch-document.js";

const EPOCH = "e1";

/** Into a real ledger. */
function reporting() {
	let now = 1_000;
	const ledger = new Ledger(() => now);
	const reports: LedgerReport[] = [];
	const send = async (report: LedgerReport): Promise<void> => {
		reports.push(report);
		ledger.take(report);
	};
	const reporter = new Reporter("page-1-ada-0", send, () => now);
	const shown = (offset: number) =>
		reporter.shown({ channel: "c", id: `m${offset}`, offset, epoch: EPOCH });
	const sent = async (): Promise<void> => {
		for (let turn = 0; turn < 20; turn++) await Promise.resolve();
	};
	return {
		...{ ledger, reports, reporter, shown, sent },
		pass: (ms: number) => {
			now += ms;
		},
	};
}

describe("a page's report", () => {
	it("says of each channel once that it was joined, and before what was shown in it", async () => {
		const { reporter, reports, shown, sent } = reporting();
		shown(1);
		reporter.subscribed("c");
		shown(2);
		await sent();
		expect(reports.flatMap(({ events }) => events.map(({ is }) => is))).toEqual([
			"subscribed",
			"delivered",
			"delivered",
		]);
	});

	it("makes the ledger see a row that is missing, one that comes twice, and one that comes late", async () => {
		const { ledger, shown, sent } = reporting();
		for (const offset of [1, 2, 4, 4, 3, 6]) shown(offset);
		await sent();
		expect(ledger.state).toMatchObject({ delivered: 6, lost: 1, repeated: 1, outOfOrder: 1 });
	});

	it("owes what was published after it came, until the document shows it", async () => {
		const { ledger, reporter, shown, sent, pass } = reporting();
		reporter.subscribed("c");
		pass(10);
		const position = { epoch: EPOCH, offset: 1 };
		reporter.receipt({ channel: "c", id: "m1", position, beganAt: 1_005 });
		await sent();
		expect(ledger.state).toMatchObject({ stored: 1, pending: 1 });
		shown(1);
		await sent();
		expect(ledger.state).toMatchObject({ pending: 0, lost: 0 });
	});

	it("begins anew when the line to the edge had broken: nothing is lost by it, or counted twice", async () => {
		const { ledger, reporter, shown, sent } = reporting();
		shown(1);
		await sent();
		ledger.leave(reporter.client);
		reporter.rejoin();
		shown(5);
		await sent();
		expect(ledger.state).toMatchObject({ clients: 1, lost: 0, repeated: 0 });
	});

	it("ends what it owes when it leaves", async () => {
		const { ledger, reporter, sent } = reporting();
		reporter.subscribed("c");
		await sent();
		expect(ledger.state.clients).toBe(1);
		reporter.leave();
		await sent();
		expect(ledger.state.clients).toBe(0);
	});
});

describe("a row of the document", () => {
	const row = { channel: "c", id: "m1", epoch: EPOCH, offset: "7" };

	it("names its position", () => {
		expect(readRow(row)).toEqual({ channel: "c", id: "m1", epoch: EPOCH, offset: 7 });
	});

	it.each(["", "x", "0", "1.5", undefined])(
		"is none that was stored with the offset %j",
		(offset) => {
			expect(readRow({ ...row, offset })).toBeNull();
		},
	);
});

describe("the line on top", () => {
	const state = (change: Partial<LedgerState>): LedgerState => ({
		...new Ledger(() => 0).state,
		...change,
	});

	it("counts since the page was opened", () => {
		const before = state({ delivered: 100, lost: 2 });
		const counts = countSince(before, state({ delivered: 48_311, lost: 2, repeated: 1 }));
		expect(ledgerWords(counts)).toBe("0 lost · 1 repeated · 0 out of order · 48,211 delivered");
	});

	it("never says less than nothing, where what was waited for has come after all", () => {
		expect(countSince(state({ lost: 3 }), state({ lost: 1 })).lost).toBe(0);
	});
});

it("drops a report that the edge calls wrong, and goes on with the next", async () => {
	const taken: string[] = [];
	const reporter = new Reporter("page-1-ada-0", async ({ events }) => {
		const [first] = events;
		if (first?.is === "gap") throw new ControlError({ code: "invalid", message: "no" });
		taken.push(...events.map(({ is }) => is));
	});
	const turns = async (): Promise<void> => {
		for (let turn = 0; turn < 20; turn++) await Promise.resolve();
	};
	reporter.gap("c");
	await turns();
	reporter.subscribed("c");
	await turns();
	expect(taken).toEqual(["subscribed"]);
});
