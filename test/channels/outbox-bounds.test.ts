import { describe, expect, it } from "vitest";
import type { OutboxInput } from "../../src/channels/contract.js";
import { dueAt, entries } from "../../src/channels/outbox.js";
import { OUTBOX } from "../../src/policy/policies.js";
import {
	acked,
	Box,
	closed,
	DEDUPE_MS,
	many,
	NOW,
	opened,
	publish,
	rejected,
	stored,
	ticked,
} from "./outbox-words.js";

const box = (): Box => new Box();
const _disk = (): Box => new Box(stored);

describe("a time to live", () => {
	it("ends what was never sent, at its instant", () => {
		const subject = box().given(publish("a", "c", { ttlMs: 5_000 }));
		expect(dueAt(subject.state)).toBe(NOW + 5_000);
		expect(subject.after(5_000).tell(ticked)).toEqual(["settle a expired"]);
		expect(dueAt(subject.state)).toBe(Number.POSITIVE_INFINITY);
	});

	it("is over before a route that opens at that very instant", () => {
		const subject = box()
			.given(publish("a", "c", { ttlMs: 5_000 }))
			.after(5_000);
		expect(subject.tell(opened(1))).toEqual(["settle a expired"]);
	});

	it("never ends what was once in flight", () => {
		const subject = box().given(opened(1), publish("a", "c", { ttlMs: 5_000 }), closed(1));
		expect(subject.after(5_000).tell(ticked, opened(2))).toEqual(["send a! on 2"]);
	});

	it("leaves what waits behind the one that ended", () => {
		const subject = box().given(publish("a", "c", { ttlMs: 5_000 }), publish("b"));
		expect(subject.after(6_000).tell(opened(1))).toEqual(["settle a expired", "send b! on 1"]);
	});
});

describe("what the server may have forgotten", () => {
	it("is not sent again once it is older than its memory, and is at exactly that age", () => {
		const stranded = (): Box => box().given(opened(1), publish("a"), closed(1));
		expect(stranded().after(DEDUPE_MS).tell(opened(2))).toEqual(["send a! on 2"]);
		expect(
			stranded()
				.after(DEDUPE_MS + 1)
				.tell(opened(2)),
		).toEqual(["settle a unknown"]);
	});

	it("is checked at every send, not only when a route opens", () => {
		const subject = box().given(
			opened(1),
			publish("a"),
			publish("b"),
			rejected(1, "a", "retry", 600_000),
		);
		subject.after(600_001).given(publish("x", "d"));
		expect(entries(subject.state).map(({ id }) => id)).toEqual(["x"]);
	});

	it("is measured from the first send, whatever was sent since", () => {
		const subject = box().given(opened(1), publish("a"), closed(1)).after(400_000);
		subject.given(opened(2), closed(2)).after(200_001);
		expect(subject.tell(opened(3))).toEqual(["settle a unknown"]);
	});

	it("does not count against what was never sent", () => {
		const subject = box()
			.given(publish("a"))
			.after(DEDUPE_MS * 2);
		expect(subject.tell(opened(1))).toEqual(["send a! on 1"]);
	});
});

describe("a full outbox", () => {
	const small = { ...OUTBOX, maxMessages: 2, maxBytes: 100 };
	const dropping = { ...small, overflow: "drop-oldest" as const };

	it("turns away the newest, by count and by bytes", () => {
		const counted = new Box(small).given(publish("a"), publish("b"));
		expect(counted.tell(publish("c"))).toEqual(["fail c outbox-full"]);
		const weighed = new Box(small).given(publish("a", "c", { bytes: 95 }));
		expect(weighed.tell(publish("b"))).toEqual(["fail b outbox-full"]);
	});

	it("drops the oldest where the app prefers that, as many as it takes", () => {
		const counted = new Box(dropping).given(publish("a"), publish("b"));
		expect(counted.tell(publish("c"))).toEqual(["fail a outbox-full"]);
		const weighed = new Box(dropping).given(publish("a"), publish("b"));
		expect(weighed.tell(publish("c", "c", { bytes: 95 }))).toEqual([
			"fail a outbox-full",
			"fail b outbox-full",
		]);
	});

	it("never drops what was sent: it may be stored", () => {
		const subject = new Box(dropping).given(opened(1), publish("a"), publish("b"), closed(1));
		expect(subject.tell(publish("c"))).toEqual(["fail c outbox-full"]);
	});

	it("drops nothing for the sake of one that fits none the less", () => {
		const sent = new Box({ ...dropping, maxMessages: 9 }).given(
			opened(1),
			publish("a", "c", { bytes: 60 }),
		);
		sent.given(closed(1), publish("b"));
		expect(sent.tell(publish("c", "c", { bytes: 50 }))).toEqual(["fail c outbox-full"]);
		expect(entries(sent.state)).toHaveLength(2);
	});

	it("tells at once of a message that could never fit", () => {
		const huge = publish("a", "c", { bytes: 101 });
		expect(new Box(dropping).tell(huge)).toEqual(["fail a message-too-large"]);
	});

	it("takes more as soon as there is room", () => {
		const subject = new Box(small).given(opened(1), publish("a"), publish("b"), acked(1, "a"));
		expect(subject.tell(publish("c"))).toEqual(["send c on 1"]);
	});
});

describe("a publish that must not wait", () => {
	const hasty = (id: string): OutboxInput => publish(id, "c", { whenOffline: "reject" });

	it("fails at once without a route", () => {
		expect(box().tell(hasty("a"))).toEqual(["fail a connection-lost"]);
	});

	it("fails when the route is lost before it was sent, and goes on if it was sent", () => {
		const subject = box().given(opened(1), ...many(15), hasty("a"), hasty("b"));
		expect(subject.tell(closed(1))).toEqual(["fail b connection-lost"]);
		expect(entries(subject.state).map(({ id }) => id)).toContain("a");
	});

	it("waits through a migration", () => {
		const subject = box().given(opened(1), ...many(16), hasty("a"));
		expect(subject.tell(opened(2), closed(1)).some((told) => told.startsWith("fail"))).toBe(false);
	});
});

describe("what an app sees of the queue", () => {
	it("is each publish with its wall time, oldest first", () => {
		const subject = box()
			.given(opened(1), ...many(17))
			.copy();
		const seen = entries(subject.state);
		expect(seen[0]).toEqual({ id: "1", channel: "c", data: "1", queuedAt: 1.7e12, inFlight: true });
		expect(seen.at(-1)).toMatchObject({ id: "17", inFlight: false });
	});
});
