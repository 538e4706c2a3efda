import { describe, expect, it } from "vitest";
import { dueAt, entries, isPending } from "../../src/channels/outbox.js";
import {
	acked,
	Box,
	closed,
	forgotten,
	inFlight,
	many,
	NOW,
	opened,
	publish,
	rejected,
	stored,
	ticked,
	written,
} from "./outbox-words.js";

const box = (): Box => new Box();
const disk = (): Box => new Box(stored);

describe("sending", () => {
	it("goes out at once on an open route, and waits for one otherwise", () => {
		expect(box().tell(opened(1), publish("a"))).toEqual(["send a! on 1"]);
		expect(box().tell(publish("a"), publish("b"), opened(1))).toEqual(["send a! b on 1"]);
	});

	it("says which is the oldest pending one of its channel", () => {
		const subject = box().given(opened(1), publish("a"));
		expect(subject.tell(publish("b"), publish("x", "d"))).toEqual(["send b on 1", "send x! on 1"]);
		expect(subject.tell(acked(1, "a"), acked(1, "b"), publish("c"))).toEqual([
			"settle a stored",
			"settle b stored",
			"send c! on 1",
		]);
	});

	it("sends on one link: on a new one all that is unanswered first, in order, then the rest", () => {
		const subject = box().given(opened(1), publish("a"), publish("b"), publish("c"), acked(1, "b"));
		expect(subject.tell(opened(2), publish("d"))).toEqual(["send a! c on 2", "send d on 2"]);
		expect(subject.tell(closed(1), publish("e"))).toEqual(["send e on 2"]);
	});

	it("believes an earlier link's acknowledgement, and not its rejection", () => {
		const subject = box().given(opened(1), publish("a"), publish("b"), opened(2));
		expect(subject.tell(rejected(1, "b", "forbidden"), rejected(1, "b"))).toEqual([]);
		expect(subject.tell(acked(1, "a"))).toEqual(["settle a stored"]);
	});

	it("believes no acknowledgement of what was never sent", () => {
		expect(box().tell(publish("a"), acked(1, "a"))).toEqual([]);
	});
});

describe("an id that is pending", () => {
	it("is one message, whoever asks: the second asking changes nothing", () => {
		const subject = box().given(publish("a"));
		expect(subject.tell(publish("a", "other"), opened(1))).toEqual(["send a! on 1"]);
		expect(entries(subject.state)).toHaveLength(1);
	});

	it("is pending until its outcome is told, and free again after that", () => {
		const subject = disk().given(opened(1), publish("a"), written("a"), acked(1, "a"));
		expect(isPending(subject.state, "a")).toBe(true);
		expect(subject.tell(publish("a"))).toEqual([]);
		subject.given(forgotten("a"));
		expect(isPending(subject.state, "a")).toBe(false);
		expect(subject.tell(publish("a"))).toEqual(["store a@0"]);
	});
});

describe("the window", () => {
	it("starts at 16, grows by one with each acknowledgement, and ends at 256", () => {
		const subject = box().given(opened(1), ...many(900));
		expect(inFlight(subject)).toBe(16);
		subject.given(acked(1, "1"));
		expect(inFlight(subject)).toBe(17);
		for (let id = 2; id <= 300; id += 1) subject.given(acked(1, `${id}`));
		expect(inFlight(subject)).toBe(256);
	});

	it("falls back to 16 when a route is lost with publishes in flight", () => {
		const subject = box().given(opened(1), ...many(900));
		for (let id = 1; id <= 100; id += 1) subject.given(acked(1, `${id}`));
		expect(inFlight(subject)).toBe(116);
		subject.given(closed(1), opened(2));
		expect(inFlight(subject)).toBe(16);
	});

	it("stays as wide as it was when an idle route is lost, and through a migration", () => {
		const idle = box().given(opened(1), ...many(20));
		for (let id = 1; id <= 20; id += 1) idle.given(acked(1, `${id}`));
		idle.given(closed(1), opened(2), ...many(100, 21));
		expect(inFlight(idle)).toBe(36);
		expect(inFlight(idle.given(opened(3)))).toBe(36);
	});

	it("does not grow by an acknowledgement of what is not pending", () => {
		const subject = box().given(opened(1), ...many(40), acked(1, "1"), acked(1, "1"));
		expect(inFlight(subject)).toBe(17);
	});

	it("over HTTP is one request of at most 16, and the next when all of it is answered", () => {
		const subject = box().given(...many(40));
		const [first] = subject.tell(opened(-1, "http"));
		expect(first).toMatch(/^send 1! 2 .* 16 on -1$/);
		for (let id = 1; id <= 15; id += 1)
			expect(subject.tell(acked(-1, `${id}`))).toEqual([`settle ${id} stored`]);
		expect(subject.tell(acked(-1, "16"))[1]).toMatch(/^send 17! 18 .* 32 on -1$/);
	});
});

describe("a retryable rejection", () => {
	const busy = (): Box => box().given(opened(1), publish("a"), publish("b"), publish("c"));

	it("sends that one and all later ones of the channel again, in order, when the time is up", () => {
		const subject = busy().given(acked(1, "a"), rejected(1, "b"));
		expect(subject.tell(rejected(1, "c"), publish("d"))).toEqual([]);
		expect(dueAt(subject.state)).toBe(NOW + 1_000);
		expect(subject.after(1_000).tell(ticked)).toEqual(["send b! c d on 1"]);
	});

	it("leaves the other channels alone", () => {
		const subject = busy().given(publish("x", "d"), rejected(1, "b"));
		expect(subject.tell(publish("y", "d"))).toEqual(["send y on 1"]);
	});

	it("says nothing about a publish that has been sent again since", () => {
		const subject = busy().given(rejected(1, "a"));
		expect(subject.after(1_000).tell(ticked)).toEqual(["send a! b c on 1"]);
		// Of the first sends: the channel was being turned down.
		expect(subject.tell(rejected(1, "b"), rejected(1, "c"))).toEqual([]);
		expect(inFlight(subject)).toBe(3);
		// Of the second.
		expect(subject.tell(rejected(1, "b")).length).toBe(0);
		expect(inFlight(subject)).toBe(1);
	});

	it("is obeyed on the next link too: a pushback is not shed onto another server", () => {
		const subject = busy().given(rejected(1, "a"), closed(1));
		expect(subject.tell(opened(2))).toEqual([]);
		expect(subject.after(1_000).tell(ticked)).toEqual(["send a! b c on 2"]);
	});

	it("waits a little even where no time was named, and ten minutes at most", () => {
		const rush = busy().given(rejected(1, "a", "retry", 0));
		expect(dueAt(rush.state)).toBe(NOW + 100);
		const ages = busy().given(rejected(1, "a", "retry", 1e12));
		expect(dueAt(ages.state)).toBe(NOW + 600_000);
	});

	it("changes nothing when the timer is early", () => {
		const subject = busy().given(rejected(1, "a"));
		const { state } = subject;
		expect(subject.after(999).tell(ticked)).toEqual([]);
		expect(subject.state).toBe(state);
	});
});

describe("a final rejection", () => {
	it.each([
		["forbidden", "forbidden"],
		["too-large", "message-too-large"],
		["invalid", "protocol-violation"],
	] as const)("%s fails the publish with %s, and the next ones go on", (code, error) => {
		const subject = box().given(opened(1), publish("a"), publish("b"));
		expect(subject.tell(rejected(1, "a", code), acked(1, "b"))).toEqual([
			`fail a ${error}`,
			"settle b stored",
		]);
	});

	it("after a rejection that was retried is a failure still: no send went unanswered", () => {
		const subject = box().given(opened(1), publish("a"), rejected(1, "a")).after(1_000);
		expect(subject.tell(ticked, rejected(1, "a", "forbidden"))).toEqual([
			"send a! on 1",
			"fail a forbidden",
		]);
	});

	it("after an unanswered send ends as unknown: that send may have been stored", () => {
		const subject = box().given(opened(1), publish("a"), closed(1), opened(2));
		expect(subject.tell(rejected(2, "a", "forbidden"))).toEqual(["settle a unknown"]);
	});
});
