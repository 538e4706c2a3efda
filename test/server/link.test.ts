import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { ServerSocket } from "../../src/server/contract.js";
import { CANARY_PAYLOAD, CANARY_TOKEN } from "../support/secrets.js";
import { createRig, hello, type Peer, publish, subscribe } from "./rig.js";

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

	it("is heard no more from the middle of a batch on", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(publish("1"), hello(), subscribe("a"), publish("2"));
		await rig.settle();
		expect(peer.end).toMatchObject({ code: 4400 });
		expect(rig.server.stats.get().subscriptions).toBe(0);
		expect((await rig.log.before("a", null, 9)).map(({ id }) => id)).not.toContain("2");
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
		await rig.server.publish("a", "last");
		await rig.server[ASYNC_DISPOSE]();
		expect(peers[0]?.data).toEqual(["last"]);
		for (const peer of peers) expect(peer.end).toEqual({ code: 1012, reason: '{"w":2400}' });
		expect(rig.open().end).toMatchObject({ code: 1012 });
		await rig.clock.settle();
		expect(rig.clock.pending).toEqual([]);
		expect(rig.server.stats.get()).toMatchObject({ connections: 0, subscriptions: 0 });
	});
});
