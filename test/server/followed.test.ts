import { describe, expect, it } from "vitest";
import type { FollowedMessage } from "../../src/server/contract.js";
import { type MemoryLog, memoryLog } from "../../src/server/memory-log.js";
import { Followed } from "../../src/server/shared/followed.js";
import { message } from "../support/log-trial.js";

interface Heard {
	readonly log: MemoryLog;
	readonly followed: Followed;
	readonly heard: FollowedMessage[];
	/** What the log tells comes through, as a connection's feed does. */
	readonly subscribe: () => Promise<void>;
	fill(count: number): Promise<void>;
}

function follow(listener?: (message: FollowedMessage) => void): Heard {
	const log = memoryLog();
	const heard: FollowedMessage[] = [];
	const followed = new Followed("a", listener ?? ((each) => heard.push(each)), log);
	const subscribe = async (): Promise<void> => {
		await log.follow("a", (each) => followed.hear(each));
	};
	const fill = async (count: number): Promise<void> => {
		for (let n = 0; n < count; n++) await log.append("a", message(n));
	};
	return { log, followed, heard, subscribe, fill };
}

const offsets = ({ heard }: Heard): readonly (number | null)[] =>
	heard.map(({ position }) => position?.offset ?? null);
const from = (first: number, last: number): readonly number[] =>
	Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("a channel that is followed over a connection that breaks", () => {
	it("begins with what is stored after the head that it found", async () => {
		const t = follow();
		await t.fill(3);
		await t.followed.join(t.subscribe);
		await t.fill(2);
		expect(offsets(t)).toEqual([4, 5]);
	});

	it("is told what was stored while it was away before what comes now, and nothing twice", async () => {
		const t = follow();
		await t.followed.join(async () => undefined);
		await t.fill(600);
		await t.followed.join(async () => {
			await t.subscribe();
			await t.fill(10);
			await t.log.broadcast("a", message("typing"));
		});
		await t.fill(1);
		expect(offsets(t)).toEqual([...from(1, 610), null, 611]);
	});

	it("lets go of what waits where too much does, and reads it from the log", async () => {
		const t = follow();
		await t.followed.join(async () => undefined);
		await t.followed.join(async () => {
			await t.subscribe();
			await t.fill(9_000);
		});
		await t.fill(1);
		expect(offsets(t)).toEqual(from(1, 9_001));
	});

	it("goes on in a new epoch where the old one ended", async () => {
		const t = follow();
		await t.followed.join(async () => undefined);
		await t.fill(5);
		await t.followed.join(t.subscribe);
		t.log.restart({ keep: { lostTail: 2 } });
		await t.followed.join(async () => undefined);
		await t.fill(2);
		expect(offsets(t)).toEqual([1, 2, 3, 4, 5, 4, 5]);
	});

	it("tells nothing more once it has ended, and outlives a listener that throws", async () => {
		let calls = 0;
		const t = follow(() => {
			calls += 1;
			throw new Error("listener");
		});
		await t.followed.join(t.subscribe);
		await t.fill(2);
		expect(calls).toBe(2);
		t.followed.end();
		await t.fill(1);
		expect(calls).toBe(2);
	});
});
