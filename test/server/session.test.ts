import { describe, expect, it } from "vitest";
import type { MessageLog } from "../../src/server/contract.js";
import { memoryLog } from "../../src/server/memory-log.js";
import { at, createRig, hello, publish, subscribe } from "./rig.js";

describe("The heartbeat", () => {
	it("asks after 6 s without anything from the client, and closes with 1001 after 3 s more", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		await rig.clock.advance(5_998);
		expect(peer.all("ping")).toEqual([]);
		await rig.clock.advance(1);
		expect(peer.all("ping")).toHaveLength(1);
		await rig.clock.advance(2_999);
		expect(peer.end).toBeNull();
		await rig.clock.advance(1);
		expect(peer.end).toMatchObject({ code: 1001 });
		expect(rig.server.stats.get().connections).toBe(0);
	});

	it("takes anything that comes in for life, and nothing that goes out", async () => {
		const rig = createRig();
		const [alive, mute] = [await rig.connect("alive"), await rig.connect("mute")];
		for (const peer of [alive, mute]) peer.say(subscribe("a"));
		for (let n = 0; n < 20; n++) {
			await rig.clock.advance(1_000);
			await rig.server.publish("a", n);
			alive.say({ type: "pong", at: 1 });
		}
		expect(alive.end).toBeNull();
		expect(alive.all("ping")).toEqual([]);
		expect(mute.end).toMatchObject({ code: 1001 });
	});

	it("follows heartbeatMs and heartbeatTimeoutMs, which the welcome tells", async () => {
		const rig = createRig({ heartbeatMs: 1_000, heartbeatTimeoutMs: 200 });
		const peer = await rig.connect();
		expect(peer.last("welcome")).toMatchObject({ heartbeatMs: 1_000, timeoutMs: 200 });
		await rig.clock.advance(1_200);
		expect(peer.end).toMatchObject({ code: 1001 });
	});

	it("asks once more before it judges, when the server itself stood still", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		await rig.clock.advance(6_000);
		expect(peer.all("ping")).toHaveLength(1);
		await rig.clock.suspend(20_000);
		expect(peer.end).toBeNull();
		expect(peer.all("ping")).toHaveLength(2);
		peer.say({ type: "pong", at: 1 });
		await rig.clock.advance(5_000);
		expect(peer.end).toBeNull();
	});

	it("answers pings with what they carried", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say({ type: "ping", at: 12.5 });
		await rig.settle();
		expect(peer.last("pong")).toEqual({ type: "pong", at: 12.5 });
	});
});

describe("Heads", () => {
	it("report the channels that moved since the last report, every heartbeat, and no others", async () => {
		const rig = createRig({ heartbeatMs: 1_000 });
		const peer = await rig.connect();
		peer.say(subscribe("a", null, 1), subscribe("b", null, 2));
		await rig.settle();
		const start = peer.last("subscribed").position;
		await rig.server.publish("a", 1);
		await rig.server.publish("a", 2);
		await rig.clock.advance(1_000);
		expect(peer.all("heads")).toEqual([{ type: "heads", heads: { a: at(start, 2) } }]);
		peer.say({ type: "pong", at: 1 });
		await rig.clock.advance(1_000);
		expect(peer.all("heads")).toHaveLength(1);
		peer.say({ type: "pong", at: 1 });
		await rig.server.publish("b", 1);
		await rig.clock.advance(1_000);
		expect(peer.last("heads").heads).toEqual({ b: at(start, 1) });
	});

	it("come behind the messages that they count", async () => {
		const rig = createRig({ heartbeatMs: 1_000 });
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.clock.advance(999);
		for (let n = 0; n < 5; n++) await rig.server.publish("a", n);
		await rig.clock.advance(1_000);
		expect(peer.types.indexOf("heads")).toBeGreaterThan(peer.types.lastIndexOf("message"));
	});

	it("of a channel named __proto__ are told like any other", async () => {
		const rig = createRig({ heartbeatMs: 1_000 });
		const peer = await rig.connect();
		peer.say(subscribe("__proto__"));
		await rig.settle();
		await rig.server.publish("__proto__", 1);
		await rig.clock.advance(1_000);
		expect(Object.getOwnPropertyNames(peer.last("heads").heads)).toEqual(["__proto__"]);
	});

	it("are read once for links that report at one time", async () => {
		let reads = 0;
		const own = memoryLog();
		const log = new Proxy(own, {
			get: (target, name) => {
				if (name === "head") reads += 1;
				const value = Reflect.get(target, name);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
		const rig = createRig({ log, heartbeatMs: 1_000 });
		const peers = await Promise.all(Array.from({ length: 20 }, (_, n) => rig.connect(`${n}`)));
		for (const peer of peers) peer.say(subscribe("a"));
		await rig.settle();
		await rig.server.publish("a", 1);
		reads = 0;
		await rig.clock.advance(1_000);
		expect(reads).toBe(1);
		for (const peer of peers) expect(peer.all("heads")).toHaveLength(1);
	});

	it("that the log cannot tell now are told later", async () => {
		let isDown = false;
		const own = memoryLog();
		const log: MessageLog = Object.assign(Object.create(own) as MessageLog, {
			head: (channel: string) => (isDown ? Promise.reject(new Error("down")) : own.head(channel)),
			append: own.append.bind(own),
			read: own.read.bind(own),
			follow: own.follow.bind(own),
		});
		const rig = createRig({ log, heartbeatMs: 1_000 });
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		await rig.server.publish("a", 1);
		isDown = true;
		await rig.clock.advance(1_000);
		expect(peer.all("heads")).toEqual([]);
		isDown = false;
		peer.say({ type: "pong", at: 1 });
		await rig.clock.advance(1_000);
		expect(peer.all("heads")).toHaveLength(1);
	});
});

describe("A link that gets old", () => {
	it("is asked to move at maxConnectionAgeMs, and closed if it has not 30 s later", async () => {
		const rig = createRig({ maxConnectionAgeMs: 60_000, acceptRate: 100 });
		const peer = await rig.connect();
		const beat = async (ms: number): Promise<void> => {
			for (let passed = 0; passed < ms; passed += 5_000) {
				await rig.clock.advance(Math.min(5_000, ms - passed));
				if (peer.end === null) peer.say({ type: "pong", at: 1 });
			}
		};
		await beat(59_000);
		expect(peer.all("goodbye")).toEqual([]);
		await beat(1_000);
		expect(peer.last("goodbye")).toEqual({
			type: "goodbye",
			reason: "refresh",
			deadlineMs: 30_000,
			windowMs: 2_000,
		});
		await beat(29_000);
		expect(peer.end).toBeNull();
		await beat(3_000);
		expect(peer.end).toEqual({ code: 1012, reason: '{"w":2000}' });
	});
});

describe("stats", () => {
	it("count, and tell listeners once a turn", async () => {
		const rig = createRig();
		const told: unknown[] = [];
		const stop = rig.server.stats.subscribe((stats) => told.push(stats));
		const peer = await rig.connect();
		peer.say(subscribe("a", "earliest"), publish("1"), publish("2"));
		await rig.settle();
		expect(told.at(-1)).toMatchObject({ subscriptions: 1, publishes: 2 });
		expect(rig.server.stats.get()).toEqual({
			connections: 1,
			subscriptions: 1,
			publishes: 2,
			replays: 0,
			gaps: 0,
			slowClosed: 0,
		});
		expect(rig.server.stats.get()).toBe(rig.server.stats.get());
		expect(told.at(-1)).toEqual(rig.server.stats.get());
		stop();
		const { length } = told;
		peer.link.closed(1000);
		await rig.settle();
		expect(told).toHaveLength(length);
		expect(rig.server.stats.get()).toMatchObject({
			connections: 0,
			subscriptions: 0,
			publishes: 2,
		});
	});
});

describe("The window", () => {
	it("is 1.2 × connections ÷ acceptRate, from 2 s to 10 min", async () => {
		const windowOf = async (links: number, acceptRate: number): Promise<number> => {
			const rig = createRig({ acceptRate });
			for (let n = 0; n < links; n++) await rig.connect(`${n}`);
			return (await rig.connect("last")).last("welcome").windowMs;
		};
		expect(await windowOf(9, 1)).toBe(12_000);
		expect(await windowOf(0, 100)).toBe(2_000);
		expect(await windowOf(9, 0.01)).toBe(600_000);
	});

	it("is 0 where no acceptRate is known", async () => {
		const rig = createRig();
		const peer = rig.open();
		peer.say(hello());
		await rig.settle();
		expect(peer.last("welcome").windowMs).toBe(0);
	});
});
