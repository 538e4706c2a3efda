/* What a log stores, and gives back: of log-acceptance.ts. */
import { expect } from "vitest";
import { EARLIEST, message, offsets, type Rules } from "./log-trial.js";

export const NUMBERS: Rules = {
	"the messages of a channel consecutively, from 1, in one epoch": async (t) => {
		const last = await t.fill("a", 3);
		expect(last.offset).toBe(3);
		const { messages, complete } = await t.log.read("a", EARLIEST(last.epoch), 10);
		expect(messages.map(({ position }) => position)).toEqual(
			[1, 2, 3].map((offset) => ({ epoch: last.epoch, offset })),
		);
		expect(complete).toBe(true);
	},

	"each channel by itself": async (t) => {
		await t.fill("a", 3);
		expect((await t.fill("b", 1)).offset).toBe(1);
	},

	"a channel that was never written from a head of 0, and keeps to that epoch": async (t) => {
		const head = await t.log.head("new");
		expect(head.offset).toBe(0);
		expect(await t.append("new", message())).toEqual({ epoch: head.epoch, offset: 1 });
	},

	"without holes when many append at once": async (t) => {
		const logs = [t.log, t.peer];
		const appended = await Promise.all(
			Array.from({ length: 90 }, (_, n) => logs[n % 2]?.append("a", message(n))),
		);
		const given = appended.map((each) => (each?.status === "stored" ? each.position.offset : 0));
		expect([...given].sort((a, b) => a - b)).toEqual(Array.from({ length: 90 }, (_, n) => n + 1));
	},

	"channels of any name apart": async (t) => {
		const names = ["__proto__", "constructor", "a b", "a\u0000b", "ä", "*", "a:b", "{a}", ""];
		for (const [n, channel] of names.entries()) await t.fill(channel, n + 1);
		for (const [n, channel] of names.entries())
			expect((await t.log.head(channel)).offset).toBe(n + 1);
	},
};

export const READS: Rules = {
	"what was stored, field for field": async (t) => {
		const data = { text: "grüße \u0000 \ud83d\ude00", list: [1, null, true, { "": [] }] };
		const given = message(data, { from: null });
		const position = await t.append("a", given);
		const { messages } = await t.readAll("a", position.epoch);
		expect(messages).toEqual([{ ...given, channel: "a", position }]);
	},

	"a key named __proto__ as a key": async (t) => {
		const data = JSON.parse('{"__proto__":{"polluted":true}}');
		const { epoch } = await t.append("a", message(data));
		const { messages } = await t.readAll("a", epoch);
		expect(JSON.stringify(messages[0]?.data)).toBe('{"__proto__":{"polluted":true}}');
	},

	"a page after a position, no longer than asked for": async (t) => {
		const { epoch } = await t.fill("a", 10);
		const page = await t.log.read("a", { epoch, offset: 4 }, 3);
		expect(offsets(page.messages)).toEqual([5, 6, 7]);
		expect(page.complete).toBe(true);
	},

	"nothing after the head, and that completely": async (t) => {
		const head = await t.fill("a", 2);
		expect(await t.log.read("a", head, 10)).toEqual({ messages: [], complete: true });
	},

	"nothing above the head, and says that it is not complete": async (t) => {
		const { epoch } = await t.fill("a", 2);
		expect(await t.log.read("a", { epoch, offset: 3 }, 10)).toEqual({
			messages: [],
			complete: false,
		});
	},

	"what lies before a position, or before the end, oldest first": async (t) => {
		const { epoch } = await t.fill("a", 6);
		expect(offsets(await t.log.before("a", null, 2))).toEqual([5, 6]);
		expect(offsets(await t.log.before("a", { epoch, offset: 3 }, 10))).toEqual([1, 2]);
		expect(offsets(await t.log.before("a", { epoch, offset: 99 }, 1))).toEqual([6]);
		expect(await t.log.before("a", { epoch, offset: 1 }, 10)).toEqual([]);
		expect(await t.log.before("new", null, 10)).toEqual([]);
	},
};

export const TRIMS: Rules = {
	"by count, and never the head": async (t) => {
		const { messages: most } = t.retain;
		const head = await t.fill("a", most + 5);
		expect(head.offset).toBe(most + 5);
		const { epoch } = head;
		const page = await t.log.read("a", EARLIEST(epoch), 1_000);
		expect(page.complete).toBe(false);
		// Some logs trim a little later than they may.
		expect(page.messages.length).toBeGreaterThanOrEqual(most);
		expect(offsets(page.messages).at(-1)).toBe(most + 5);
		const [first] = offsets(page.messages) as number[];
		const justBefore = { epoch, offset: (first as number) - 1 };
		expect((await t.log.read("a", justBefore, 1_000)).complete).toBe(true);
		expect((await t.log.read("a", { epoch, offset: (first as number) - 2 }, 1_000)).complete).toBe(
			false,
		);
	},

	"by age, down to nothing, and goes on counting": async (t) => {
		const head = await t.fill("a", 3);
		await t.advance(t.retain.ms + 1);
		expect(await t.log.head("a")).toEqual(head);
		expect(await t.log.before("a", null, 10)).toEqual([]);
		expect(await t.log.read("a", head, 10)).toEqual({ messages: [], complete: true });
		expect(await t.append("a", message())).toEqual({ ...head, offset: 4 });
	},
};

export const FOREIGN: Rules = {
	"takes a position of an epoch that it never had for no proof of anything": async (t) => {
		await t.fill("a", 3);
		for (const epoch of ["", "0", "~~~"]) {
			const page = await t.log.read("a", { epoch, offset: 2 }, 10);
			expect(page.complete).toBe(false);
			expect(offsets(page.messages)).toEqual([1, 2, 3]);
		}
	},
};
