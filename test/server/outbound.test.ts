import { describe, expect, it } from "vitest";
import { createRig, hello, subscribe } from "./rig.js";

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
		for (let n = 0; n < 20; n++) await rig.server.publish("a", n);
		expect(peer.texts.length).toBeLessThanOrEqual(2);
		await rig.settle();
		expect(peer.texts.length).toBeLessThanOrEqual(2);
		expect(peer.data).toEqual(Array.from({ length: 20 }, (_, n) => n));
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

	it("make batches that a line of 8 kbit/s takes in less than a heartbeat's patience", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		peer.clear();
		await Promise.all(Array.from({ length: 500 }, (_, n) => rig.server.publish("a", n)));
		await rig.settle();
		expect(peer.data).toEqual(Array.from({ length: 500 }, (_, n) => n));
		const sizes = peer.texts.map((text) => text.length);
		// One frame more than 4 KiB, and the fewest messages that this allows.
		expect(Math.max(...sizes)).toBeLessThan(4_096 + 200);
		expect(sizes.length).toBeLessThan(sizes.reduce((sum, size) => sum + size) / 3_500);
	});

	it("make batches of no more than 16 KiB in any script, unless one alone is larger", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		peer.clear();
		const sizes = [3_000, 15_000, 100, 65_000, 100];
		await Promise.all(sizes.map((size) => rig.server.publish("a", "ä".repeat(size / 2))));
		await rig.settle();
		expect(peer.data).toHaveLength(5);
		for (const text of peer.texts)
			if (text.startsWith("["))
				expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(16_384);
	});
});
