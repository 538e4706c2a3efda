import { describe, expect, it } from "vitest";
import { decodeServerMessage } from "../../src/protocol/decode-server.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createRig, hello, publish, subscribe } from "./rig.js";

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

describe("Short messages", () => {
	const short = { short: true } as const;

	it("say only what differs from the message before them", async () => {
		const rig = createRig();
		const peer = await rig.connect("ada", short);
		peer.say(subscribe("a"));
		await rig.settle();
		peer.clear();
		await Promise.all([rig.server.publish("a", 1), rig.server.publish("a", 2)]);
		await rig.settle();
		const [first, second] = peer.frames as readonly unknown[];
		expect(first).toMatchObject({ type: "message", data: 1, from: null });
		expect(second).toEqual([expect.any(String), 2]);
	});

	it("carry at and from where these are others", async () => {
		const rig = createRig();
		const [peer, lin] = [await rig.connect("ada", short), await rig.connect("lin")];
		peer.say(subscribe("a"));
		await rig.settle();
		await rig.server.publish("a", 1);
		await rig.clock.advance(7);
		await rig.server.publish("a", 2);
		lin.say(publish("x"));
		await rig.settle();
		const again = await rig.connect("ada", { ...short, link: 2 });
		again.say(subscribe("a", "earliest"));
		await rig.settle();
		const [message] = again.all("message");
		const at = (message?.at ?? 0) + 7;
		expect(again.frames.slice(-2)).toEqual([
			[expect.any(String), 2, at],
			["x", "x", at, "lin"],
		]);
	});

	it("are not sent to a client that has not asked for them", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(subscribe("a"));
		await rig.settle();
		await Promise.all(Array.from({ length: 5 }, (_, n) => rig.server.publish("a", n)));
		await rig.settle();
		expect(peer.data).toEqual([0, 1, 2, 3, 4]);
	});

	it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
		"are read as what was published, whatever lengths, scripts and channels (seed %i)",
		async (seed) => {
			const random = seededRandom(seed);
			const rig = createRig({ maxFrameBytes: 100_000 });
			const peers = [await rig.connect("ada", short), await rig.connect("lin")] as const;
			for (const peer of peers) for (const name of ["a", "b"]) peer.say(subscribe(name));
			await rig.settle();
			for (let n = 0; n < 120; n += 1) {
				const length = random() < 0.1 ? random() * 30_000 : random() * 300;
				const text = (random() < 0.5 ? "x" : "語").repeat(length);
				void rig.server.publish(random() < 0.8 ? "a" : "b", { n, text });
				if (random() < 0.1) peers[0].say({ type: "ping", at: n });
				if (random() < 0.1) await rig.clock.advance(1);
			}
			await rig.settle();
			const [read, whole] = peers.map(({ texts }) =>
				texts.flatMap((text) => decodeServerMessage(text, SERVER_TEXT)),
			);
			const messages = (frames: typeof read) => frames?.filter(({ type }) => type === "message");
			expect(messages(read)).toHaveLength(120);
			expect(messages(read)).toEqual(messages(whole));
			const size = ({ texts }: (typeof peers)[0]): number => texts.join("").length;
			expect(size(peers[0])).toBeLessThan(size(peers[1]));
		},
	);
});
