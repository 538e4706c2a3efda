import { describe, expect, it } from "vitest";
import { CANARY_PAYLOAD } from "../support/secrets.js";
import { call, data, history, send } from "./http-rig.js";
import { createRig, fill } from "./rig.js";

describe("POST publish", () => {
	const item = (id: string, channel = "a", over: object = {}) => ({
		id,
		channel,
		data: id,
		...over,
	});

	it("stores in order, and answers for each", async () => {
		const rig = createRig({ retain: { messages: 10, ms: 7_000 } });
		const { results, dedupeMs } = await send(rig, {
			publishes: [item("1"), item("2"), item("3", "b"), item("1")],
		});
		const { epoch } = await rig.log.head("a");
		expect(results).toEqual([
			{ type: "published", id: "1", position: { epoch, offset: 1 }, duplicate: false },
			{ type: "published", id: "2", position: { epoch, offset: 2 }, duplicate: false },
			{ type: "published", id: "3", position: { epoch, offset: 1 }, duplicate: false },
			{ type: "published", id: "1", position: { epoch, offset: 1 }, duplicate: true },
		]);
		expect(dedupeMs).toBe(7_000);
	});

	it("shares ids with links: what came over one is known over the other", async () => {
		const rig = createRig();
		const peer = await rig.connect("ada", { client: "c", link: 1 });
		peer.say({ type: "publish", ...item("1") });
		await rig.settle();
		const { results } = await send(rig, { link: 2, publishes: [item("1"), item("2")] });
		expect(results).toMatchObject([{ duplicate: true }, { duplicate: false }]);
		peer.say({ type: "publish", ...item("3") });
		await rig.settle();
		expect(peer.end).toMatchObject({ code: 1012 });
	});

	it("past the first that has to come again, all have to", async () => {
		const rig = createRig({
			canPublish: (_identity, _channel, data) => {
				if (data === "2") throw new Error(CANARY_PAYLOAD);
				return data !== "1";
			},
		});
		const { results } = await send(rig, {
			publishes: [item("0"), item("1"), item("2"), item("3"), item("4", "b")],
		});
		expect(
			results.map((each) => `${each.id} ${each.type === "rejected" ? each.code : "stored"}`),
		).toEqual(["0 stored", "1 forbidden", "2 retry", "3 retry", "4 retry"]);
		expect((await rig.log.head("b")).offset).toBe(0);
	});

	it("of an older link than has published has to come again, by a newer one", async () => {
		const rig = createRig();
		await send(rig, { link: 5, publishes: [item("1")] });
		expect((await send(rig, { link: 4, publishes: [item("1"), item("2")] })).results).toMatchObject(
			[
				{ type: "published", duplicate: true },
				{ type: "rejected", code: "retry" },
			],
		);
		expect((await send(rig, { link: 6, publishes: [item("2")] })).results).toMatchObject([
			{ type: "published", duplicate: false },
		]);
	});

	it("larger than maxFrameBytes is rejected by itself, in a request that is not too large", async () => {
		const rig = createRig({ maxFrameBytes: 1_024 });
		const { results } = await send(rig, {
			publishes: [
				item("1", "a", { data: "x".repeat(900) }),
				item("2", "a", { data: "ä".repeat(600) }),
				item("3"),
			],
		});
		expect(results).toMatchObject([
			{ type: "published" },
			{ type: "rejected", id: "2", code: "too-large" },
			{ type: "published" },
		]);
	});

	it("takes 16 at most, and 16 full frames in all", async () => {
		const rig = createRig({ maxFrameBytes: 1_024 });
		const sixteen = Array.from({ length: 16 }, (_, n) => item(`${n}`));
		expect((await send(rig, { publishes: sixteen })).results).toHaveLength(16);
		const body = { client: "c", link: 1, publishes: [...sixteen, item("17")] };
		expect((await call(rig, "publish", { body })).status).toBe(400);
		const large = {
			client: "c",
			link: 1,
			publishes: [item("x", "a", { data: "x".repeat(17_000) })],
		};
		const response = await call(rig, "publish", { body: large });
		expect(response.status).toBe(413);
		expect(response.headers.get("connection")).toBe("close");
	});

	it("passes on what is ephemeral, without an answer", async () => {
		const rig = createRig();
		const peer = await rig.connect("bob");
		peer.say({ type: "subscribe", id: 1, channel: "a", from: null });
		await rig.settle();
		const { results } = await send(rig, { publishes: [item("1", "a", { ephemeral: true })] });
		await rig.settle();
		expect(results).toEqual([]);
		expect(peer.data).toEqual(["1"]);
	});

	it("counts towards the rate of its identity: 429 with Retry-After", async () => {
		const rig = createRig({ maxFramesPerSecond: 4 });
		const publishes = Array.from({ length: 16 }, (_, n) => item(`${n}`));
		const body = { client: "c", link: 1, publishes };
		const statuses = [];
		for (let n = 0; n < 3; n++) statuses.push((await call(rig, "publish", { body })).status);
		expect(statuses).toEqual([200, 200, 429]);
		const response = await call(rig, "publish", { body });
		expect(response.headers.get("retry-after")).toBe("2");
		expect(await response.json()).toMatchObject({ code: "overloaded" });
		expect((await call(rig, "publish", { body, token: "bob" })).status).toBe(200);
		await rig.clock.advance(2_000);
		expect((await call(rig, "publish", { body })).status).toBe(200);
	});
});

describe("GET history", () => {
	it("has the last messages, oldest first, and those before a position", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 9);
		expect(data((await history(rig, "channel=a&limit=3")).messages)).toEqual([7, 8, 9]);
		const query = `channel=a&limit=2&epoch=${head.epoch}&offset=4`;
		expect(data((await history(rig, query)).messages)).toEqual([2, 3]);
		expect((await history(rig, "channel=never")).messages).toEqual([]);
	});

	it("has 100 messages unless asked for more, and 1,000 at most", async () => {
		const rig = createRig();
		await fill(rig, 1, 1_100);
		expect((await history(rig, "channel=a")).messages).toHaveLength(100);
		expect((await history(rig, "channel=a&limit=5000")).messages).toHaveLength(1_000);
	});

	it.each([
		["no channel", "limit=3"],
		["a channel of 257 letters", `channel=${"x".repeat(257)}`],
		["a limit that is no count", "channel=a&limit=many"],
		["a limit below 0", "channel=a&limit=-1"],
		["an offset without an epoch", "channel=a&offset=3"],
		["an epoch without an offset", "channel=a&epoch=e"],
	])("with %s is answered with 400", async (_name, query) => {
		expect((await call(createRig(), `history?${query}`)).status).toBe(400);
	});

	it("is read by those who may subscribe", async () => {
		const rig = createRig({ canSubscribe: ({ id }) => id === "bob" });
		expect((await call(rig, "history?channel=a")).status).toBe(403);
		expect((await call(rig, "history?channel=a", { token: "bob" })).status).toBe(200);
	});
});
