/* What becomes of a log that was started anew: of log-acceptance.ts. */
import { expect } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { FollowedMessage } from "../../src/server/contract.js";
import { fence, message, offsets, type Rules } from "./log-trial.js";

export const RESTARTS: Rules = {
	"is of a later epoch, each time, however soon": async (t) => {
		const epochs = [(await t.fill("a", 1)).epoch];
		for (let n = 0; n < 5; n++) {
			await t.restart(0);
			epochs.push((await t.log.head("a")).epoch);
		}
		expect([...epochs].sort()).toEqual(epochs);
		expect(new Set(epochs).size).toBe(6);
	},

	"that lost nothing replays what follows a position, and proves nothing": async (t) => {
		const { epoch } = await t.fill("a", 5);
		await t.restart(0);
		const page = await t.log.read("a", { epoch, offset: 3 }, 10);
		expect(offsets(page.messages)).toEqual([4, 5]);
		expect(page.complete).toBe(false);
		expect(await t.append("a", message())).toMatchObject({ offset: 6 });
	},

	"that lost a tail replays from where the new epoch began": async (t) => {
		const { epoch } = await t.fill("a", 10);
		await t.restart(4);
		const head = await t.log.head("a");
		expect(head.offset).toBe(6);
		await t.fill("a", 3);
		const page = await t.log.read("a", { epoch, offset: 10 }, 10);
		expect(offsets(page.messages)).toEqual([7, 8, 9]);
		expect(page.complete).toBe(false);
		expect(page.messages.every(({ position }) => position.epoch === head.epoch)).toBe(true);
	},

	"replays from the lowest of where each epoch since began": async (t) => {
		const { epoch } = await t.fill("a", 10);
		await t.restart(6);
		await t.fill("a", 20);
		await t.restart(2);
		await t.fill("a", 1);
		const { messages } = await t.log.read("a", { epoch, offset: 9 }, 100);
		expect(offsets(messages).slice(0, 2)).toEqual([5, 6]);
	},

	"that lost everything counts from 1, and replays all of it": async (t) => {
		const { epoch } = await t.fill("a", 10);
		await t.restart("all");
		expect(await t.log.head("a")).toMatchObject({ offset: 0 });
		await t.fill("a", 2);
		const page = await t.log.read("a", { epoch, offset: 10 }, 10);
		expect(offsets(page.messages)).toEqual([1, 2]);
		expect(page.complete).toBe(false);
	},

	"remembers no id and no place of what it lost": async (t) => {
		await t.fill("a", 1);
		const lost = message("lost");
		await t.append("a", lost, fence({ link: 3 }));
		await t.restart(1);
		expect(await t.log.append("a", lost, fence({ link: 3 }))).toMatchObject({
			duplicate: false,
			position: { offset: 2 },
		});
	},

	"remembers the ids of what it kept, at their places in the new epoch": async (t) => {
		const given = message();
		const before = await t.append("a", given);
		await t.restart(0);
		const again = await t.log.append("a", given);
		expect(again).toMatchObject({ duplicate: true, position: { offset: before.offset } });
		const { epoch } = await t.log.head("a");
		expect(again).toMatchObject({ position: { epoch } });
	},

	"refuses what was meant for the epoch before": async (t) => {
		const { epoch } = await t.append("a", message(), fence());
		await t.restart(0);
		expect(await t.log.append("a", message(), fence({ epoch }))).toEqual({ status: "fenced" });
		await t.append("a", message(), fence());
	},

	"goes on telling those who follow": async (t) => {
		const heard: FollowedMessage[] = [];
		const follow = await t.log.follow("a", (each) => heard.push(each));
		await t.fill("a", 1);
		await t.restart("all");
		const position = await t.append("a", message());
		await t.settle();
		expect(heard.at(-1)?.position).toEqual(position);
		await follow[ASYNC_DISPOSE]();
	},
};
