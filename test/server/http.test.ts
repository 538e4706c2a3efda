import { describe, expect, it } from "vitest";
import {
	decodeHistory,
	decodePollResponse,
	decodePublishResponse,
} from "../../src/protocol/decode-server.js";
import type {
	HistoryResponse,
	PollRequest,
	PollResponse,
	PublishRequest,
	PublishResponse,
	ServerFrame,
} from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import type { Position, StartAt } from "../../src/protocol/position.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { CANARY_PAYLOAD, CANARY_TOKEN } from "../support/secrets.js";
import { at, createRig, type Rig } from "./rig.js";

const BASE = "https://app.test/some/base";

interface Call {
	readonly method?: string;
	readonly token?: string | null;
	readonly body?: unknown;
	readonly origin?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
}

function call(
	rig: Rig,
	path: string,
	{ method, token = "ada", body, ...rest }: Call = {},
): Promise<Response> {
	const headers = new Headers(rest.headers);
	if (token !== null) headers.set("authorization", `Bearer ${token}`);
	if (rest.origin !== undefined) headers.set("origin", rest.origin);
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return rig.server.handle(
		new Request(`${BASE}/${path}`, {
			method: method ?? (body === undefined ? "GET" : "POST"),
			headers,
			...(body !== undefined && { body: text }),
			...(rest.signal && { signal: rest.signal }),
		}),
		"context",
	);
}

const ask = (from: StartAt, id = 1): { readonly id: number; readonly from: StartAt } => ({
	id,
	from,
});
const asked = (over: Partial<PollRequest> = {}): PollRequest => ({
	channels: {},
	waitMs: 0,
	...over,
});

async function poll(rig: Rig, body: Partial<PollRequest>, rest: Call = {}): Promise<PollResponse> {
	const response = await call(rig, "poll", { body: asked(body), ...rest });
	expect(response.status).toBe(200);
	return decodePollResponse(await response.text(), SERVER_TEXT);
}

async function send(
	rig: Rig,
	body: Partial<PublishRequest>,
	token = "ada",
): Promise<PublishResponse> {
	const response = await call(rig, "publish", {
		body: { client: "c", link: 1, publishes: [], ...body },
		token,
	});
	expect(response.status).toBe(200);
	return decodePublishResponse(await response.text(), SERVER_TEXT);
}

async function history(rig: Rig, query: string): Promise<HistoryResponse> {
	const response = await call(rig, `history?${query}`);
	expect(response.status).toBe(200);
	return decodeHistory(await response.text(), SERVER_TEXT);
}

const types = (frames: readonly ServerFrame[]): readonly string[] => frames.map(({ type }) => type);
const data = (frames: readonly ServerFrame[]): readonly unknown[] =>
	frames.flatMap((frame) => (frame.type === "message" ? [frame.data] : []));
async function fill(rig: Rig, count: number, channel = "a"): Promise<Position> {
	let position = await rig.log.head(channel);
	for (let n = 1; n <= count; n++) position = await rig.server.publish(channel, n);
	return position;
}

describe("A poll", () => {
	it("carries what a link would have carried, channel by channel", async () => {
		const rig = createRig({ retain: { messages: 5, ms: 9_000 } });
		const head = await fill(rig, 8);
		await fill(rig, 2, "b");
		const answer = await poll(rig, {
			channels: { a: ask(at(head, 1), 1), b: ask(null, 2), c: ask("earliest", 3) },
		});
		expect(types(answer.frames)).toEqual([
			...["subscribed", "gap", "message", "message", "message", "message", "message"],
			...["subscribed", "subscribed"],
		]);
		expect(answer.frames[1]).toEqual({
			type: "gap",
			channel: "a",
			missed: 2,
			position: at(head, 3),
		});
		expect(data(answer.frames)).toEqual([4, 5, 6, 7, 8]);
		expect(answer).toMatchObject({
			identity: "ada",
			pollAfterMs: 0,
			windowMs: 0,
			dedupeMs: 9_000,
			realtime: "up",
		});
	});

	it("goes on where the last one ended", async () => {
		const rig = createRig();
		const start = await rig.log.head("a");
		const seen: unknown[] = [];
		let position = start;
		for (let n = 0; n < 5; n++) {
			await fill(rig, 3);
			const { frames } = await poll(rig, { channels: { a: ask(position) } });
			seen.push(...data(frames));
			for (const frame of frames)
				if (frame.type === "message") position = frame.position as Position;
		}
		expect(seen).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
	});

	it("brings about 1 MiB at most, in order, and the next one brings the rest", async () => {
		const rig = createRig();
		for (let n = 0; n < 50; n++)
			await rig.server.publish(n % 2 === 0 ? "a" : "b", `${n} ${"x".repeat(50_000)}`);
		const positions: Record<string, StartAt> = { a: "earliest", b: "earliest" };
		const seen: Record<string, number[]> = { a: [], b: [] };
		let polls = 0;
		while ((seen.a?.length ?? 0) + (seen.b?.length ?? 0) < 50) {
			polls += 1;
			const channels = Object.fromEntries(
				Object.entries(positions).map(([name, from]) => [name, ask(from)]),
			);
			const { frames } = await poll(rig, { channels });
			expect(JSON.stringify(frames).length).toBeLessThan(1_200_000);
			for (const frame of frames) {
				if (frame.type !== "message") continue;
				seen[frame.channel]?.push(Number.parseInt(frame.data as string, 10));
				positions[frame.channel] = frame.position;
			}
		}
		expect(polls).toBe(3);
		expect(seen.a).toEqual(Array.from({ length: 25 }, (_, n) => 2 * n));
		expect(seen.b).toEqual(Array.from({ length: 25 }, (_, n) => 2 * n + 1));
	});

	it("of a channel that may not be read has a rejection in its place, whether it exists or not", async () => {
		const rig = createRig({ canSubscribe: (_identity, channel) => channel === "open" });
		const head = await fill(rig, 1, "there");
		const { frames } = await poll(rig, {
			channels: { there: ask(head, 1), absent: ask(null, 2), open: ask(null, 3) },
		});
		expect(frames.slice(0, 2)).toEqual([
			{ type: "rejected", id: 1, code: "forbidden" },
			{ type: "rejected", id: 2, code: "forbidden" },
		]);
		expect(frames[2]).toMatchObject({ type: "subscribed", id: 3 });
	});

	it("of channels named __proto__ and constructor works", async () => {
		const rig = createRig();
		await fill(rig, 1, "__proto__");
		const body =
			'{"waitMs":0,"channels":{"__proto__":{"id":1,"from":"earliest"},"constructor":{"id":2,"from":null}}}';
		const response = await call(rig, "poll", { body });
		const { frames } = decodePollResponse(await response.text(), SERVER_TEXT);
		expect(types(frames)).toEqual(["subscribed", "message", "subscribed"]);
	});

	it("that only peeks brings heads, and takes nothing", async () => {
		const rig = createRig({ canSubscribe: (_identity, channel) => channel !== "closed" });
		const head = await fill(rig, 4);
		const { frames } = await poll(rig, {
			channels: { a: ask(at(head, 1)), closed: ask(null, 2) },
			peek: true,
		});
		expect(frames).toEqual([
			{ type: "rejected", id: 2, code: "forbidden" },
			{ type: "heads", heads: { a: head } },
		]);
		expect(rig.server.stats.get().replays).toBe(0);
	});

	it("says that realtime is down while the server is draining", async () => {
		const rig = createRig();
		await rig.connect();
		void rig.server.drain({ withinMs: 1_000 });
		expect(await poll(rig, {})).toMatchObject({ realtime: "down" });
	});

	it.each([
		["no JSON", "{"],
		["no channels", { waitMs: 0 }],
		["channels in a list", { channels: [], waitMs: 0 }],
		["a channel without an id", { channels: { a: { from: null } }, waitMs: 0 }],
		["no waitMs", { channels: {} }],
		["an offset below 0", { channels: { a: ask({ epoch: "e", offset: -1 }) }, waitMs: 0 }],
		[
			"more than 1,000 channels",
			{
				channels: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [n, ask(null)])),
				waitMs: 0,
			},
		],
	])("with %s is answered with 400", async (_name, body) => {
		const response = await call(createRig(), "poll", { body });
		expect(response.status).toBe(400);
		expect(await response.json()).toMatchObject({ code: "protocol-violation" });
	});
});

describe("A long poll", () => {
	it("waits until something comes, and is answered with it", async () => {
		const rig = createRig();
		const head = await fill(rig, 2);
		let answer: PollResponse | undefined;
		const done = poll(rig, {
			channels: { a: ask(head), b: ask(await rig.log.head("b")) },
			waitMs: 25_000,
		}).then((response) => {
			answer = response;
		});
		await rig.clock.advance(10_000);
		expect(answer).toBeUndefined();
		await rig.server.publish("b", "news");
		await rig.clock.settle();
		await done;
		expect(data(answer?.frames ?? [])).toEqual(["news"]);
		expect(types(answer?.frames ?? [])).toEqual(["subscribed", "subscribed", "message"]);
	});

	it("misses nothing that is stored while it begins to wait", async () => {
		const rig = createRig();
		const head = await fill(rig, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		const published = rig.server.publish("a", "at once");
		await rig.clock.settle();
		await rig.clock.advance(1);
		await published;
		expect(data((await done).frames)).toEqual(["at once"]);
	});

	it("is answered with nothing after waitMs, 30 s at most", async () => {
		const rig = createRig();
		const head = await fill(rig, 1);
		for (const [waitMs, after] of [
			[5_000, 5_000],
			[1e9, 30_000],
		] as const) {
			let isDone = false;
			const done = poll(rig, { channels: { a: ask(head) }, waitMs }).then((response) => {
				isDone = true;
				return response;
			});
			await rig.clock.settle();
			await rig.clock.advance(after - 1);
			expect(isDone).toBe(false);
			await rig.clock.advance(1);
			expect(types((await done).frames)).toEqual(["subscribed"]);
		}
	});

	it.each([
		["a position that is behind", (head: Position) => at(head, 1)],
		["no position yet", () => null],
		["a gap", (head: Position) => ({ epoch: "0", offset: head.offset })],
	])("does not wait with %s", async (_name, from) => {
		const rig = createRig();
		const head = await fill(rig, 2);
		await poll(rig, { channels: { a: ask(from(head)) }, waitMs: 25_000 });
		expect(rig.clock.pending).toEqual([]);
	});

	it("does not wait for a channel that is refused", async () => {
		const rig = createRig({ canSubscribe: () => false });
		const head = await fill(rig, 1);
		const { frames } = await poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		expect(types(frames)).toEqual(["rejected"]);
	});

	it("is not woken by what is ephemeral", async () => {
		const rig = createRig();
		const head = await fill(rig, 1);
		let isDone = false;
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 5_000 }).then(() => {
			isDone = true;
		});
		await rig.clock.settle();
		await rig.log.broadcast("a", { id: "t", from: null, data: 1, at: 0 });
		await rig.clock.advance(4_000);
		expect(isDone).toBe(false);
		await rig.clock.advance(1_000);
		await done;
	});

	it("asks for the permission again before it tells what came", async () => {
		let isAllowed = true;
		const rig = createRig({ canSubscribe: () => isAllowed });
		const head = await fill(rig, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		await rig.clock.advance(1_000);
		isAllowed = false;
		await rig.server.publish("a", "secret");
		await rig.clock.settle();
		expect(types((await done).frames)).toEqual(["rejected"]);
	});

	it("ends when its client goes, and leaves nothing behind", async () => {
		const rig = createRig();
		const head = await fill(rig, 1);
		const gone = new AbortController();
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 }, { signal: gone.signal });
		await rig.clock.advance(1_000);
		gone.abort();
		await done;
		expect(rig.clock.pending).toEqual([]);
	});

	it("ends with the server", async () => {
		const rig = createRig();
		const head = await fill(rig, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		await rig.clock.advance(1_000);
		await rig.server[ASYNC_DISPOSE]();
		await done;
		expect(rig.clock.pending).toEqual([]);
	});
});

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
		const head = await fill(rig, 9);
		expect(data((await history(rig, "channel=a&limit=3")).messages)).toEqual([7, 8, 9]);
		const query = `channel=a&limit=2&epoch=${head.epoch}&offset=4`;
		expect(data((await history(rig, query)).messages)).toEqual([2, 3]);
		expect((await history(rig, "channel=never")).messages).toEqual([]);
	});

	it("has 100 messages unless asked for more, and 1,000 at most", async () => {
		const rig = createRig();
		await fill(rig, 1_100);
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

describe("Who asks", () => {
	it("is told by the token in Authorization, and by nothing else", async () => {
		const tokens: unknown[] = [];
		const rig = createRig({
			authorize: ({ token, context }) => {
				tokens.push([token, context]);
				return { id: "ada" };
			},
		});
		await call(rig, "history?channel=a&token=url", { token: "t1" });
		await call(rig, "history?channel=a", { token: null });
		await call(rig, "history?channel=a", { token: null, headers: { authorization: "Basic eDp5" } });
		await call(rig, "history?channel=a", { token: null, headers: { authorization: "bearer  t2" } });
		expect(tokens).toEqual([
			["t1", "context"],
			[null, "context"],
			[null, "context"],
			["t2", "context"],
		]);
	});

	it("and is nobody: 401", async () => {
		const response = await call(createRig(), "poll", { body: asked(), token: null });
		expect(response.status).toBe(401);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
		expect(await response.json()).toMatchObject({ code: "unauthorized" });
	});

	it("and is another than the client takes himself for: 403", async () => {
		const rig = createRig();
		const body = asked({ as: "bob" });
		expect((await call(rig, "poll", { body })).status).toBe(403);
		const sent = {
			client: "c",
			link: 1,
			as: "bob",
			publishes: [{ id: "1", channel: "a", data: 1 }],
		};
		expect((await call(rig, "publish", { body: sent })).status).toBe(403);
		expect((await rig.log.head("a")).offset).toBe(0);
		expect((await call(rig, "poll", { body: asked({ as: "ada" }) })).status).toBe(200);
	});

	it("is asked for before anything of the body is read", async () => {
		let wasRead = false;
		const body = new ReadableStream(
			{
				pull: () => {
					wasRead = true;
				},
			},
			{ highWaterMark: 0 },
		);
		const request = new Request(`${BASE}/publish`, {
			method: "POST",
			body,
			duplex: "half",
		} as RequestInit);
		const response = await createRig().server.handle(request, "context");
		expect(response.status).toBe(401);
		expect(wasRead).toBe(false);
	});

	it("cannot be told now: 503, with Retry-After, and nothing of why", async () => {
		const rig = createRig({
			authorize: () => {
				throw new Error(CANARY_TOKEN);
			},
		});
		const response = await call(rig, "poll", { body: asked(), token: CANARY_TOKEN });
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.text()).not.toContain(CANARY_TOKEN);
	});
});

describe("What goes wrong", () => {
	it("in the log is answered with 503, and nothing of why", async () => {
		const rig = createRig();
		await rig.log[ASYNC_DISPOSE]();
		const body = asked({ channels: { a: ask(null) } });
		for (const waitMs of [0, 5_000]) {
			const response = await call(rig, "poll", { body: { ...body, waitMs } });
			expect(response.status).toBe(503);
			expect(await response.json()).toEqual({ code: "internal", message: "Try again later." });
		}
		expect((await call(rig, "history?channel=a")).status).toBe(503);
	});

	it("with the path is answered with 404, with the method with 405", async () => {
		const rig = createRig();
		for (const path of ["", "polls", "poll/x", "xpoll"])
			expect((await call(rig, path)).status).toBe(404);
		for (const [path, method, allow] of [
			["poll", "GET", "POST"],
			["publish", "PUT", "POST"],
			["history", "DELETE", "GET"],
			["health", "PATCH", "GET"],
		] as const) {
			const response = await call(rig, path, { method });
			expect(response.status).toBe(405);
			expect(response.headers.get("allow")).toBe(allow);
		}
	});

	it("with the body is told by its status", async () => {
		const rig = createRig({ maxFrameBytes: 1_024 });
		expect((await call(rig, "poll", { body: "x".repeat(1_025) })).status).toBe(413);
		expect((await call(rig, "poll", { method: "POST" })).status).toBe(400);
		const request = (body: BodyInit): Request =>
			new Request(`${BASE}/poll`, { method: "POST", body, headers: { authorization: "Bearer t" } });
		const broken = request(new Uint8Array([0x22, 0xff, 0x22]));
		expect((await rig.server.handle(broken, "")).status).toBe(400);
		// No Content-Length to go by.
		const endless = new ReadableStream({
			pull: (controller) => controller.enqueue(new Uint8Array(600)),
		});
		const streamed = new Request(`${BASE}/poll`, {
			method: "POST",
			body: endless,
			headers: { authorization: "Bearer t" },
			duplex: "half",
		} as RequestInit);
		expect((await rig.server.handle(streamed, "")).status).toBe(413);
	});
});

describe("GET health", () => {
	it("needs no token, and says how things are", async () => {
		const rig = createRig({ acceptRate: 10 });
		await rig.connect();
		const response = await call(rig, "health", { token: null });
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ status: "ok", realtime: "up", windowMs: 2_000 });
	});

	it("is 503 while the server is leaving, and after", async () => {
		const rig = createRig();
		await rig.connect();
		void rig.server.drain({ withinMs: 1_000 });
		const response = await call(rig, "health");
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.json()).toMatchObject({ status: "draining", realtime: "down" });
	});
});

describe("Pages of other origins", () => {
	const ALLOWED = "https://app.example";
	const listed = (): Rig => createRig({ allowedOrigins: [ALLOWED, "http://localhost:3000"] });

	it("that are allowed may read every answer", async () => {
		const rig = listed();
		for (const [path, init] of [
			["poll", { body: asked() }],
			["history?channel=a", {}],
			["health", {}],
			["poll", { body: "{" }],
			["poll", { body: asked(), token: null }],
			["nowhere", {}],
		] as const) {
			const { headers } = await call(rig, path, { ...init, origin: ALLOWED });
			expect(headers.get("access-control-allow-origin")).toBe(ALLOWED);
			expect(headers.get("access-control-expose-headers")).toBe("Retry-After");
			expect(headers.get("access-control-allow-credentials")).toBeNull();
		}
	});

	it.each([
		"null",
		"https://evil-app.example",
		"https://app.example.evil",
		"https://app.example.evil:443",
		"https://user@app.example",
		"https://app.example:8443",
		"https://app.example:443",
		"HTTPS://APP.EXAMPLE",
		"http://app.example",
		"https://app.example, https://app.example",
		"https://app.example/",
		"",
		" ",
	])("such as %s are refused, and nothing is done for them", async (origin) => {
		const rig = listed();
		const body = { client: "c", link: 1, publishes: [{ id: "1", channel: "a", data: 1 }] };
		// Headers.set trims what a raw request would carry.
		const response = await call(rig, "publish", { body, origin });
		expect(response.status).toBe(403);
		expect(response.headers.get("access-control-allow-origin")).toBeNull();
		expect((await rig.log.head("a")).offset).toBe(0);
		const preflight = await call(rig, "publish", { method: "OPTIONS", origin, token: null });
		expect(preflight.status).toBe(403);
	});

	it("ask first, and are told what they may", async () => {
		const response = await call(listed(), "poll", {
			method: "OPTIONS",
			origin: ALLOWED,
			token: null,
		});
		expect(response.status).toBe(204);
		expect(response.headers.get("access-control-allow-origin")).toBe(ALLOWED);
		expect(response.headers.get("access-control-allow-methods")).toBe("GET, POST");
		expect(response.headers.get("access-control-allow-headers")).toBe(
			"Authorization, Content-Type",
		);
	});

	it("and caches are told that the answer is this page's alone, and not to be kept", async () => {
		const rig = listed();
		for (const origin of [ALLOWED, "https://evil.example"]) {
			const { headers } = await call(rig, "health", { origin });
			expect(headers.get("vary")).toBe("Origin");
			expect(headers.get("cache-control")).toBe("no-store");
		}
	});

	it("are refused unless the option says otherwise; the server's own origin is not another", async () => {
		const rig = createRig();
		const status = async (origin: string): Promise<number> =>
			(await call(rig, "health", { origin })).status;
		expect(await status("https://app.test")).toBe(200);
		expect(await status("https://app.test:8443")).toBe(403);
		expect(await status("http://app.test")).toBe(403);
		expect(await status("https://test")).toBe(403);
		expect(await status("null")).toBe(403);
	});

	it("are all welcome where the option says any", async () => {
		const rig = createRig({ allowedOrigins: "any" });
		for (const origin of ["https://anything.example", "null"]) {
			const response = await call(rig, "health", { origin });
			expect(response.status).toBe(200);
			expect(response.headers.get("access-control-allow-origin")).toBe(origin);
		}
	});

	it("do not count where there is no browser", async () => {
		expect((await call(listed(), "health")).status).toBe(200);
	});
});
