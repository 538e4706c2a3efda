/* What a log knows again, what it refuses, and whom it tells: of log-acceptance.ts. */
import { expect } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { FollowedMessage } from "../../src/server/contract.js";
import { EARLIEST, fence, message, type Rules } from "./log-trial.js";

export const IDS: Rules = {
	"and answers with the position that it has": async (t) => {
		const given = message("first");
		const position = await t.append("a", given);
		expect(await t.log.append("a", { ...given, data: "second" })).toEqual({
			status: "stored",
			position,
			duplicate: true,
		});
		expect((await t.readAll("a", position.epoch)).messages).toHaveLength(1);
	},

	"of this publisher alone, in this channel alone": async (t) => {
		const given = message();
		const others = [
			["a", "ada"],
			["a", "bob"],
			["a", null],
			["b", "ada"],
		] as const;
		for (const [channel, from] of others)
			expect(await t.log.append(channel, { ...given, from })).toMatchObject({ duplicate: false });
		for (const [channel, from] of others)
			expect(await t.log.append(channel, { ...given, from })).toMatchObject({ duplicate: true });
	},

	"however a publisher's name and an id are put together": async (t) => {
		const pairs = [
			["ab", "c"],
			["a", "bc"],
			["", "abc"],
			[null, "abc"],
			["a\n", "bc"],
			["1:a", "bc"],
			[null, "1:abc"],
		] as const;
		for (const [from, id] of pairs)
			expect(await t.log.append("a", message(0, { from, id }))).toMatchObject({
				duplicate: false,
			});
	},

	"when a hundred come at once: one is stored": async (t) => {
		const given = message();
		const logs = [t.log, t.peer];
		const appended = await Promise.all(
			Array.from({ length: 100 }, (_, n) => logs[n % 2]?.append("a", given)),
		);
		const stored = appended.filter((each) => each?.status === "stored" && !each.duplicate);
		expect(stored).toHaveLength(1);
		expect((await t.log.head("a")).offset).toBe(1);
	},

	"after the message has been trimmed, a minute longer than it retains": async (t) => {
		const given = message();
		const position = await t.append("a", given);
		await t.fill("a", t.retain.messages + 1);
		expect(await t.log.append("a", given)).toMatchObject({ duplicate: true, position });
		await t.advance(t.retain.ms + 59_000);
		expect(await t.log.append("a", given)).toMatchObject({ duplicate: true });
	},

	"when only asked": async (t) => {
		const given = message();
		expect(await t.log.lookup?.("a", given.from, given.id)).toBeNull();
		const position = await t.append("a", given);
		expect(await t.log.lookup?.("a", given.from, given.id)).toEqual(position);
		expect(await t.log.lookup?.("a", "bob", given.id)).toBeNull();
		expect((await t.log.head("a")).offset).toBe(1);
	},
};

export const FENCES: Rules = {
	"an older link of a client, once a newer one has appended": async (t) => {
		await t.append("a", message(), fence({ link: 1 }));
		await t.append("a", message(), fence({ link: 2 }));
		expect(await t.log.append("a", message(), fence({ link: 1 }))).toEqual({ status: "fenced" });
		await t.append("a", message(), fence({ link: 2 }));
		expect((await t.log.head("a")).offset).toBe(3);
	},

	"not another client, channel or publisher": async (t) => {
		await t.append("a", message(), fence({ link: 9 }));
		await t.append("a", message(), fence({ link: 1, client: "other" }));
		await t.append("b", message(), fence({ link: 1 }));
		await t.append("a", message(0, { from: "bob" }), fence({ link: 1 }));
		await t.append("a", message());
	},

	"what was meant for another epoch": async (t) => {
		const { epoch } = await t.append("a", message(), fence());
		await t.append("a", message(), fence({ epoch }));
		for (const other of ["", "0", `${epoch}0`, "~"])
			expect(await t.log.append("a", message(), fence({ epoch: other }))).toEqual({
				status: "fenced",
			});
		expect((await t.log.head("a")).offset).toBe(2);
	},

	"nothing that it has stored already: the id comes first": async (t) => {
		const given = message();
		const position = await t.append("a", given, fence({ link: 1 }));
		await t.append("a", message(), fence({ link: 2 }));
		for (const by of [fence({ link: 1 }), fence({ epoch: "" })])
			expect(await t.log.append("a", given, by)).toEqual({
				status: "stored",
				position,
				duplicate: true,
			});
	},

	"and a refused append leaves no trace": async (t) => {
		await t.append("a", message(), fence({ link: 2 }));
		const refused = message();
		await t.log.append("a", refused, fence({ link: 1 }));
		await t.log.append("a", message(), fence({ link: 7, epoch: "" }));
		expect(await t.log.append("a", refused, fence({ link: 2 }))).toMatchObject({
			duplicate: false,
		});
	},

	"as long as it remembers ids": async (t) => {
		await t.append("a", message(), fence({ link: 2 }));
		await t.advance(t.retain.ms + 59_000);
		expect(await t.log.append("a", message(), fence({ link: 1 }))).toEqual({ status: "fenced" });
	},
};

export const FOLLOWERS: Rules = {
	"every message stored or broadcast from then on, in order, whoever appended it": async (t) => {
		const heard: FollowedMessage[] = [];
		await t.fill("a", 2);
		const follow = await t.peer.follow("a", (each) => heard.push(each));
		await t.fill("a", 2);
		await t.log.broadcast("a", message("typing"));
		await t.fill("b", 1);
		await t.fill("a", 1);
		await t.settle();
		expect(heard.map(({ position }) => position?.offset ?? null)).toEqual([3, 4, null, 5]);
		expect(heard[2]).toMatchObject({ channel: "a", data: "typing" });
		await follow[ASYNC_DISPOSE]();
		await t.fill("a", 1);
		await t.settle();
		expect(heard).toHaveLength(4);
	},

	"of a repeated or refused append nothing": async (t) => {
		const heard: FollowedMessage[] = [];
		const given = message();
		await t.append("a", given, fence({ link: 2 }));
		const follow = await t.log.follow("a", (each) => heard.push(each));
		await t.log.append("a", given, fence({ link: 2 }));
		await t.log.append("a", message(), fence({ link: 1 }));
		await t.settle();
		expect(heard).toEqual([]);
		await follow[ASYNC_DISPOSE]();
	},

	"each follower once, and one that throws harms nobody": async (t) => {
		const heard: number[] = [];
		const follows = await Promise.all([
			t.log.follow("a", () => {
				throw new Error("listener");
			}),
			t.log.follow("a", () => heard.push(1)),
			t.log.follow("a", () => heard.push(2)),
		]);
		await t.append("a", message());
		await t.settle();
		expect(heard).toEqual([1, 2]);
		for (const follow of follows) await follow[ASYNC_DISPOSE]();
	},

	"so that following first and reading then leaves no hole, while others append": async (t) => {
		const heard = new Set<number>();
		let isDone = false;
		const flood = (async () => {
			for (let n = 0; n < 60; n++) await t.append("a", message(n));
			isDone = true;
		})();
		await t.append("a", message());
		const follow = await t.peer.follow("a", ({ position }) => {
			if (position !== null) heard.add(position.offset);
		});
		const { epoch } = await t.peer.head("a");
		for (const { position } of (await t.peer.read("a", EARLIEST(epoch), 1_000)).messages)
			heard.add(position.offset);
		await flood;
		await t.settle();
		expect(isDone).toBe(true);
		expect([...heard].sort((a, b) => a - b)).toEqual(Array.from({ length: 61 }, (_, n) => n + 1));
		await follow[ASYNC_DISPOSE]();
	},
};
