import { describe, expect, it } from "vitest";
import type { OutboxInput } from "../../src/channels/contract.js";
import { entries } from "../../src/channels/outbox.js";
import {
	acked,
	Box,
	cleared,
	closed,
	DEDUPE_MS,
	failedWrite,
	forgotten,
	opened,
	publish,
	rejected,
	restored,
	stored,
	TTL_MS,
	ticked,
	withdrawn,
	written,
} from "./outbox-words.js";

// ── one publish, every fact in every situation ────────────────────────────────────────────────────
type Row =
	| "waiting"
	| "in flight"
	| "stranded"
	| "sent again"
	| "held"
	| "being written"
	| "written"
	| "being dated"
	| "written to be sent"
	| "being forgotten";
type Column =
	| Exclude<
			OutboxInput["type"],
			"route-opened" | "route-closed" | "acknowledged" | "rejected" | "ticked"
	  >
	| "route opened"
	| "route opened too late"
	| "route lost"
	| "another route lost"
	| "acknowledged"
	| "acknowledged by an earlier link"
	| "rejected, try later"
	| "rejected for good"
	| "rejected by an earlier link"
	| "ticked early"
	| "ticked at the end of its time";

const box = (): Box => new Box();
const disk = (): Box => new Box(stored);

const BOXES: Record<Row, () => Box> = {
	waiting: () => box().given(publish("a")),
	"in flight": () => box().given(opened(2), publish("a")),
	stranded: () => box().given(opened(2), publish("a"), closed(2)),
	"sent again": () => box().given(opened(1), publish("a"), closed(1), opened(2)),
	held: () => box().given(opened(2), publish("a"), rejected(2, "a")),
	"being written": () => disk().given(publish("a")),
	written: () => disk().given(publish("a"), written("a")),
	"being dated": () => disk().given(publish("a"), written("a"), opened(2)),
	"written to be sent": () => disk().given(opened(2), publish("a"), closed(2), written("a")),
	"being forgotten": () => disk().given(opened(2), publish("a"), written("a"), acked(2, "a")),
};

const INPUTS: Record<Column, (box: Box) => OutboxInput> = {
	"publish-requested": () => publish("a"),
	restored: () => restored(["a", null]),
	stored: () => written("a"),
	"store-failed": () => failedWrite("a"),
	forgotten: () => forgotten("a"),
	withdrawn: () => withdrawn("a"),
	cleared: () => cleared,
	disowned: () => ({ type: "disowned", ids: ["a"] }),
	acknowledged: () => acked(2, "a"),
	"acknowledged by an earlier link": () => acked(1, "a"),
	"rejected, try later": () => rejected(2, "a"),
	"rejected for good": () => rejected(2, "a", "forbidden"),
	"rejected by an earlier link": () => rejected(1, "a", "forbidden"),
	"route opened": () => opened(3),
	"route opened too late": (box) => {
		box.after(DEDUPE_MS + 1);
		return opened(3);
	},
	"route lost": () => closed(2),
	"another route lost": () => closed(1),
	"ticked early": (box) => {
		box.after(999);
		return ticked;
	},
	"ticked at the end of its time": (box) => {
		box.after(TTL_MS);
		return ticked;
	},
};

// Whether it waits, is in flight or has left the queue, and the orders. A cell left out promises the
// very same state and no order.
const TABLE: Record<Row, Partial<Record<Column, string>>> = {
	waiting: {
		disowned: "gone: fail a closed",
		"route opened": "in flight: send a! on 3",
		"route opened too late": "in flight: send a! on 3",
		withdrawn: "gone: fail a closed",
		cleared: "gone: fail a closed",
		"ticked at the end of its time": "gone: settle a expired",
	},
	"in flight": {
		disowned: "gone: fail a closed",
		"route opened": "in flight: send a! on 3",
		"route opened too late": "gone: settle a unknown",
		"route lost": "waits: nothing",
		acknowledged: "gone: settle a stored",
		"acknowledged by an earlier link": "gone: settle a stored",
		"rejected, try later": "waits: nothing",
		"rejected for good": "gone: fail a forbidden",
		cleared: "gone: settle a unknown",
		"ticked at the end of its time": "in flight: nothing",
	},
	stranded: {
		disowned: "gone: fail a closed",
		"route opened": "in flight: send a! on 3",
		"route opened too late": "gone: settle a unknown",
		acknowledged: "gone: settle a stored",
		"acknowledged by an earlier link": "gone: settle a stored",
		cleared: "gone: settle a unknown",
		"ticked at the end of its time": "waits: nothing",
	},
	"sent again": {
		disowned: "gone: fail a closed",
		"route opened": "in flight: send a! on 3",
		"route opened too late": "gone: settle a unknown",
		"route lost": "waits: nothing",
		acknowledged: "gone: settle a stored",
		"acknowledged by an earlier link": "gone: settle a stored",
		"rejected, try later": "waits: nothing",
		"rejected for good": "gone: settle a unknown",
		cleared: "gone: settle a unknown",
		"ticked at the end of its time": "in flight: nothing",
	},
	held: {
		disowned: "gone: fail a closed",
		"route opened": "waits: nothing",
		"route opened too late": "gone: settle a unknown",
		"route lost": "waits: nothing",
		acknowledged: "gone: settle a stored",
		"acknowledged by an earlier link": "gone: settle a stored",
		cleared: "gone: settle a unknown",
		"ticked at the end of its time": "gone: settle a unknown",
	},
	"being written": {
		disowned: "gone: nothing",
		stored: "waits: nothing",
		"store-failed": "gone: forget a",
		"route opened": "waits: nothing",
		"route opened too late": "waits: nothing",
		withdrawn: "gone: nothing",
		cleared: "gone: nothing",
		"ticked at the end of its time": "gone: nothing",
	},
	written: {
		disowned: "gone: forget a",
		"route opened": "waits: store a@0",
		"route opened too late": `waits: store a@${DEDUPE_MS + 1}`,
		withdrawn: "gone: forget a",
		cleared: "gone: forget a",
		"ticked at the end of its time": "gone: forget a",
	},
	"being dated": {
		disowned: "gone: nothing",
		stored: "in flight: send a! on 2",
		"store-failed": "waits: nothing",
		"route opened": "waits: nothing",
		"route opened too late": "waits: nothing",
		"route lost": "waits: nothing",
		withdrawn: "gone: nothing",
		cleared: "gone: nothing",
		"ticked at the end of its time": "gone: nothing",
	},
	"written to be sent": {
		disowned: "gone: forget a",
		"route opened": "in flight: send a! on 3",
		"route opened too late": "in flight: send a! on 3",
		withdrawn: "gone: forget a",
		cleared: "gone: forget a",
		"ticked at the end of its time": "gone: forget a",
	},
	"being forgotten": {
		forgotten: "gone: settle a stored",
		"route opened": "gone: nothing",
		"route opened too late": "gone: nothing",
		"route lost": "gone: nothing",
		"ticked at the end of its time": "gone: nothing",
	},
};

const rows = Object.keys(BOXES) as Row[];
const columns = Object.keys(INPUTS) as Column[];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

describe("one publish: every fact in every situation", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const subject = BOXES[row]();
		const before = subject.state;
		const orders = subject.tell(INPUTS[column](subject));
		const isUnmoved = subject.state === before && orders.length === 0;
		const told = `${where(subject)}: ${orders.join(", ") || "nothing"}`;
		expect(isUnmoved ? undefined : told).toBe(TABLE[row][column]);
	});
});

function where({ state }: Box): string {
	const [entry] = entries(state);
	if (entry === undefined) return "gone";
	return entry.inFlight ? "in flight" : "waits";
}
