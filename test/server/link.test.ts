import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { Identity, ServerSocket } from "../../src/server/contract.js";
import { CANARY_PAYLOAD, CANARY_TOKEN } from "../support/secrets.js";
import { createRig, defer, hello, type Peer, publish, subscribe } from "./rig.js";

describe("Before the welcome", () => {
	it("a hello is answered with everything that the client needs to know", async () => {
		const rig = createRig({
			acceptRate: 100,
			maxConnectionAgeMs: 3_600_000,
			retain: { messages: 10, ms: 5_000 },
		});
		const peer = await rig.connect();
		expect(peer.frames).toEqual([
			{
				type: "welcome",
				identity: "ada",
				heartbeatMs: 6_000,
				timeoutMs: 3_000,
				windowMs: 2_000,
				maxAgeMs: 3_600_000,
				maxFrameBytes: 65_536,
				tokenTtlMs: 0,
				dedupeMs: 5_000,
			},
		]);
		expect(rig.server.stats.get()).toMatchObject({ connections: 1 });
	});

	it("what came with the hello is handled after it, in order", async () => {
		const rig = createRig();
		const peer = rig.open();
		peer.say(hello(), subscribe("a"), publish("1"), { type: "ping", at: 7 });
		await rig.settle();
		expect(peer.types[0]).toBe("welcome");
		expect([...peer.types].sort()).toEqual([
			"message",
			"pong",
			"published",
			"subscribed",
			"welcome",
		]);
	});

	it("what comes while the token is judged waits for the verdict", async () => {
		const verdict = defer<Identity>();
		const rig = createRig({ authorize: () => verdict.promise });
		const peer = rig.open();
		peer.say(hello());
		peer.say(publish("1"));
		peer.say(publish("2"));
		await rig.settle();
		expect(peer.texts).toEqual([]);
		verdict.resolve({ id: "ada" });
		await rig.settle();
		expect(peer.all("published").map(({ id }) => id)).toEqual(["1", "2"]);
	});

	it("no hello within 5 s closes with 4408", async () => {
		const rig = createRig();
		const peer = rig.open();
		await rig.clock.advance(4_999);
		expect(peer.end).toBeNull();
		await rig.clock.advance(1);
		expect(peer.end).toMatchObject({ code: 4408 });
	});

	it("anything but a hello closes with 4400", async () => {
		const rig = createRig();
		for (const frame of [subscribe("a"), publish("1"), { type: "ping", at: 1 }]) {
			const peer = rig.open();
			peer.say(frame);
			expect(peer.end).toMatchObject({ code: 4400 });
		}
	});

	it("a second hello closes with 4400", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(hello());
		expect(peer.end).toMatchObject({ code: 4400 });
	});

	it("more than 16 KiB close with 4413, however they are cut up", async () => {
		const rig = createRig({ authorize: () => new Promise(() => undefined) });
		const peer = rig.open();
		peer.say(hello());
		for (let n = 0; n < 3; n++) peer.say(publish(`${n}`, "a", { data: "x".repeat(5_000) }));
		expect(peer.end).toBeNull();
		peer.say(publish("4", "a", { data: "x".repeat(5_000) }));
		expect(peer.end).toMatchObject({ code: 4413 });
	});

	it("frames of types that we do not know are passed over", async () => {
		const rig = createRig();
		const peer = rig.open();
		peer.say({ type: "greeting" });
		peer.say({ type: "greeting" }, hello());
		await rig.settle();
		peer.last("welcome");
	});
});

describe("The token", () => {
	it.each([
		["of nobody closes with 4401", () => null, 4401],
		["that expired closes with 4401", () => ({ id: "ada", expiresAt: 1 }), 4401],
		[
			"whose judge throws closes with 1011",
			() => {
				throw new Error(CANARY_TOKEN);
			},
			1011,
		],
		["whose judge rejects closes with 1011", () => Promise.reject(new Error(CANARY_TOKEN)), 1011],
		["of a judge that forgets to answer closes with 1011", () => undefined as never, 1011],
		["of an identity without a name closes with 1011", () => ({ id: "" }), 1011],
	])("%s", async (_name, authorize, code) => {
		const rig = createRig({ authorize });
		const peer = rig.open();
		peer.say(hello(CANARY_TOKEN));
		await rig.settle();
		expect(peer.end).toMatchObject({ code });
		expect(peer.texts).toEqual([]);
		expect(JSON.stringify(peer.end)).not.toContain(CANARY_TOKEN);
	});

	it("of another identity than the client's queue belongs to closes with 4403", async () => {
		const rig = createRig();
		const other = rig.open();
		other.say(hello("bob", { as: "ada" }));
		const same = rig.open();
		same.say(hello("ada", { as: "ada" }));
		await rig.settle();
		expect(other.end).toMatchObject({ code: 4403 });
		same.last("welcome");
	});

	it("whose judge never answers closes with 1011 after 10 s", async () => {
		const rig = createRig({ authorize: () => new Promise(() => undefined) });
		const peer = rig.open();
		await rig.clock.advance(4_000);
		peer.say(hello());
		await rig.clock.advance(9_999);
		expect(peer.end).toBeNull();
		await rig.clock.advance(1);
		expect(peer.end).toMatchObject({ code: 1011 });
	});

	it("judged after the link has closed opens nothing", async () => {
		const verdict = defer<Identity>();
		const rig = createRig({ authorize: () => verdict.promise });
		const peer = rig.open();
		peer.say(hello());
		peer.link.closed(1006);
		verdict.resolve({ id: "ada" });
		await rig.settle();
		expect(peer.texts).toEqual([]);
		expect(rig.server.stats.get().connections).toBe(0);
	});

	it("arrives at authorize with the context of the connection", async () => {
		const asked: unknown[] = [];
		const rig = createRig({
			authorize: (request) => {
				asked.push(request);
				return { id: "ada" };
			},
		});
		await rig.connect("t");
		expect(asked).toEqual([{ token: "t", context: "context" }]);
	});
});

describe("A peer that breaks the rules", () => {
	it.each([
		["no JSON", "{"],
		["a number", "7"],
		["nothing", ""],
		["null in a batch", "[null]"],
		["a frame without a type", "{}"],
		["a publish without an id", '{"type":"publish","channel":"a","data":1}'],
		["a channel of 257 letters", JSON.stringify(subscribe("x".repeat(257)))],
		["an id that is no number", '{"type":"subscribe","id":"1","channel":"a"}'],
		["a batch of 1,025", JSON.stringify(new Array(1_025).fill({ type: "ping", at: 1 }))],
		["nesting without end", "[".repeat(50_000)],
	])("is closed with 4400: %s", async (_name, text) => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.link.message(text);
		expect(peer.end).toMatchObject({ code: 4400 });
	});

	it("is closed with 4400: bytes", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.link.message(new TextEncoder().encode('{"type":"ping","at":1}'));
		expect(peer.end).toMatchObject({ code: 4400 });
	});

	it("is closed with 4413 beyond maxFrameBytes", async () => {
		const rig = createRig({ maxFrameBytes: 2_000 });
		const peer = await rig.connect();
		peer.link.message(JSON.stringify(publish("1", "a", { data: "x".repeat(1_900) })));
		await rig.settle();
		peer.last("published");
		peer.link.message(JSON.stringify(publish("2", "a", { data: "x".repeat(2_000) })));
		expect(peer.end).toMatchObject({ code: 4413 });
	});

	it("is closed with 4429 beyond its rate and a burst of ten times as many, and told to stay away", async () => {
		const rig = createRig({ maxFramesPerSecond: 10 });
		const peer = await rig.connect();
		const pings = (count: number): readonly { type: "ping"; at: number }[] =>
			new Array(count).fill({ type: "ping", at: 1 });
		peer.say(...pings(99));
		expect(peer.end).toBeNull();
		await rig.clock.advance(1_000);
		peer.say(...pings(10));
		expect(peer.end).toBeNull();
		peer.say(...pings(1));
		expect(peer.end).toEqual({ code: 4429, reason: '{"w":10000}' });
	});

	it("hears nothing more, and is heard no more", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		peer.link.message("{");
		peer.clear();
		peer.say(publish("1"));
		await rig.server.publish("a", 1);
		await rig.settle();
		expect(peer.texts).toEqual([]);
		expect((await rig.log.head("a")).offset).toBe(1);
		expect(rig.server.stats.get()).toMatchObject({ connections: 0, subscriptions: 0 });
	});

	it("closes at most once, and a socket that throws harms nobody", async () => {
		const rig = createRig();
		const link = rig.server.opened(
			{
				send: () => {
					throw new Error("gone");
				},
				close: () => {
					throw new Error("gone");
				},
				bufferedBytes: () => 0,
			} satisfies ServerSocket,
			"context",
		);
		link.message(JSON.stringify(hello()));
		const peer = await rig.connect("bob");
		link.message("{");
		link.closed(1006);
		link.closed(1006);
		await rig.settle();
		expect(peer.end).toBeNull();
		expect(rig.server.stats.get().connections).toBe(1);
	});

	it("never makes a link throw, whatever it sends: 6,000 inputs", async () => {
		const rig = createRig();
		const seeds = [
			hello(),
			subscribe("__proto__", { last: 3 }),
			subscribe("a", { epoch: "constructor", offset: 1 }),
			publish("1", "__proto__", { data: { text: CANARY_PAYLOAD, __proto__: null } }),
			{ type: "unsubscribe", id: 1, channel: "a" },
			{ type: "token", token: CANARY_TOKEN },
		].map((frame) => JSON.stringify(frame));
		const scrap = fc.oneof(
			fc
				.tuple(fc.constantFrom(...seeds), fc.nat(200), fc.string({ maxLength: 3 }))
				.map(([text, cut, insert]) => text.slice(0, cut) + insert + text.slice(cut)),
			fc.array(fc.constantFrom(...seeds), { maxLength: 4 }).map((all) => `[${all.join(",")}]`),
			fc.json(),
			fc.string(),
			fc.uint8Array({ maxLength: 20 }),
		);
		const feed = async (scraps: readonly (string | Uint8Array)[]): Promise<void> => {
			let peer: Peer = await rig.connect();
			for (const each of scraps) {
				if (peer.end !== null) peer = await rig.connect();
				peer.link.message(each);
			}
			peer.link.closed(1006);
			await rig.settle();
			expect(peer.all("welcome").length).toBe(1);
		};
		await fc.assert(fc.asyncProperty(fc.array(scrap, { minLength: 40, maxLength: 60 }), feed), {
			seed: 11,
			numRuns: 120,
		});
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
		expect(rig.server.stats.get()).toMatchObject({ connections: 0, subscriptions: 0 });
	});
});

describe("A slow consumer", () => {
	it("is closed with 4410 once more waits than sendBufferBytes, and counted", async () => {
		const rig = createRig({ maxFrameBytes: 20_000, sendBufferBytes: 100_000 });
		const [slow, quick] = [await rig.connect("slow"), await rig.connect("quick")];
		for (const peer of [slow, quick]) peer.say(subscribe("a"));
		await rig.settle();
		slow.isStuck = true;
		for (let n = 0; n < 12; n++) {
			await rig.server.publish("a", "x".repeat(10_000));
			await rig.settle();
		}
		expect(slow.end).toMatchObject({ code: 4410 });
		expect(quick.end).toBeNull();
		expect(quick.data).toHaveLength(12);
		expect(rig.server.stats.get()).toMatchObject({ slowClosed: 1, connections: 1 });
	});

	it("resumes where it was, on another link", async () => {
		const rig = createRig({ maxFrameBytes: 20_000, sendBufferBytes: 60_000 });
		const slow = await rig.connect();
		slow.say(subscribe("a"));
		await rig.settle();
		slow.isStuck = true;
		for (let n = 0; n < 12; n++) {
			await rig.server.publish("a", `${n}${"x".repeat(10_000)}`);
			await rig.settle();
		}
		expect(slow.end).toMatchObject({ code: 4410 });
		const { position } = slow.last("message");
		const again = await rig.connect("ada", { link: 2 });
		again.say(subscribe("a", position));
		await rig.settle();
		expect(again.last("subscribed").recovered).toBe(true);
		expect(
			[...slow.data, ...again.data].map((text) => Number.parseInt(text as string, 10)),
		).toEqual(Array.from({ length: 12 }, (_, n) => n));
	});

	it("is not one that is sent a large burst and takes it", async () => {
		const rig = createRig({ maxFrameBytes: 20_000, sendBufferBytes: 50_000 });
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		await Promise.all(
			Array.from({ length: 40 }, () => rig.server.publish("a", "x".repeat(10_000))),
		);
		await rig.settle();
		expect(peer.end).toBeNull();
		expect(peer.data).toHaveLength(40);
	});

	it("is not made one by a replay, which waits for it", async () => {
		const rig = createRig({ maxFrameBytes: 20_000, sendBufferBytes: 40_000 });
		for (let n = 0; n < 30; n++) await rig.server.publish("a", "x".repeat(5_000));
		const peer = await rig.connect();
		peer.isStuck = true;
		peer.say(subscribe("a", "earliest"));
		await rig.clock.advance(2_000);
		expect(peer.data.length).toBeLessThan(10);
		for (let n = 0; n < 20; n++) {
			peer.buffered = 0;
			await rig.clock.advance(200);
		}
		expect(peer.end).toBeNull();
		expect(peer.data).toHaveLength(30);
	});
});

describe("Frames", () => {
	it("that are due together leave in one message, the first of a turn at once", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		peer.clear();
		for (let n = 0; n < 50; n++) await rig.server.publish("a", n);
		expect(peer.texts.length).toBeLessThanOrEqual(2);
		await rig.settle();
		expect(peer.texts.length).toBeLessThanOrEqual(2);
		expect(peer.data).toEqual(Array.from({ length: 50 }, (_, n) => n));
	});

	it("leave without any timer where nothing else is due", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		await rig.settle();
		peer.clear();
		peer.say({ type: "ping", at: 5 });
		await rig.clock.settle();
		expect(peer.frames).toEqual([{ type: "pong", at: 5 }]);
	});

	it("queued before a close leave ahead of it", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.clear();
		peer.say({ type: "ping", at: 5 }, hello());
		expect(peer.frames).toEqual([{ type: "pong", at: 5 }]);
		expect(peer.end).toMatchObject({ code: 4400 });
	});

	it("make batches of no more than 64 KiB, unless one alone is larger", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		peer.clear();
		const sizes = [30_000, 30_000, 30_000, 65_000, 100];
		await Promise.all(sizes.map((size) => rig.server.publish("a", "ä".repeat(size / 2))));
		await rig.settle();
		expect(peer.data).toHaveLength(5);
		for (const text of peer.texts)
			if (text.startsWith("["))
				expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(65_536);
	});
});

describe("At the door", () => {
	it("an identity has maxLinksPerIdentity links; another one closes with 4429", async () => {
		const rig = createRig({ maxLinksPerIdentity: 2 });
		const [first] = [await rig.connect(), await rig.connect()];
		const third = rig.open();
		third.say(hello());
		await rig.settle();
		expect(third.end).toMatchObject({ code: 4429 });
		await rig.connect("bob");
		first?.link.closed(1000);
		await rig.connect();
	});

	it("a full server closes with 1013, and says over HTTP that realtime is down", async () => {
		const rig = createRig({ maxConnections: 1, acceptRate: 1 });
		const only = rig.open();
		const other = rig.open();
		expect(other.end).toEqual({ code: 1013, reason: '{"w":2000}' });
		const ask = async (): Promise<unknown> =>
			(await rig.server.handle(new Request("http://x.test/health"), "")).json();
		expect(await ask()).toMatchObject({ status: "ok", realtime: "down" });
		only.link.closed(1000);
		expect(await ask()).toMatchObject({ status: "ok", realtime: "up" });
	});

	it("a server that was disposed of takes nobody in, and has no timer left", async () => {
		const rig = createRig({ acceptRate: 1 });
		const peers = [await rig.connect("ada"), await rig.connect("bob"), rig.open()];
		peers[0]?.say(subscribe("a"));
		await rig.settle();
		await rig.server[ASYNC_DISPOSE]();
		for (const peer of peers) expect(peer.end).toEqual({ code: 1012, reason: '{"w":2400}' });
		expect(rig.open().end).toMatchObject({ code: 1012 });
		await rig.clock.settle();
		expect(rig.clock.pending).toEqual([]);
		expect(rig.server.stats.get()).toMatchObject({ connections: 0, subscriptions: 0 });
	});
});
