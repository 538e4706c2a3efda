import { describe, expect, it } from "vitest";
import type { FollowedMessage, MessageLog } from "../../src/server/contract.js";
import { type MemoryLog, memoryLog } from "../../src/server/memory-log.js";
import { wrap } from "./log-rig.js";
import { at, createRig, fill, numbers, subscribe, subscribed } from "./rig.js";

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

describe("A log that is of two minds", () => {
	it("is waited for, where its readers are behind its followers", async () => {
		const own = memoryLog();
		let isBehind = false;
		const log = wrap(own, {
			read: async (channel, after, limit) =>
				isBehind ? { messages: [], complete: true } : own.read(channel, after, limit),
		});
		const rig = createRig({ log });
		const peer = await subscribed(rig, "a");
		isBehind = true;
		for (const n of numbers(1, 2))
			await own.append("a", { id: `${n}`, from: null, data: n, at: 0 });
		await rig.settle();
		expect(peer.data).toEqual([1, 2]);
		const head = await own.head("a");
		const late = await subscribed(rig, "a", at(head, 0), 2);
		expect(late.data).toEqual([]);
		await rig.clock.advance(1_000);
		isBehind = false;
		await rig.clock.advance(200);
		expect(late.data).toEqual([1, 2]);
		expect(late.all("gap")).toEqual([]);
	});

	it("is asked again later, where it changes its epoch at every look", async () => {
		const own = memoryLog();
		let isWild = true;
		const log = wrap(own, {
			head: async (channel) => {
				if (isWild) own.restart({ keep: "all" });
				return own.head(channel);
			},
		});
		const rig = createRig({ log });
		const peer = await subscribed(rig, "a");
		expect(peer.last("rejected")).toMatchObject({ id: 1, code: "retry" });
		isWild = false;
		peer.say(subscribe("a", null, 2));
		await rig.settle();
		expect(peer.last("subscribed")).toMatchObject({ id: 2 });
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
