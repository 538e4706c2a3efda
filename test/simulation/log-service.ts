/* The log that all gateways share, as a service of its own that can be slow, fail, and lose its tail. */
import type { Position } from "../../src/protocol/position.js";
import type {
	Appended,
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
} from "../../src/server/contract.js";
import { MemoryLog, type Restart } from "../../src/server/memory-log.js";
import type { VirtualClock } from "../../src/testing/virtual-clock.js";
import type { Chance } from "./chance.js";
import type { Process } from "./process.js";
import { type Payload, type StoredRecord, Truth } from "./truth.js";

export class LogService {
	readonly truth = new Truth();
	/** What a request and its answer take, each way. 0: as if it were in the gateway's own process. */
	delayMs = 0;
	/** The share of calls that fail; of these half were carried out. */
	errorRate = 0;
	/** So many of the next messages do not reach the followers of one gateway. */
	readonly deaf = new Map<Process, number>();
	/** What the followers of one gateway hear comes so much later, in order. */
	readonly lagMs = new Map<Process, number>();
	/** How often a fault really struck. */
	readonly struck = { errors: 0, unheard: 0, late: 0, fenced: 0, duplicates: 0 };
	readonly #clock: VirtualClock;
	readonly #chance: Chance;
	readonly #log: MemoryLog;
	readonly #fail: (breach: string) => void;
	/** The last append that a channel took of each client: its link, and what it stored. */
	readonly #fences = new Map<string, { readonly link: number; readonly record: StoredRecord }>();
	/** Nothing on a feed overtakes. */
	readonly #feedAt = new Map<Process, number>();

	constructor(
		clock: VirtualClock,
		chance: Chance,
		retain: Retention,
		fail: (breach: string) => void,
	) {
		this.#fail = fail;
		this.#clock = clock;
		this.#chance = chance;
		this.#log = new MemoryLog({ retain, runtime: { clock, random: chance.random } });
	}

	restart(keep: Restart["keep"]): number {
		const at = this.#clock.monotonic();
		const count = typeof keep === "object" ? keep.lostTail : keep === "none" ? Infinity : 0;
		const lost = this.truth.lose(count, at);
		this.#log.restart({ keep });
		return lost;
	}

	/** All that is still there of a channel: what a reader who lost nothing could still be given. */
	async retained(channel: string): Promise<ReadonlySet<number>> {
		const { messages } = await this.#log.read(channel, { epoch: "", offset: 0 }, Infinity);
		return new Set(messages.map(({ position }) => position.offset));
	}

	/** The log as one gateway has it. */
	handle(process: Process): MessageLog {
		const log = this.#log;
		const call = <T>(work: () => Promise<T>): Promise<T> => process.outside(this.#call(work));
		return {
			retain: log.retain,
			append: (channel, message, fence) => call(() => this.#append(channel, message, fence)),
			broadcast: (channel, message) => call(() => log.broadcast(channel, message)),
			read: (channel, after, limit) => call(() => log.read(channel, after, limit)),
			before: (channel, position, limit) => call(() => log.before(channel, position, limit)),
			lookup: (channel, from, id) => call(() => log.lookup(channel, from, id)),
			head: (channel) => call(() => log.head(channel)),
			follow: async (channel, listener) =>
				call(() => log.follow(channel, (message) => this.#feed(process, message, listener))),
			[Symbol.asyncDispose]: async () => undefined,
		};
	}

	async #append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended> {
		const result = await this.#log.append(channel, message, fence);
		if (result.status === "fenced") this.struck.fenced += 1;
		else if (result.duplicate) this.struck.duplicates += 1;
		else {
			const record = this.#record(channel, message, result.position);
			if (fence !== undefined) this.#checkFence(channel, fence, record);
		}
		return result;
	}

	/** Rule 5: nothing is taken of an older link of that client, nor what was made for another epoch. */
	#checkFence(channel: string, { client, link, epoch }: Fence, record: StoredRecord): void {
		const { by, n } = record.data;
		const whose = `${channel} ${record.from} ${client}`;
		const newest = this.#fences.get(whose);
		// A log that loses a message loses the fence with it.
		if (newest !== undefined && newest.link > link && newest.record.lostAt === null)
			this.#fail(`${channel}: ${by}#${n} was taken of an older link`);
		if (epoch !== null && epoch !== record.epoch)
			this.#fail(`${channel}: ${by}#${n} was made for another epoch`);
		this.#fences.set(whose, { link, record });
	}

	#record(
		channel: string,
		{ id, from, data }: LogMessage,
		{ epoch, offset }: Position,
	): StoredRecord {
		const storedAt = this.#clock.monotonic();
		const record = { id, from, data: data as Payload, epoch, offset, storedAt, lostAt: null };
		this.truth.channel(channel).add(record);
		return record;
	}

	async #call<T>(work: () => Promise<T>): Promise<T> {
		const fails = this.errorRate > 0 && this.#chance.flip(this.errorRate);
		const isLost = fails && this.#chance.flip(0.5);
		if (fails) this.struck.errors += 1;
		if (this.delayMs > 0) await this.#clock.sleep(this.#chance.between(0, this.delayMs));
		if (fails && !isLost) throw new Error("The log is unavailable.");
		const result = await work();
		if (this.delayMs > 0) await this.#clock.sleep(this.#chance.between(0, this.delayMs));
		if (isLost) throw new Error("The log's answer was lost.");
		return result;
	}

	/** Listeners hear at once, and in order: a service's feed is one connection. */
	#feed(
		process: Process,
		message: FollowedMessage,
		listener: (message: FollowedMessage) => void,
	): void {
		if (!process.isAlive) return;
		const deaf = this.deaf.get(process) ?? 0;
		if (deaf > 0 && message.position !== null) {
			this.deaf.set(process, deaf - 1);
			this.struck.unheard += 1;
			return;
		}
		const now = this.#clock.monotonic();
		const at = Math.max(now + (this.lagMs.get(process) ?? 0), this.#feedAt.get(process) ?? 0);
		if (at === now) return listener(message);
		this.#feedAt.set(process, at);
		this.struck.late += 1;
		process.clock.setTimeout(() => listener(message), at - now, "feed");
	}
}
