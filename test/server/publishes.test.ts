import { describe, expect, it } from "vitest";
import type { MessageLog, ServerOptions } from "../../src/server/contract.js";
import { CANARY_PAYLOAD } from "../support/secrets.js";
import { answers, faulty, stored } from "./log-rig.js";
import { createRig, defer, publish, type Rig, subscribe } from "./rig.js";

describe("A publish", () => {
	it("is acknowledged with the position at which it was stored", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		peer.say(publish("1"), publish("2"));
		await rig.settle();
		const { epoch } = await rig.log.head("a");
		expect(peer.all("published")).toEqual(
			[1, 2].map((offset) => ({
				type: "published",
				id: `${offset}`,
				position: { epoch, offset },
				duplicate: false,
			})),
		);
	});

	it("is stored as its publisher's, at the server's time, with data as it came", async () => {
		const rig = createRig();
		const peer = await rig.connect("ada");
		peer.link.message(
			'{"type":"publish","id":"1","channel":"a","data":{"__proto__":{"x":1}},"from":"eve","at":1}',
		);
		peer.link.message('{"type":"publish","id":"2","channel":"a"}');
		await rig.settle();
		const [first, second] = await rig.log.before("a", null, 10);
		expect(first).toMatchObject({ from: "ada", at: rig.clock.now() - 1 });
		expect(JSON.stringify(first?.data)).toBe('{"__proto__":{"x":1}}');
		expect(second?.data).toBeNull();
	});

	it("reaches its publisher too, also when he subscribes in the same batch", async () => {
		const rig = createRig({ canSubscribe: async () => true });
		const peer = await rig.connect();
		peer.say(subscribe("a"), publish("1"));
		await rig.settle();
		expect(peer.data).toEqual(["1"]);
		expect(peer.types.indexOf("subscribed")).toBeLessThan(peer.types.indexOf("message"));
	});

	it("that was stored before is acknowledged again, and stored once", async () => {
		const rig = createRig();
		const first = await rig.connect("ada", { link: 1 });
		first.say(publish("1"));
		await rig.settle();
		const second = await rig.connect("ada", { link: 2 });
		second.say(publish("1"));
		await rig.settle();
		expect(second.last("published")).toEqual({ ...first.last("published"), duplicate: true });
		expect(rig.server.stats.get().publishes).toBe(1);
	});

	it("has ids of its publisher's own: nobody suppresses another's", async () => {
		const rig = createRig();
		const [ada, bob] = [await rig.connect("ada"), await rig.connect("bob")];
		ada.say(publish("1"));
		bob.say(publish("1"));
		await rig.settle();
		expect([...answers(ada), ...answers(bob)]).toEqual(["1 stored", "1 stored"]);
	});

	it("nested deeper than 128 is rejected for good, and harms nobody", async () => {
		const rig = createRig();
		const peer = await rig.connect();
		const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
		for (const [id, depth] of [
			["deep", 129],
			["deeper", 20_000],
			["fine", 128],
		] as const)
			peer.link.message(`{"type":"publish","id":"${id}","channel":"a","data":${nested(depth)}}`);
		await rig.settle();
		expect(answers(peer)).toEqual(["deep invalid", "deeper invalid", "fine stored"]);
	});

	it("that is ephemeral reaches the others and is stored nowhere", async () => {
		const rig = createRig();
		const [ada, bob] = [await rig.connect("ada"), await rig.connect("bob")];
		bob.say(subscribe("a"));
		await rig.settle();
		ada.say(publish("1", "a", { ephemeral: true }));
		await rig.settle();
		expect(bob.last("message")).toMatchObject({ position: null, from: "ada", data: "1" });
		expect(answers(ada)).toEqual([]);
		expect((await rig.log.head("a")).offset).toBe(0);
	});
});

describe("Permission to publish", () => {
	const secret = { id: "secret", claims: {} };
	const rigFor = (over: Partial<ServerOptions<string>> = {}): Rig =>
		createRig({ canPublish: (_identity, channel) => channel === "a", ...over });

	it("is asked for each publish, with what it carries", async () => {
		const asked: unknown[] = [];
		const rig = createRig({
			authorize: () => secret,
			canPublish: (...question) => {
				asked.push(question);
				return true;
			},
		});
		const peer = await rig.connect();
		peer.say(publish("1", "a", { data: CANARY_PAYLOAD }), publish("2", "a", { ephemeral: true }));
		await rig.settle();
		expect(asked).toEqual([
			[secret, "a", CANARY_PAYLOAD],
			[secret, "a", "2"],
		]);
	});

	it("that is refused is final, and blocks nothing", async () => {
		const rig = createRig({ canPublish: (_identity, _channel, data) => data !== "2" });
		const peer = await rig.connect();
		peer.say(publish("1"), publish("2"), publish("3"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 stored", "2 forbidden", "3 stored"]);
	});

	it("that was lost since does not take back what was stored", async () => {
		let isAllowed = true;
		const rig = createRig({ canPublish: () => isAllowed });
		const peer = await rig.connect();
		peer.say(publish("1"));
		await rig.settle();
		isAllowed = false;
		peer.say(publish("1"), publish("2"), publish("1", "a", { ephemeral: true }));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 stored", "1 again", "2 forbidden", "1 forbidden"]);
		expect(await stored(rig.log)).toEqual(["1"]);
	});

	it("refuses what a log without lookup may have stored", async () => {
		const { own } = faulty();
		const log = new Proxy(own as MessageLog, {
			get: (target, name) => {
				const value = name === "lookup" ? undefined : Reflect.get(target, name);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
		const rig = rigFor({ log });
		const peer = await rig.connect();
		await own.append("b", { id: "1", from: "ada", data: 1, at: 1 });
		peer.say(publish("1", "b"));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 forbidden"]);
	});

	it("that cannot be asked for is a rejection with retry", async () => {
		const rig = createRig({ canPublish: () => Promise.reject(new Error(CANARY_PAYLOAD)) });
		const peer = await rig.connect();
		peer.say(publish("1"), publish("2", "a", { ephemeral: true }));
		await rig.settle();
		expect(answers(peer)).toEqual(["1 retry"]);
		expect(peer.last("rejected").retryAfterMs).toBeGreaterThanOrEqual(500);
	});

	it("that takes its time keeps the order of a channel, and holds up no other", async () => {
		const verdicts = new Map(["1", "2", "3"].map((id) => [id, defer<boolean>()]));
		const rig = createRig({
			canPublish: (_identity, _channel, data) => verdicts.get(data as string)?.promise ?? true,
		});
		const peer = await rig.connect();
		peer.say(publish("1"), publish("2"), publish("3"), publish("other", "b"));
		await rig.settle();
		expect(answers(peer)).toEqual(["other stored"]);
		for (const id of ["3", "2"]) verdicts.get(id)?.resolve(true);
		await rig.settle();
		expect(await stored(rig.log)).toEqual([]);
		verdicts.get("1")?.resolve(true);
		await rig.settle();
		expect(await stored(rig.log)).toEqual(["1", "2", "3"]);
	});

	it("that comes after the link has closed stores nothing: its client sends it elsewhere", async () => {
		const verdict = defer<boolean>();
		const rig = createRig({ canPublish: () => verdict.promise });
		const peer = await rig.connect();
		peer.say(publish("1"), publish("2"));
		await rig.settle();
		peer.link.closed(1006);
		verdict.resolve(true);
		await rig.settle();
		expect(await stored(rig.log)).toEqual([]);
	});

	it("that comes after half a minute stores nothing: ids and fences are not remembered for ever", async () => {
		const verdict = defer<boolean>();
		const rig = createRig({ canPublish: () => verdict.promise, heartbeatMs: 60_000 });
		const peer = await rig.connect();
		peer.say(publish("1"));
		await rig.clock.advance(30_002);
		verdict.resolve(true);
		await rig.settle();
		expect(answers(peer)).toEqual(["1 retry"]);
		expect(await stored(rig.log)).toEqual([]);
	});
});

describe("The server's own publish", () => {
	it("is nobody's, unless told whose, and stored once for an id", async () => {
		const rig = createRig();
		const first = await rig.server.publish("a", { n: 1 }, { id: "x" });
		expect(await rig.server.publish("a", { n: 2 }, { id: "x" })).toEqual(first);
		await rig.server.publish("a", { n: 3 }, { id: "x", from: "ada" });
		expect(await rig.log.before("a", null, 10)).toMatchObject([
			{ from: null, data: { n: 1 } },
			{ from: "ada", data: { n: 3 } },
		]);
		expect(rig.server.stats.get().publishes).toBe(2);
	});

	it("has an id of its own each time", async () => {
		const rig = createRig();
		for (let n = 0; n < 100; n++) await rig.server.publish("a", n);
		expect(new Set(await stored(rig.log)).size).toBe(100);
	});

	it("is a copy: what the caller changes later is not published", async () => {
		const rig = createRig();
		const data = { text: "before" };
		const done = rig.server.publish("a", data);
		data.text = "after";
		await done;
		expect((await rig.log.before("a", null, 1))[0]?.data).toEqual({ text: "before" });
	});

	it.each([
		["no channel", "", 1, {}, "invalid-option"],
		["a channel of 257 letters", "x".repeat(257), 1, {}, "invalid-option"],
		["an empty id", "a", 1, { id: "" }, "invalid-option"],
		["nothing", "a", undefined, {}, "invalid-option"],
		["a function", "a", () => 1, {}, "invalid-option"],
		["a bigint", "a", 1n, {}, "invalid-option"],
		["more than maxFrameBytes", "a", "x".repeat(65_536), {}, "message-too-large"],
	])("rejects %s", async (_name, channel, data, options, code) => {
		const rig = createRig();
		await expect(rig.server.publish(channel, data, options)).rejects.toMatchObject({ code });
	});

	it("rejects with what the log rejects with", async () => {
		const state = faulty();
		state.before = () => {
			throw new Error("down");
		};
		const rig = createRig({ log: state.log });
		await expect(rig.server.publish("a", 1)).rejects.toThrow("down");
	});
});
