/*
 * What any MessageLog must do, whatever it keeps its messages in: the eleven rules of docs/PROTOCOL.md
 * rest on it. A log passes when `acceptLog(name, make)` passes in a test file of its own.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Position } from "../../src/protocol/position.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type {
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
	StoredMessage,
} from "../../src/server/contract.js";

export interface LogUnderTest {
	readonly log: MessageLog;
	/** The same log as a second server has it: another connection, or the same object if it has none. */
	readonly peer: MessageLog;
	/** At most 100 messages, so that trimming is seen. */
	readonly retain: Retention;
	/** Its memory after a failover: the last `lost` messages of every channel are gone, or all of them. */
	restart(lost: number | "all"): Promise<void>;
	/** Lets so much time pass for the log. */
	advance(ms: number): Promise<void>;
	/** Lets what was told arrive at followers. */
	settle(): Promise<void>;
}

const EARLIEST = (epoch: string): Position => ({ epoch, offset: 0 });
const offsets = (messages: readonly FollowedMessage[]): readonly (number | undefined)[] =>
	messages.map(({ position }) => position?.offset);

let ids = 0;
function message(data: unknown = null, over: Partial<LogMessage> = {}): LogMessage {
	ids += 1;
	return { id: `id-${ids}`, from: "ada", data, at: 1_000 + ids, ...over };
}
const fence = (over: Partial<Fence> = {}): Fence => ({
	client: "client",
	link: 1,
	epoch: null,
	...over,
});

export function acceptLog(name: string, make: () => Promise<LogUnderTest>): void {
	describe(`${name} as a log`, () => {
		let subject: LogUnderTest;
		let log: MessageLog;

		beforeEach(async () => {
			subject = await make();
			log = subject.log;
		});
		afterEach(() => log[ASYNC_DISPOSE]());

		const append = async (channel: string, given: LogMessage, by?: Fence): Promise<Position> => {
			const appended = await log.append(channel, given, by);
			if (appended.status === "fenced") throw new Error("fenced");
			return appended.position;
		};
		const fill = async (channel: string, count: number): Promise<Position> => {
			let last = await log.head(channel);
			for (let n = 0; n < count; n++) last = await append(channel, message(n));
			return last;
		};
		const readAll = (
			channel: string,
			epoch: string,
		): Promise<{ messages: readonly StoredMessage[] }> => log.read(channel, EARLIEST(epoch), 1_000);

		describe("numbers", () => {
			it("the messages of a channel consecutively, from 1, in one epoch", async () => {
				const last = await fill("a", 3);
				expect(last.offset).toBe(3);
				const { messages, complete } = await log.read("a", EARLIEST(last.epoch), 10);
				expect(messages.map(({ position }) => position)).toEqual(
					[1, 2, 3].map((offset) => ({ epoch: last.epoch, offset })),
				);
				expect(complete).toBe(true);
			});

			it("each channel by itself", async () => {
				await fill("a", 3);
				expect((await fill("b", 1)).offset).toBe(1);
			});

			it("a channel that was never written from a head of 0, and keeps to that epoch", async () => {
				const head = await log.head("new");
				expect(head.offset).toBe(0);
				expect(await append("new", message())).toEqual({ epoch: head.epoch, offset: 1 });
			});

			it("without holes when many append at once", async () => {
				const logs = [log, subject.peer];
				const appended = await Promise.all(
					Array.from({ length: 90 }, (_, n) => logs[n % 2]?.append("a", message(n))),
				);
				const given = appended.map((each) =>
					each?.status === "stored" ? each.position.offset : 0,
				);
				expect([...given].sort((a, b) => a - b)).toEqual(
					Array.from({ length: 90 }, (_, n) => n + 1),
				);
			});

			it("channels of any name apart", async () => {
				const names = ["__proto__", "constructor", "a b", "a\u0000b", "ä", "*", "a:b", "{a}", ""];
				for (const [n, channel] of names.entries()) await fill(channel, n + 1);
				for (const [n, channel] of names.entries())
					expect((await log.head(channel)).offset).toBe(n + 1);
			});
		});

		describe("gives back", () => {
			it("what was stored, field for field", async () => {
				const data = { text: "grüße \u0000 \ud83d\ude00", list: [1, null, true, { "": [] }] };
				const given = message(data, { from: null });
				const position = await append("a", given);
				const { messages } = await readAll("a", position.epoch);
				expect(messages).toEqual([{ ...given, channel: "a", position }]);
			});

			it("a key named __proto__ as a key", async () => {
				const data = JSON.parse('{"__proto__":{"polluted":true}}');
				const { epoch } = await append("a", message(data));
				const { messages } = await readAll("a", epoch);
				expect(JSON.stringify(messages[0]?.data)).toBe('{"__proto__":{"polluted":true}}');
			});

			it("a page after a position, no longer than asked for", async () => {
				const { epoch } = await fill("a", 10);
				const page = await log.read("a", { epoch, offset: 4 }, 3);
				expect(offsets(page.messages)).toEqual([5, 6, 7]);
				expect(page.complete).toBe(true);
			});

			it("nothing after the head, and that completely", async () => {
				const head = await fill("a", 2);
				expect(await log.read("a", head, 10)).toEqual({ messages: [], complete: true });
			});

			it("nothing above the head, and says that it is not complete", async () => {
				const { epoch } = await fill("a", 2);
				expect(await log.read("a", { epoch, offset: 3 }, 10)).toEqual({
					messages: [],
					complete: false,
				});
			});

			it("what lies before a position, or before the end, oldest first", async () => {
				const { epoch } = await fill("a", 6);
				expect(offsets(await log.before("a", null, 2))).toEqual([5, 6]);
				expect(offsets(await log.before("a", { epoch, offset: 3 }, 10))).toEqual([1, 2]);
				expect(offsets(await log.before("a", { epoch, offset: 99 }, 1))).toEqual([6]);
				expect(await log.before("a", { epoch, offset: 1 }, 10)).toEqual([]);
				expect(await log.before("new", null, 10)).toEqual([]);
			});
		});

		describe("knows an id again", () => {
			it("and answers with the position that it has", async () => {
				const given = message("first");
				const position = await append("a", given);
				expect(await log.append("a", { ...given, data: "second" })).toEqual({
					status: "stored",
					position,
					duplicate: true,
				});
				expect((await readAll("a", position.epoch)).messages).toHaveLength(1);
			});

			it("of this publisher alone, in this channel alone", async () => {
				const given = message();
				const others = [
					["a", "ada"],
					["a", "bob"],
					["a", null],
					["b", "ada"],
				] as const;
				for (const [channel, from] of others)
					expect(await log.append(channel, { ...given, from })).toMatchObject({ duplicate: false });
				for (const [channel, from] of others)
					expect(await log.append(channel, { ...given, from })).toMatchObject({ duplicate: true });
			});

			it("however a publisher's name and an id are put together", async () => {
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
					expect(await log.append("a", message(0, { from, id }))).toMatchObject({
						duplicate: false,
					});
			});

			it("when a hundred come at once: one is stored", async () => {
				const given = message();
				const logs = [log, subject.peer];
				const appended = await Promise.all(
					Array.from({ length: 100 }, (_, n) => logs[n % 2]?.append("a", given)),
				);
				const stored = appended.filter((each) => each?.status === "stored" && !each.duplicate);
				expect(stored).toHaveLength(1);
				expect((await log.head("a")).offset).toBe(1);
			});

			it("after the message has been trimmed, a minute longer than it retains", async () => {
				const given = message();
				const position = await append("a", given);
				await fill("a", subject.retain.messages + 1);
				expect(await log.append("a", given)).toMatchObject({ duplicate: true, position });
				await subject.advance(subject.retain.ms + 59_000);
				expect(await log.append("a", given)).toMatchObject({ duplicate: true });
			});

			it("when only asked", async () => {
				const given = message();
				expect(await log.lookup?.("a", given.from, given.id)).toBeNull();
				const position = await append("a", given);
				expect(await log.lookup?.("a", given.from, given.id)).toEqual(position);
				expect(await log.lookup?.("a", "bob", given.id)).toBeNull();
				expect((await log.head("a")).offset).toBe(1);
			});
		});

		describe("fences", () => {
			it("an older link of a client, once a newer one has appended", async () => {
				await append("a", message(), fence({ link: 1 }));
				await append("a", message(), fence({ link: 2 }));
				expect(await log.append("a", message(), fence({ link: 1 }))).toEqual({ status: "fenced" });
				await append("a", message(), fence({ link: 2 }));
				expect((await log.head("a")).offset).toBe(3);
			});

			it("not another client, channel or publisher", async () => {
				await append("a", message(), fence({ link: 9 }));
				await append("a", message(), fence({ link: 1, client: "other" }));
				await append("b", message(), fence({ link: 1 }));
				await append("a", message(0, { from: "bob" }), fence({ link: 1 }));
				await append("a", message());
			});

			it("what was meant for another epoch", async () => {
				const { epoch } = await append("a", message(), fence());
				await append("a", message(), fence({ epoch }));
				for (const other of ["", "0", `${epoch}0`, "~"])
					expect(await log.append("a", message(), fence({ epoch: other }))).toEqual({
						status: "fenced",
					});
				expect((await log.head("a")).offset).toBe(2);
			});

			it("nothing that it has stored already: the id comes first", async () => {
				const given = message();
				const position = await append("a", given, fence({ link: 1 }));
				await append("a", message(), fence({ link: 2 }));
				for (const by of [fence({ link: 1 }), fence({ epoch: "" })])
					expect(await log.append("a", given, by)).toEqual({
						status: "stored",
						position,
						duplicate: true,
					});
			});

			it("and a refused append leaves no trace", async () => {
				await append("a", message(), fence({ link: 2 }));
				const refused = message();
				await log.append("a", refused, fence({ link: 1 }));
				await log.append("a", message(), fence({ link: 7, epoch: "" }));
				expect(await log.append("a", refused, fence({ link: 2 }))).toMatchObject({
					duplicate: false,
				});
			});

			it("as long as it remembers ids", async () => {
				await append("a", message(), fence({ link: 2 }));
				await subject.advance(subject.retain.ms + 59_000);
				expect(await log.append("a", message(), fence({ link: 1 }))).toEqual({ status: "fenced" });
			});
		});

		describe("trims", () => {
			it("by count, and never the head", async () => {
				const { messages: most } = subject.retain;
				const head = await fill("a", most + 5);
				expect(head.offset).toBe(most + 5);
				const { epoch } = head;
				const page = await log.read("a", EARLIEST(epoch), 1_000);
				expect(page.complete).toBe(false);
				// Some logs trim a little later than they may.
				expect(page.messages.length).toBeGreaterThanOrEqual(most);
				expect(offsets(page.messages).at(-1)).toBe(most + 5);
				const [first] = offsets(page.messages) as number[];
				const justBefore = { epoch, offset: (first as number) - 1 };
				expect((await log.read("a", justBefore, 1_000)).complete).toBe(true);
				expect(
					(await log.read("a", { epoch, offset: (first as number) - 2 }, 1_000)).complete,
				).toBe(false);
			});

			it("by age, down to nothing, and goes on counting", async () => {
				const head = await fill("a", 3);
				await subject.advance(subject.retain.ms + 1);
				expect(await log.head("a")).toEqual(head);
				expect(await log.before("a", null, 10)).toEqual([]);
				expect(await log.read("a", head, 10)).toEqual({ messages: [], complete: true });
				expect(await append("a", message())).toEqual({ ...head, offset: 4 });
			});
		});

		describe("tells its followers", () => {
			it("every message stored or broadcast from then on, in order, whoever appended it", async () => {
				const heard: FollowedMessage[] = [];
				await fill("a", 2);
				const follow = await subject.peer.follow("a", (each) => heard.push(each));
				await fill("a", 2);
				await log.broadcast("a", message("typing"));
				await fill("b", 1);
				await fill("a", 1);
				await subject.settle();
				expect(heard.map(({ position }) => position?.offset ?? null)).toEqual([3, 4, null, 5]);
				expect(heard[2]).toMatchObject({ channel: "a", data: "typing" });
				await follow[ASYNC_DISPOSE]();
				await fill("a", 1);
				await subject.settle();
				expect(heard).toHaveLength(4);
			});

			it("of a repeated or refused append nothing", async () => {
				const heard: FollowedMessage[] = [];
				const given = message();
				await append("a", given, fence({ link: 2 }));
				const follow = await log.follow("a", (each) => heard.push(each));
				await log.append("a", given, fence({ link: 2 }));
				await log.append("a", message(), fence({ link: 1 }));
				await subject.settle();
				expect(heard).toEqual([]);
				await follow[ASYNC_DISPOSE]();
			});

			it("each follower once, and one that throws harms nobody", async () => {
				const heard: number[] = [];
				const follows = await Promise.all([
					log.follow("a", () => {
						throw new Error("listener");
					}),
					log.follow("a", () => heard.push(1)),
					log.follow("a", () => heard.push(2)),
				]);
				await append("a", message());
				await subject.settle();
				expect(heard).toEqual([1, 2]);
				for (const follow of follows) await follow[ASYNC_DISPOSE]();
			});

			it("so that following first and reading then leaves no hole, while others append", async () => {
				const heard = new Set<number>();
				let isDone = false;
				const flood = (async () => {
					for (let n = 0; n < 60; n++) await append("a", message(n));
					isDone = true;
				})();
				await append("a", message());
				const follow = await subject.peer.follow("a", ({ position }) => {
					if (position !== null) heard.add(position.offset);
				});
				const { epoch } = await subject.peer.head("a");
				for (const { position } of (await subject.peer.read("a", EARLIEST(epoch), 1_000)).messages)
					heard.add(position.offset);
				await flood;
				await subject.settle();
				expect(isDone).toBe(true);
				expect([...heard].sort((a, b) => a - b)).toEqual(
					Array.from({ length: 61 }, (_, n) => n + 1),
				);
				await follow[ASYNC_DISPOSE]();
			});
		});

		describe("after a restart", () => {
			it("is of a later epoch, each time, however soon", async () => {
				const epochs = [(await fill("a", 1)).epoch];
				for (let n = 0; n < 5; n++) {
					await subject.restart(0);
					epochs.push((await log.head("a")).epoch);
				}
				expect([...epochs].sort()).toEqual(epochs);
				expect(new Set(epochs).size).toBe(6);
			});

			it("that lost nothing replays what follows a position, and proves nothing", async () => {
				const { epoch } = await fill("a", 5);
				await subject.restart(0);
				const page = await log.read("a", { epoch, offset: 3 }, 10);
				expect(offsets(page.messages)).toEqual([4, 5]);
				expect(page.complete).toBe(false);
				expect(await append("a", message())).toMatchObject({ offset: 6 });
			});

			it("that lost a tail replays from where the new epoch began", async () => {
				const { epoch } = await fill("a", 10);
				await subject.restart(4);
				const head = await log.head("a");
				expect(head.offset).toBe(6);
				await fill("a", 3);
				const page = await log.read("a", { epoch, offset: 10 }, 10);
				expect(offsets(page.messages)).toEqual([7, 8, 9]);
				expect(page.complete).toBe(false);
				expect(page.messages.every(({ position }) => position.epoch === head.epoch)).toBe(true);
			});

			it("replays from the lowest of where each epoch since began", async () => {
				const { epoch } = await fill("a", 10);
				await subject.restart(6);
				await fill("a", 20);
				await subject.restart(2);
				await fill("a", 1);
				const { messages } = await log.read("a", { epoch, offset: 9 }, 100);
				expect(offsets(messages).slice(0, 2)).toEqual([5, 6]);
			});

			it("that lost everything counts from 1, and replays all of it", async () => {
				const { epoch } = await fill("a", 10);
				await subject.restart("all");
				expect(await log.head("a")).toMatchObject({ offset: 0 });
				await fill("a", 2);
				const page = await log.read("a", { epoch, offset: 10 }, 10);
				expect(offsets(page.messages)).toEqual([1, 2]);
				expect(page.complete).toBe(false);
			});

			it("remembers no id and no place of what it lost", async () => {
				await fill("a", 1);
				const lost = message("lost");
				await append("a", lost, fence({ link: 3 }));
				await subject.restart(1);
				expect(await log.append("a", lost, fence({ link: 3 }))).toMatchObject({
					duplicate: false,
					position: { offset: 2 },
				});
			});

			it("remembers the ids of what it kept, at their places in the new epoch", async () => {
				const given = message();
				const before = await append("a", given);
				await subject.restart(0);
				const again = await log.append("a", given);
				expect(again).toMatchObject({ duplicate: true, position: { offset: before.offset } });
				const { epoch } = await log.head("a");
				expect(again).toMatchObject({ position: { epoch } });
			});

			it("refuses what was meant for the epoch before", async () => {
				const { epoch } = await append("a", message(), fence());
				await subject.restart(0);
				expect(await log.append("a", message(), fence({ epoch }))).toEqual({ status: "fenced" });
				await append("a", message(), fence());
			});

			it("goes on telling those who follow", async () => {
				const heard: FollowedMessage[] = [];
				const follow = await log.follow("a", (each) => heard.push(each));
				await fill("a", 1);
				await subject.restart("all");
				const position = await append("a", message());
				await subject.settle();
				expect(heard.at(-1)?.position).toEqual(position);
				await follow[ASYNC_DISPOSE]();
			});
		});

		it("takes a position of an epoch that it never had for no proof of anything", async () => {
			await fill("a", 3);
			for (const epoch of ["", "0", "~~~"]) {
				const page = await log.read("a", { epoch, offset: 2 }, 10);
				expect(page.complete).toBe(false);
				expect(offsets(page.messages)).toEqual([1, 2, 3]);
			}
		});
	});
}
