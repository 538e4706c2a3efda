import { describe, expect, it } from "vitest";
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

const disk = (): Box => new Box(stored);

describe("a persisted publish", () => {
	it("is written before it is sent, dated in the same write when it can go at once", () => {
		expect(disk().tell(opened(1), publish("a"), written("a"))).toEqual([
			"store a@0",
			"send a! on 1",
		]);
	});

	it("is written undated while it must wait, and dated before its first send", () => {
		const subject = disk();
		expect(subject.tell(publish("a"), publish("b"))).toEqual(["store a", "store b"]);
		subject.given(written("a"), written("b"));
		expect(subject.after(50).tell(opened(1))).toEqual(["store a@50 b@50"]);
		expect(subject.tell(written("a", "b"))).toEqual(["send a! b on 1"]);
	});

	it("is dated no sooner than the window has room for it", () => {
		const subject = disk();
		const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
		subject.given(...ids.map((id) => publish(id)), written(...ids));
		expect(subject.tell(opened(1))[0]?.split(" ")).toHaveLength(1 + 16);
	});

	it("waits for the write of an earlier one of its channel, and for no other channel's", () => {
		const subject = disk().given(opened(1), publish("a"), publish("b"), publish("x", "d"));
		expect(subject.tell(written("b"))).toEqual([]);
		expect(subject.tell(written("x"))).toEqual(["send x! on 1"]);
		expect(subject.tell(written("a"))).toEqual(["send a! b on 1"]);
	});

	it("is not written again for its later sends", () => {
		const subject = disk().given(opened(1), publish("a"), written("a"), closed(1));
		expect(subject.tell(opened(2))).toEqual(["send a! on 2"]);
	});

	it("fails with the cause when it cannot be written, and is never sent", () => {
		const subject = disk().given(opened(1), publish("a"));
		// What failed may have been written all the same: the record goes before the app is told.
		expect(subject.tell(failedWrite("a"))).toEqual(["forget a"]);
		expect(subject.tell(forgotten("a"), written("a"))).toEqual(["fail a internal"]);
	});

	it("lets later ones go on after one that could not be written", () => {
		const subject = disk().given(opened(1), publish("a"), publish("b"), written("b"));
		expect(subject.tell(failedWrite("a"))).toEqual(["forget a", "send b! on 1"]);
	});
});

describe("a record that lies in storage and cannot be dated", () => {
	it.each([
		["was left by an earlier process", restored(["a", null])],
		["was written while nothing was connected", publish("a")],
	])("stays, and is dated later, where it %s", (_, input) => {
		const subject = disk().given(input, written("a"), opened(1));
		expect(subject.tell(failedWrite("a"))).toEqual([]);
		expect(subject.after(999).tell(ticked)).toEqual([]);
		expect(subject.after(1).tell(ticked)).toEqual(["store a@1000"]);
		expect(subject.tell(written("a"))).toEqual(["send a! on 1"]);
	});

	it("holds back the later ones of its channel, and no other channel's", () => {
		const subject = disk().given(restored(["a", null], ["b", null]), opened(1));
		subject.given(publish("x", "d"), written("x"));
		expect(subject.tell(failedWrite("a", "b"))).toEqual([]);
		expect(subject.tell(publish("c"), written("c"))).toEqual(["store c"]);
		expect(subject.tell(publish("y", "d"), written("y"))).toEqual(["store y@0", "send y on 1"]);
		expect(subject.after(1_000).tell(ticked)).toEqual(["store a@1000 b@1000 c@1000"]);
	});

	it("still expires: it was never sent", () => {
		const subject = disk().given(restored(["a", null]), opened(1), failedWrite("a"));
		expect(subject.after(TTL_MS).tell(ticked, forgotten("a"))).toEqual([
			"forget a",
			"settle a expired",
		]);
	});

	it("is deleted where it ended meanwhile", () => {
		const subject = disk().given(restored(["a", null]), opened(1), withdrawn("a"));
		expect(subject.tell(failedWrite("a"), forgotten("a"))).toEqual(["forget a", "fail a closed"]);
	});
});

describe("an end", () => {
	const sent = (): Box => disk().given(opened(1), publish("a"), written("a"));

	it("is deleted before it is told", () => {
		expect(sent().tell(acked(1, "a"))).toEqual(["forget a"]);
		expect(sent().tell(acked(1, "a"), forgotten("a"))[1]).toBe("settle a stored");
		expect(sent().tell(rejected(1, "a", "invalid"), forgotten("a"))).toEqual([
			"forget a",
			"fail a protocol-violation",
		]);
	});

	it("is deleted after the write that is under way, or the write would outlive it", () => {
		const subject = disk().given(publish("a"));
		expect(subject.tell(withdrawn("a"), forgotten("a"))).toEqual([]);
		expect(subject.tell(written("a"))).toEqual(["forget a"]);
		expect(subject.tell(forgotten("a"))).toEqual(["fail a closed"]);
	});

	it("is told in the end though its last write failed", () => {
		const subject = disk().given(publish("a"), withdrawn("a"));
		expect(subject.tell(failedWrite("a"), forgotten("a"))).toEqual(["forget a", "fail a closed"]);
	});

	it("holds a new route back until all that had ended is deleted", () => {
		const subject = disk().given(opened(1), publish("a"), publish("b"), written("a", "b"));
		expect(subject.tell(acked(1, "a"), closed(1), opened(2))).toEqual(["forget a"]);
		expect(subject.tell(publish("c"), written("c"))).toEqual(["store c"]);
		expect(subject.tell(forgotten("a"))).toEqual(
			["settle a stored", "send b! on 2", "store c@0"].sort((x, y) => order(x) - order(y)),
		);
	});

	it("that a new route itself brings about is deleted too before anything is sent", () => {
		const subject = disk().given(opened(1), publish("a"), written("a"), closed(1));
		subject.given(publish("b"), written("b")).after(DEDUPE_MS + 1);
		expect(subject.tell(opened(2))).toEqual(["forget a"]);
		expect(subject.tell(forgotten("a"))).toEqual(["settle a unknown", `store b@${DEDUPE_MS + 1}`]);
	});

	it("does not hold back a route that is at work", () => {
		const subject = disk().given(
			opened(1),
			publish("a"),
			publish("b"),
			written("a", "b"),
			acked(1, "a"),
		);
		expect(subject.tell(publish("c"), written("c"))).toEqual(["store c@0", "send c on 1"]);
	});
});

/** Writes come before sends; what is told comes first. */
const order = (told: string): number =>
	["settle", "store", "send"].findIndex((word) => told.startsWith(word));

describe("what an earlier process left", () => {
	it("goes first, in its order, and what was never sent is dated first", () => {
		const subject = disk().given(restored(["a", 5_000], ["b", null]), publish("c"));
		subject.given(written("c"));
		expect(subject.tell(opened(1))).toEqual(["store b@0 c@0", "send a! on 1"]);
		expect(subject.tell(written("b", "c"))).toEqual(["send b c on 1"]);
	});

	it("is sent again only within the server's memory", () => {
		const subject = disk().given(restored(["a", DEDUPE_MS + 1], ["b", DEDUPE_MS]));
		expect(subject.tell(opened(1), forgotten("a"))).toEqual([
			"forget a",
			"settle a unknown",
			"send b! on 1",
		]);
	});

	it.each([-1, Number.NaN, Number.NEGATIVE_INFINITY])(
		"ends as unknown where a clock that was set back gives its age as %d",
		(sentForMs) => {
			const subject = disk().given(restored(["a", sentForMs]));
			expect(subject.tell(opened(1), forgotten("a"))).toEqual(["forget a", "settle a unknown"]);
		},
	);

	it("never ends expired if it may have been sent, whatever its time to live", () => {
		const subject = disk()
			.given(restored(["a", 1_000], ["b", null]))
			.after(TTL_MS);
		expect(subject.tell(ticked, forgotten("b"))).toEqual(["forget b", "settle b expired"]);
		expect(entries(subject.state).map(({ id }) => id)).toEqual(["a"]);
	});

	it("fails as unknown, not as forbidden: the earlier send may have been stored", () => {
		const subject = disk().given(restored(["a", 1_000]), opened(1));
		expect(subject.tell(rejected(1, "a", "forbidden"), forgotten("a"))).toEqual([
			"forget a",
			"settle a unknown",
		]);
	});

	it("counts against the bounds, and is followed in the order of the queue", () => {
		const subject = new Box({ ...stored, maxMessages: 2 }).given(
			restored(["a", null], ["b", null]),
		);
		expect(subject.tell(publish("c"))).toEqual(["fail c outbox-full"]);
		const [effect] = disk()
			.given(restored(["a", null], ["b", null]))
			.step(publish("c"));
		expect(effect).toMatchObject({ publishes: [{ id: "c", seq: 2 }] });
	});

	it("joins the end of a queue that is at work, when another tab leaves it behind", () => {
		const subject = disk().given(opened(1), publish("x"), written("x"));
		expect(subject.tell(restored(["a", 1_000], ["x", null]))).toEqual(["send a on 1"]);
	});

	it("is one message with an app's own publish of the same id", () => {
		const subject = disk().given(restored(["a", 1_000]));
		expect(subject.tell(publish("a"), opened(1))).toEqual(["send a! on 1"]);
	});
});

describe("clearing", () => {
	it("ends everything, truthfully, once its record is gone", () => {
		const subject = disk().given(opened(1), publish("a"), written("a"), publish("b"));
		expect(subject.tell(cleared)).toEqual(["forget a"]);
		expect(subject.tell(forgotten("a"), written("b"), forgotten("b"))).toEqual([
			"settle a unknown",
			"forget b",
			"fail b closed",
		]);
	});
});
