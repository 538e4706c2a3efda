import { describe, expect, it } from "vitest";
import type { Position } from "../../src/protocol/position.js";
import type { FollowedMessage, MessageLog } from "../../src/server/contract.js";
import { type MemoryLog, memoryLog } from "../../src/server/memory-log.js";
import { at, createRig, defer, type Peer, type Rig, subscribe } from "./rig.js";

const numbers = (from: number, to: number): readonly number[] =>
	Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function fill(rig: Rig, from: number, to: number, channel = "a"): Promise<Position> {
	let position = await rig.log.head(channel);
	for (const n of numbers(from, to)) position = await rig.server.publish(channel, n);
	return position;
}

async function subscribed(rig: Rig, ...ask: Parameters<typeof subscribe>): Promise<Peer> {
	const peer = await rig.connect();
	peer.clear();
	peer.say(subscribe(...ask));
	await rig.settle();
	return peer;
}

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

/** A log with some of its methods replaced. */
function wrap(own: MemoryLog, over: Partial<MessageLog>): MessageLog {
	return new Proxy(own as MessageLog, {
		get: (target, name) => {
			const value = Reflect.get(over, name) ?? Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

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

describe("A channel asked for again on the same link", () => {
	it("begins anew: the newer ask replaces the older", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 4);
		const peer = await subscribed(rig, "a");
		peer.say(subscribe("a", at(head, 2), 9));
		await rig.settle();
		await fill(rig, 5, 5);
		await rig.settle();
		expect(peer.last("subscribed")).toMatchObject({ id: 9, recovered: true });
		expect(peer.data).toEqual([3, 4, 5]);
		expect(rig.server.stats.get().subscriptions).toBe(1);
	});

	it("is answered once, if the newer ask comes before the older is answered", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 4);
		const peer = await rig.connect();
		peer.say(subscribe("a", at(head, 0), 1), subscribe("a", at(head, 3), 2));
		await rig.settle();
		expect(peer.all("subscribed").map(({ id }) => id)).toEqual([2]);
		expect(peer.data).toEqual([4]);
	});

	it("hears nothing of the older ask once the newer is answered, in the midst of a replay", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 1_000);
		const peer = await rig.connect();
		peer.isStuck = true;
		peer.buffered = 900_000;
		peer.say(subscribe("a", at(head, 0), 1));
		await rig.settle();
		peer.isStuck = false;
		peer.buffered = 0;
		peer.say(subscribe("a", at(head, 998), 2));
		await rig.clock.advance(1_000);
		const answered = peer.frames.findIndex((each) => each.type === "subscribed" && each.id === 2);
		expect(
			peer.frames.slice(answered + 1).map((each) => each.type === "message" && each.data),
		).toEqual([999, 1_000]);
	});

	it("passes over an ask with an id that it has already passed", async () => {
		const rig = createRig();
		const peer = await subscribed(rig, "a", null, 5);
		peer.say(subscribe("a", null, 5), subscribe("a", null, 4));
		peer.say({ type: "unsubscribe", id: 4, channel: "a" });
		await rig.settle();
		await fill(rig, 1, 1);
		await rig.settle();
		expect(peer.all("subscribed")).toHaveLength(1);
		expect(peer.data).toEqual([1]);
	});

	it("after it was left begins anew", async () => {
		const rig = createRig();
		const peer = await subscribed(rig, "a", null, 1);
		peer.say({ type: "unsubscribe", id: 1, channel: "a" });
		await fill(rig, 1, 1);
		peer.say(subscribe("a", null, 2));
		await rig.settle();
		await fill(rig, 2, 2);
		await rig.settle();
		expect(peer.data).toEqual([2]);
	});
});

describe("The feed", () => {
	/** A log whose followers can be made to miss things. */
	function faulty(): {
		readonly log: MessageLog;
		readonly own: MemoryLog;
		readonly follows: { count: number };
		drop: (message: FollowedMessage) => boolean;
	} {
		const own = memoryLog();
		const state = {
			own,
			follows: { count: 0 },
			drop: (_message: FollowedMessage): boolean => false,
			log: wrap(own, {
				follow: async (channel, listener) => {
					state.follows.count += 1;
					const follow = await own.follow(channel, (message) => {
						if (!state.drop(message)) listener(message);
					});
					return {
						[Symbol.asyncDispose]: async () => {
							state.follows.count -= 1;
							await follow[Symbol.asyncDispose]();
						},
					};
				},
			}),
		};
		return state;
	}

	it("follows a channel once, however many links are subscribed, and as long as any is", async () => {
		const { log, follows } = faulty();
		const rig = createRig({ log });
		const peers = [await subscribed(rig, "a"), await subscribed(rig, "a")];
		expect(follows.count).toBe(1);
		peers[0]?.link.closed(1006);
		await rig.settle();
		expect(follows.count).toBe(1);
		peers[1]?.say({ type: "unsubscribe", id: 1, channel: "a" });
		await rig.settle();
		expect(follows.count).toBe(0);
	});

	it("reads what it was not told of, when something later shows it", async () => {
		const state = faulty();
		const rig = createRig({ log: state.log });
		const peer = await subscribed(rig, "a");
		state.drop = ({ position }) => (position?.offset ?? 0) <= 3;
		for (const n of numbers(1, 5)) await rig.server.publish("a", n);
		await rig.settle();
		expect(peer.data).toEqual(numbers(1, 5));
		expect(peer.all("subscribed")).toHaveLength(1);
	});

	it("reads what it was not told of, when the log's head shows it: at the tail too", async () => {
		const state = faulty();
		const rig = createRig({ log: state.log, heartbeatMs: 1_000 });
		const peer = await subscribed(rig, "a");
		state.drop = () => true;
		for (const n of numbers(1, 3)) await rig.server.publish("a", n);
		await rig.clock.advance(900);
		expect(peer.data).toEqual([]);
		await rig.clock.advance(100);
		expect(peer.data).toEqual([1, 2, 3]);
	});

	it("drops what it is told twice, and what is of an older epoch", async () => {
		const listeners: ((message: FollowedMessage) => void)[] = [];
		const own = memoryLog();
		const log = wrap(own, {
			follow: async (channel, listener) => {
				listeners.push(listener);
				return own.follow(channel, listener);
			},
		});
		const rig = createRig({ log });
		const peer = await subscribed(rig, "a");
		const position = await rig.server.publish("a", 1);
		const again = { id: "1", from: null, data: "again", at: 0, channel: "a", position };
		listeners[0]?.(again);
		listeners[0]?.({ ...again, position: { epoch: "0", offset: 2 } });
		await rig.settle();
		expect(peer.data).toEqual([1]);
	});

	it("says that a new epoch began by its head, at once, and goes on after the next ask", async () => {
		const rig = createRig();
		const before = await fill(rig, 1, 3);
		const peer = await subscribed(rig, "a");
		peer.clear();
		rig.log.restart({ keep: "none" });
		const after = await fill(rig, 11, 12);
		await rig.settle();
		expect(peer.all("message")).toEqual([]);
		expect(peer.last("heads").heads).toMatchObject({ a: { epoch: after.epoch } });
		peer.say(subscribe("a", before, 2));
		await fill(rig, 13, 13);
		await rig.settle();
		expect(peer.types.slice(-5)).toEqual(["subscribed", "gap", "message", "message", "message"]);
		expect(peer.data).toEqual([11, 12, 13]);
	});

	it("says so within a heartbeat, although nothing is published any more", async () => {
		const rig = createRig({ heartbeatMs: 1_000 });
		await fill(rig, 1, 3);
		const peer = await subscribed(rig, "a");
		rig.log.restart({ keep: { lostTail: 1 } });
		await rig.clock.advance(1_000);
		const head = await rig.log.head("a");
		expect(peer.last("heads").heads).toEqual({ a: head });
		peer.say({ type: "pong", at: 1 });
		await rig.clock.advance(1_000);
		expect(peer.all("heads")).toHaveLength(1);
	});

	it("that cannot be had is a rejection with retry, and the next ask has it", async () => {
		let isDown = true;
		const own = memoryLog();
		const log = wrap(own, {
			follow: (channel, listener) =>
				isDown ? Promise.reject(new Error("down")) : own.follow(channel, listener),
		});
		const rig = createRig({ log });
		const peer = await subscribed(rig, "a");
		expect(peer.last("rejected")).toMatchObject({ id: 1, code: "retry" });
		expect(peer.last("rejected").retryAfterMs).toBeGreaterThanOrEqual(500);
		isDown = false;
		peer.say(subscribe("a", null, 2));
		await rig.settle();
		await fill(rig, 1, 1);
		await rig.server.publish("a", "x");
		await rig.settle();
		expect(peer.data).toContain("x");
	});

	it("goes on where a log fails in the midst of a replay, once it works again", async () => {
		const own = memoryLog();
		let reads = 0;
		const log = wrap(own, {
			read: (...args) => {
				reads += 1;
				return reads === 2 || reads === 3 ? Promise.reject(new Error("down")) : own.read(...args);
			},
		});
		const rig = createRig({ log });
		for (const n of numbers(1, 600)) await rig.server.publish("a", n);
		const peer = await subscribed(rig, "a", "earliest");
		expect(peer.data.length).toBe(256);
		await rig.clock.advance(3_000);
		expect(peer.data).toEqual(numbers(1, 600));
	});
});

describe("Ephemeral messages", () => {
	const typing = { id: "t", from: "bob", data: "typing", at: 1 };

	it("reach those who are subscribed, without a position", async () => {
		const rig = createRig();
		const peer = await subscribed(rig, "a");
		await rig.log.broadcast("a", typing);
		await rig.settle();
		expect(peer.all("message")).toEqual([
			{ type: "message", channel: "a", position: null, ...typing },
		]);
	});

	it("wait for the end of a replay", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 700);
		const peer = await rig.connect();
		peer.buffered = 900_000;
		peer.say(subscribe("a", at(head, 0)));
		await rig.clock.advance(10);
		await rig.log.broadcast("a", typing);
		await rig.clock.advance(10);
		peer.buffered = 0;
		await rig.clock.advance(1_000);
		expect(peer.data).toEqual([...numbers(1, 700), "typing"]);
	});
});
