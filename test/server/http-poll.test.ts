import { describe, expect, it } from "vitest";
import { decodePollResponse } from "../../src/protocol/decode-server.js";
import type { PollResponse, ServerFrame } from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import type { Position, StartAt } from "../../src/protocol/position.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { memoryLog } from "../../src/server/memory-log.js";
import { ask, asked, call, data, poll, types } from "./http-rig.js";
import { wrap } from "./log-rig.js";
import { at, createRig, defer, fill } from "./rig.js";

describe("A poll", () => {
	it("carries what a link would have carried, channel by channel", async () => {
		const rig = createRig({ retain: { messages: 5, ms: 9_000 } });
		const head = await fill(rig, 1, 8);
		await fill(rig, 1, 2, "b");
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
			await fill(rig, 1, 3);
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
		const take = (frame: ServerFrame): void => {
			if (frame.type !== "message") return;
			seen[frame.channel]?.push(Number.parseInt(frame.data as string, 10));
			positions[frame.channel] = frame.position;
		};
		let polls = 0;
		while (Object.values(seen).flat().length < 50) {
			polls += 1;
			const asks = Object.entries(positions).map(([name, from]) => [name, ask(from)]);
			const { frames } = await poll(rig, { channels: Object.fromEntries(asks) });
			expect(JSON.stringify(frames).length).toBeLessThan(1_200_000);
			frames.forEach(take);
		}
		expect(polls).toBe(3);
		expect(seen.a).toEqual(Array.from({ length: 25 }, (_, n) => 2 * n));
		expect(seen.b).toEqual(Array.from({ length: 25 }, (_, n) => 2 * n + 1));
	});

	it("of a channel that may not be read has a rejection in its place, whether it exists or not", async () => {
		const rig = createRig({ canSubscribe: (_identity, channel) => channel === "open" });
		const head = await fill(rig, 1, 1, "there");
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
		await fill(rig, 1, 1, "__proto__");
		const body =
			'{"waitMs":0,"channels":{"__proto__":{"id":1,"from":"earliest"},"constructor":{"id":2,"from":null}}}';
		const response = await call(rig, "poll", { body });
		const { frames } = decodePollResponse(await response.text(), SERVER_TEXT);
		expect(types(frames)).toEqual(["subscribed", "message", "subscribed"]);
	});

	it("that only peeks brings heads, and takes nothing", async () => {
		const rig = createRig({ canSubscribe: (_identity, channel) => channel !== "closed" });
		const head = await fill(rig, 1, 4);
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
		const head = await fill(rig, 1, 2);
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
		const head = await fill(rig, 1, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		const published = rig.server.publish("a", "at once");
		await rig.clock.settle();
		await rig.clock.advance(1);
		await published;
		expect(data((await done).frames)).toEqual(["at once"]);
	});

	it("is answered with nothing after waitMs, 30 s at most", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 1);
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
		const head = await fill(rig, 1, 2);
		await poll(rig, { channels: { a: ask(from(head)) }, waitMs: 25_000 });
		expect(rig.clock.pending).toEqual([]);
	});

	it("does not wait for a channel that is refused", async () => {
		const rig = createRig({ canSubscribe: () => false });
		const head = await fill(rig, 1, 1);
		const { frames } = await poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		expect(types(frames)).toEqual(["rejected"]);
	});

	it("is not woken by what is ephemeral", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 1);
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
		const head = await fill(rig, 1, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		await rig.clock.advance(1_000);
		isAllowed = false;
		await rig.server.publish("a", "secret");
		await rig.clock.settle();
		expect(types((await done).frames)).toEqual(["rejected"]);
	});

	it("ends when its client goes, and leaves nothing behind", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 1);
		const gone = new AbortController();
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 }, { signal: gone.signal });
		await rig.clock.advance(1_000);
		gone.abort();
		await done;
		expect(rig.clock.pending).toEqual([]);
	});

	it("ends with the server", async () => {
		const rig = createRig();
		const head = await fill(rig, 1, 1);
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		await rig.clock.advance(1_000);
		await rig.server[ASYNC_DISPOSE]();
		await done;
		expect(rig.clock.pending).toEqual([]);
	});

	it("follows before it reads, and leaves when it is over", async () => {
		const own = memoryLog();
		const followed = defer<void>();
		let follows = 0;
		const log = wrap(own, {
			follow: async (channel, listener) => {
				await followed.promise;
				follows += 1;
				const follow = await own.follow(channel, listener);
				return {
					[ASYNC_DISPOSE]: async () => {
						follows -= 1;
						await follow[ASYNC_DISPOSE]();
					},
				};
			},
		});
		const rig = createRig({ log });
		const head = await own.head("a");
		const done = poll(rig, { channels: { a: ask(head) }, waitMs: 25_000 });
		await rig.clock.advance(1_000);
		await rig.server.publish("a", "meanwhile");
		followed.resolve();
		await rig.clock.settle();
		await rig.clock.advance(1);
		expect(data((await done).frames)).toEqual(["meanwhile"]);
		await rig.clock.settle();
		expect(follows).toBe(0);
	});

	it("of a log that cannot be followed is answered with 503", async () => {
		const own = memoryLog();
		const log = wrap(own, { follow: () => Promise.reject(new Error("down")) });
		const rig = createRig({ log });
		const body = asked({ channels: { a: ask(await own.head("a")) }, waitMs: 5_000 });
		expect((await call(rig, "poll", { body })).status).toBe(503);
	});
});
