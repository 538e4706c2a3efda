import { describe, expect, it } from "vitest";
import type { Position } from "../../src/protocol/position.js";
import { memoryLog } from "../../src/server/memory-log.js";
import { wrap } from "./log-rig.js";
import { at, createRig, defer, fill, numbers, subscribe, subscribed } from "./rig.js";

describe("A subscribe", () => {
	it("without a position begins at the head", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 3);
		const peer = await subscribed(rig, "a");
		expect(peer.frames).toEqual([
			{ type: "subscribed", id: 1, channel: "a", start: head, position: head, recovered: false },
		]);
		await fill(rig, 4, 5);
		await rig.settle();
		expect(peer.data).toEqual([4, 5]);
	});

	it("with a position replays what came after it, then goes on live", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 5);
		const peer = await subscribed(rig, "a", at(head, 2));
		await fill(rig, 6, 7);
		await rig.settle();
		expect(peer.frames[0]).toEqual({
			type: "subscribed",
			id: 1,
			channel: "a",
			start: at(head, 2),
			position: head,
			recovered: true,
		});
		expect(peer.all("message").map(({ position, data }) => [position?.offset, data])).toEqual(
			numbers(3, 7).map((n) => [n, n]),
		);
		expect(rig.server.stats.get()).toMatchObject({ replays: 1, gaps: 0 });
	});

	it("gives each message whole", async () => {
		const rig = createRig();
		const position = await rig.server.publish("a", { text: "hi" }, { id: "x", from: "bob" });
		const peer = await subscribed(rig, "a", "earliest");
		expect(peer.all("message")).toEqual([
			{
				type: "message",
				channel: "a",
				position,
				at: rig.clock.now() - 2,
				from: "bob",
				id: "x",
				data: { text: "hi" },
			},
		]);
	});

	it('from "earliest" replays all that is retained, and calls nothing a gap', async () => {
		const rig = createRig({ retain: { messages: 10, ms: 600_000 } });
		const head = await fill(rig, 1, 25);
		const peer = await subscribed(rig, "a", "earliest");
		expect(peer.all("gap")).toEqual([]);
		expect(peer.last("subscribed")).toMatchObject({ start: at(head, 15), recovered: false });
		expect(peer.data).toEqual(numbers(16, 25));
	});

	it.each([
		[3, numbers(8, 10)],
		[0, []],
		[99, numbers(1, 10)],
	])("from the last %d replays as many as there are", async (last, expected) => {
		const rig = createRig();
		await fill(rig, 1, 10);
		const peer = await subscribed(rig, "a", { last });
		expect(peer.data).toEqual(expected);
	});

	it("replays far more than a page, in order, while others go on publishing", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 2_000);
		const peer = await rig.connect();
		peer.say(subscribe("a", at(head, 0)));
		await fill(rig, 2_001, 2_600);
		await rig.settle();
		await fill(rig, 2_601, 2_610);
		await rig.settle();
		expect(peer.data).toEqual(numbers(1, 2_610));
	});

	it("of a channel of any name works", async () => {
		const rig = createRig();
		for (const channel of ["__proto__", "constructor", "prototype", "toString", "a/../b"]) {
			const peer = await subscribed(rig, channel);
			await rig.server.publish(channel, channel);
			await rig.settle();
			expect(peer.data).toEqual([channel]);
		}
	});

	it("past maxChannels is rejected for good, and one that left makes room", async () => {
		const rig = createRig({ maxChannels: 2 });
		const peer = await rig.connect();
		peer.say(subscribe("a", null, 1), subscribe("b", null, 2), subscribe("c", null, 3));
		await rig.settle();
		expect(peer.all("rejected")).toEqual([{ type: "rejected", id: 3, code: "invalid" }]);
		peer.say({ type: "unsubscribe", id: 1, channel: "a" }, subscribe("c", null, 4));
		await rig.settle();
		expect(peer.last("subscribed")).toMatchObject({ channel: "c", id: 4 });
	});
});

describe("A gap", () => {
	it("is declared for a position older than what is retained, with its number", async () => {
		const rig = createRig({ retain: { messages: 10, ms: 600_000 } });
		const head = await fill(rig, 1, 25);
		const peer = await subscribed(rig, "a", at(head, 5));
		expect(peer.types.slice(0, 2)).toEqual(["subscribed", "gap"]);
		expect(peer.last("subscribed")).toMatchObject({ recovered: false, start: at(head, 15) });
		expect(peer.last("gap")).toEqual({
			type: "gap",
			channel: "a",
			missed: 10,
			position: at(head, 15),
		});
		expect(peer.data).toEqual(numbers(16, 25));
		expect(rig.server.stats.get()).toMatchObject({ gaps: 1 });
	});

	it("is declared for a position above the head", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 3);
		const peer = await subscribed(rig, "a", at(head, 9));
		expect(peer.last("gap")).toMatchObject({ missed: "unknown", position: head });
		await fill(rig, 4, 4);
		await rig.settle();
		expect(peer.data).toEqual([4]);
	});

	it("is declared for a position of another epoch, and what is retained is replayed", async () => {
		const rig = createRig();
		const before = await fill(rig, 1, 9);
		rig.log.restart({ keep: { lostTail: 4 } });
		const after = await fill(rig, 106, 108);
		const peer = await subscribed(rig, "a", before);
		expect(peer.last("gap")).toMatchObject({ missed: "unknown", position: at(after, 5) });
		expect(peer.data).toEqual([106, 107, 108]);
		expect(peer.all("message").every(({ position }) => position?.epoch === after.epoch)).toBe(true);
	});

	it("is declared although nothing was lost, where the log cannot prove it", async () => {
		const rig = createRig();
		const before = await fill(rig, 1, 3);
		rig.log.restart({ keep: "all" });
		const peer = await subscribed(rig, "a", before);
		const head = await rig.log.head("a");
		expect(peer.last("gap")).toMatchObject({ missed: "unknown", position: head });
		expect(peer.data).toEqual([]);
	});

	it("passes over nothing that is stored while it is being declared", async () => {
		const own = memoryLog();
		const before = await own.append("a", { id: "0", from: null, data: 0, at: 0 });
		const old = (before as { position: Position }).position;
		own.restart({ keep: "none" });
		let isAppended = false;
		const log = wrap(own, {
			read: async (...args) => {
				const page = await own.read(...args);
				// Between the reading and the second look at the head.
				if (!isAppended) {
					isAppended = true;
					await own.append("a", { id: "1", from: null, data: "in between", at: 0 });
				}
				return page;
			},
		});
		const rig = createRig({ log });
		const peer = await subscribed(rig, "a", old);
		expect(peer.last("gap")).toMatchObject({ position: { offset: 0 } });
		expect(peer.data).toEqual(["in between"]);
	});
});

describe("Permission", () => {
	it("is asked at each subscribe", async () => {
		const asked: string[] = [];
		const rig = createRig({
			canSubscribe: ({ id }, channel) => {
				asked.push(`${id} ${channel}`);
				return channel === "open";
			},
		});
		const peer = await rig.connect();
		peer.say(subscribe("open", null, 1), subscribe("closed", null, 2), subscribe("open", null, 3));
		await rig.settle();
		expect(asked.sort()).toEqual(["ada closed", "ada open", "ada open"]);
		expect(peer.all("rejected")).toEqual([{ type: "rejected", id: 2, code: "forbidden" }]);
	});

	it("that is refused tells nothing of the channel: existing or not, with a position or not", async () => {
		const rig = createRig({ canSubscribe: () => false });
		const head = await fill(rig, 1, 3, "there");
		const answers: unknown[] = [];
		for (const [channel, from] of [
			["there", null],
			["there", head],
			["there", at(head, 99)],
			["not-there", null],
			["not-there", head],
		] as const) {
			const peer = await subscribed(rig, channel, from);
			answers.push(peer.texts);
		}
		expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
	});

	it("that is taken back ends the subscription at the next ask", async () => {
		let isAllowed = true;
		const rig = createRig({ canSubscribe: () => isAllowed });
		const peer = await subscribed(rig, "a");
		isAllowed = false;
		peer.say(subscribe("a", null, 2));
		await rig.settle();
		expect(peer.last("rejected")).toMatchObject({ id: 2, code: "forbidden" });
		await fill(rig, 1, 1);
		await rig.settle();
		expect(peer.data).toEqual([]);
		expect(rig.server.stats.get().subscriptions).toBe(0);
	});

	it.each([
		["throws", () => Promise.reject(new Error("down")), "retry"],
		["is not an answer", () => "yes" as unknown as boolean, "forbidden"],
	])("that %s is no permission", async (_name, canSubscribe, code) => {
		const rig = createRig({ canSubscribe });
		const peer = await subscribed(rig, "a");
		expect(peer.last("rejected")).toMatchObject({ id: 1, code });
	});

	it("that comes too late opens nothing", async () => {
		const verdict = defer<boolean>();
		const rig = createRig({ canSubscribe: () => verdict.promise });
		const [left, gone] = [await rig.connect(), await rig.connect()];
		for (const peer of [left, gone]) peer.say(subscribe("a"));
		await rig.settle();
		left.say({ type: "unsubscribe", id: 1, channel: "a" });
		gone.link.closed(1006);
		verdict.resolve(true);
		await rig.settle();
		await fill(rig, 1, 1);
		await rig.settle();
		expect(left.types).toEqual(["welcome"]);
		expect(gone.types).toEqual(["welcome"]);
	});
});
