import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { FollowedMessage } from "../../src/server/contract.js";
import { type MemoryLog, memoryLog, type Restart } from "../../src/server/memory-log.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";
import { acceptLog } from "../support/log-acceptance.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const RETAIN = { messages: 100, ms: 600_000 };

function create(retain = RETAIN): { readonly log: MemoryLog; readonly clock: VirtualClock } {
	const clock = createVirtualClock();
	return { log: memoryLog({ retain, runtime: { clock, random: seededRandom(1) } }), clock };
}

acceptLog("memoryLog", async () => {
	const { log, clock } = create();
	return {
		log,
		peer: log,
		retain: RETAIN,
		restart: async (lost) => log.restart({ keep: lost === "all" ? "none" : { lostTail: lost } }),
		advance: (ms) => clock.advance(ms),
		settle: () => clock.settle(),
	};
});

describe("memoryLog", () => {
	const say = (log: MemoryLog, id: string, channel = "a"): ReturnType<MemoryLog["append"]> =>
		log.append(channel, { id, from: null, data: id, at: 0 });

	it.each([
		{ messages: 0, ms: 1 },
		{ messages: 1, ms: 0 },
		{ messages: Number.NaN, ms: 1 },
		{ messages: 1, ms: -1 },
	])("refuses to retain %o", (retain) => {
		expect(() => memoryLog({ retain })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});

	it("says what it retains, 10,000 messages and 10 min unless told otherwise", () => {
		expect(memoryLog().retain).toEqual({ messages: 10_000, ms: 600_000 });
		expect(create().log.retain).toEqual(RETAIN);
	});

	it("rejects everything once it is disposed of", async () => {
		const { log } = create();
		await log[ASYNC_DISPOSE]();
		for (const call of [say(log, "x"), log.head("a"), log.follow("a", () => undefined)])
			await expect(call).rejects.toMatchObject({ code: "closed" });
	});

	it("forgets ids and fences in the end: memory is bounded", async () => {
		const { log, clock } = create();
		await say(log, "x");
		await clock.advance(2 * (RETAIN.ms + 60_000) + 1);
		expect(await say(log, "x")).toMatchObject({ duplicate: false });
	});

	it("shows a message to all followers before one that a follower appends on hearing it", async () => {
		const { log } = create();
		const heard: string[] = [];
		await log.follow("a", ({ id }) => {
			if (id === "1") void say(log, "2");
		});
		await log.follow("a", ({ id }) => heard.push(id));
		await say(log, "1");
		expect(heard).toEqual(["1", "2"]);
	});

	it("is left by a follower who joined before everything was lost", async () => {
		const { log } = create();
		const heard: FollowedMessage[] = [];
		const follow = await log.follow("a", (message) => heard.push(message));
		log.restart({ keep: "none" });
		await follow[ASYNC_DISPOSE]();
		await say(log, "x");
		expect(heard).toEqual([]);
	});

	it("forgets the fences that lost appends had raised, as a replica that never heard of them", async () => {
		const { log } = create();
		const by = (link: number): Parameters<MemoryLog["append"]>[2] => ({
			client: "c",
			link,
			epoch: null,
		});
		const say = (id: string, link: number): ReturnType<MemoryLog["append"]> =>
			log.append("a", { id, from: "ada", data: id, at: 0 }, by(link));
		await say("1", 1);
		await say("2", 3);
		log.restart({ keep: { lostTail: 1 } });
		expect(await say("3", 2)).toMatchObject({ status: "stored", position: { offset: 2 } });
	});

	it("gives later epochs although the wall clock goes back", async () => {
		const { log, clock } = create();
		const { epoch } = await log.head("a");
		clock.jump(-86_400_000);
		log.restart({ keep: "all" });
		expect((await log.head("a")).epoch > epoch).toBe(true);
	});

	it("lets go of what channels hold that nobody uses any more", async () => {
		const { log, clock } = create();
		const held = await (async () => {
			const data = { text: "x" };
			await log.append("idle", { id: "1", from: null, data, at: 0 });
			return new WeakRef(data);
		})();
		collectGarbage();
		expect(held.deref()).toBeDefined();
		await clock.advance(RETAIN.ms + 1);
		for (let n = 0; n < 4; n++) await say(log, `${n}`, "busy");
		await clock.settle();
		collectGarbage();
		expect(held.deref()).toBeUndefined();
	});

	// A log that keeps everything in one array and computes each answer from the definition.
	type Step =
		| { readonly type: "append"; readonly id: number }
		| { readonly type: "restart"; readonly keep: Restart["keep"] };
	interface Era {
		readonly epoch: string;
		readonly beganAt: number;
	}
	const step = fc.oneof(
		{ weight: 8, arbitrary: fc.record({ type: fc.constant("append" as const), id: fc.nat(40) }) },
		{
			weight: 1,
			arbitrary: fc.record({
				type: fc.constant("restart" as const),
				keep: fc.oneof(
					fc.constantFrom("all" as const, "none" as const),
					fc.record({ lostTail: fc.nat(6) }),
				),
			}),
		},
	);

	/** What the log of one array holds after a history, and when each of its epochs began. */
	async function play(
		steps: readonly Step[],
		log: MemoryLog,
		most: number,
	): Promise<{ stored: readonly number[]; base: number; eras: readonly Era[] }> {
		const eras: Era[] = [{ epoch: (await log.head("a")).epoch, beganAt: 0 }];
		let stored: number[] = [];
		let retained = 0;
		const append = async (id: number): Promise<void> => {
			const isKnown = stored.includes(id);
			expect(await say(log, `${id}`)).toMatchObject({ duplicate: isKnown });
			if (isKnown) return;
			stored.push(id);
			retained = Math.min(most, retained + 1);
		};
		const restart = async (keep: Restart["keep"]): Promise<void> => {
			const lost = keep === "all" ? 0 : keep === "none" ? stored.length : keep.lostTail;
			log.restart({ keep });
			stored = stored.slice(0, Math.max(0, stored.length - lost));
			retained = Math.max(0, retained - lost);
			eras.push({ epoch: (await log.head("a")).epoch, beganAt: stored.length });
		};
		for (const step of steps) await (step.type === "append" ? append(step.id) : restart(step.keep));
		return { stored, base: stored.length - retained, eras };
	}

	it("answers any history as a log of one array does", async () => {
		const compare = async (steps: readonly Step[]): Promise<void> => {
			const { log } = create({ messages: 10, ms: 1_000_000 });
			const { stored, base, eras } = await play(steps, log, 10);
			const places = eras.flatMap(({ epoch }, n) =>
				[0, 3, stored.length, stored.length + 2].map((offset) => ({ epoch, offset, n })),
			);
			for (const { epoch, offset, n } of places) {
				const since = eras.slice(n + 1).map(({ beganAt }) => beganAt);
				const { messages, complete } = await log.read("a", { epoch, offset }, 1_000);
				const from = Math.max(base, Math.min(offset, ...since));
				expect(messages.map(({ id }) => Number(id))).toEqual(stored.slice(from));
				expect(complete).toBe(since.length === 0 && offset >= base && offset <= stored.length);
			}
		};
		await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), compare), {
			seed: 7,
			numRuns: 200,
		});
	});
});
