import { describe, expect, it } from "vitest";
import type { Identity } from "../../src/server/contract.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { createRig, defer, hello, publish, subscribe } from "./rig.js";

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
