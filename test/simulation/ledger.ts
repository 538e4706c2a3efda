/*
 * The judge. Each check is one sentence of what the client promises; a breach is kept with its instant.
 *
 *   reader   one subscription of one program: what it was given, against what really happened
 *   publish  one promise: what its receipt says, against what really happened
 */
import type { Gap, Message, PublishReceipt } from "../../src/channels/message.js";
import { type RealtimeError, isRealtimeError } from "../../src/errors/realtime-error.js";
import type { Position } from "../../src/protocol/position.js";
import { type ChannelTruth, key, type Payload, type StoredRecord, type Truth } from "./truth.js";

/** Nothing may come later than that after it was stored, or after the last fault was over. */
export const STALE_MS = 30_000;

export interface Sheet {
	readonly truth: Truth;
	now(): number;
	/** Since when no fault has been at work; Infinity while one is. */
	quietSince(): number;
	readonly phase: "active" | "quiet" | "degraded" | "over";
	/** A publish that storage refused, and that lies there all the same. */
	isZombie(id: string): boolean;
	fail(breach: string): void;
	note(line: string): void;
}

export interface ReaderStart {
	/** Records before it (by place in the truth) were before its time; null: not known yet. */
	index: number | null;
	/** Where the program said that it stood; null: nowhere. */
	readonly position: Position | null;
	readonly recover: boolean;
}

export class Reader {
	readonly name: string;
	readonly channel: string;
	readonly start: ReaderStart;
	/** The place of the last message, for a program that comes after this one. */
	last: { readonly position: Position; readonly record: StoredRecord } | null = null;
	delivered = 0;
	readonly gaps: { readonly at: number; readonly missed: number | "unknown" }[] = [];
	readonly #sheet: Sheet;
	readonly #seen = new Set<string>();
	/** What an earlier reader of the same app had: it may come again, and need not. */
	readonly #had: ReadonlySet<string>;
	readonly #counts = new Map<string, number>();
	readonly #begunAt: number;
	#answeredAt = Number.POSITIVE_INFINITY;
	#isOver = false;

	constructor(
		name: string,
		channel: string,
		start: ReaderStart,
		sheet: Sheet,
		before: Reader | undefined,
	) {
		this.#had = before === undefined ? new Set() : new Set([...before.#had, ...before.#seen]);
		this.name = name;
		this.channel = channel;
		this.start = start;
		this.#sheet = sheet;
		this.#begunAt = sheet.now();
	}

	/** Where a subscription that asks now must stand at least. */
	get position(): Position | null {
		return this.last?.position ?? this.start.position;
	}

	/** The program has died or left: nothing may come any more. */
	end(): void {
		this.#isOver = true;
	}

	/** The server has answered: from now on everything counts. */
	answered(): void {
		this.start.index ??= this.#truth.records.length;
		this.#answeredAt = Math.min(this.#answeredAt, this.#sheet.now());
	}

	gap({ missed }: Gap): void {
		this.gaps.push({ at: this.#sheet.now(), missed });
	}

	take(message: Message<unknown>): void {
		const data = message.data as Payload;
		this.#sheet.note(`${this.name} ${this.channel} got ${data.by}#${data.n}`);
		if (this.#isOver) this.#fail(message, "came after the end");
		const own = key(message.from, message.id);
		if (this.#seen.has(own)) this.#fail(message, "came twice");
		this.#seen.add(own);
		this.delivered += 1;
		if (message.position !== null) this.#judge(message, message.position, data);
	}

	/** What it should have had by now and has not. */
	missing(retained: ReadonlySet<number>): readonly string[] {
		const { index, position, recover } = this.start;
		if (index === null || !recover) return [];
		const missing: string[] = [];
		const records = this.#truth.records;
		for (let at = index; at < records.length; at++) {
			const record = records[at] as StoredRecord;
			const own = key(record.from, record.id);
			if (this.#seen.has(own) || this.#had.has(own)) continue;
			const { by, n } = record.data;
			if (record.lostAt === null && retained.has(record.offset)) missing.push(`${by}#${n} lost`);
			// What nobody can give any more must at least be confessed to whoever said where it stood.
			else if (position === null && record.storedAt < this.#answeredAt) continue;
			else if (!this.gaps.some((gap) => gap.at >= record.storedAt))
				missing.push(`${by}#${n} gone without a gap`);
		}
		return missing;
	}

	get #truth(): ChannelTruth {
		return this.#sheet.truth.channel(this.channel);
	}

	#judge(message: Message<unknown>, position: Position, data: Payload): void {
		const record = this.#truth.find(message.from, message.id);
		if (record === undefined) return this.#fail(message, "was never stored");
		if (record.data.n !== data.n || record.data.by !== data.by || record.data.pad !== data.pad)
			this.#fail(message, "is not what was published");
		this.#judgePlace(message, position);
		this.#judgeOrder(message, data);
		this.#judgeAge(message, record);
		this.last = { position, record };
	}

	#judgePlace(message: Message<unknown>, { epoch, offset }: Position): void {
		const before = this.last?.position;
		if (before === undefined) return;
		if (epoch < before.epoch) this.#fail(message, "is of an older epoch");
		if (epoch === before.epoch && offset <= before.offset) this.#fail(message, "goes back");
	}

	/** What one publisher sent in order comes in order; the server's own come from many gateways. */
	#judgeOrder(message: Message<unknown>, { by, n }: Payload): void {
		// Storage that failed to keep it also failed to delete it: it comes when it is found again.
		if (this.#sheet.isZombie(message.id)) return;
		// Ids are kept in memory (rule 11): what an earlier program had, and what was stored once more since
		// in its publisher's order, this one takes for new, wherever it stands by now.
		const { from, id } = message;
		if (this.#had.has(key(from, id)) && this.#truth.isStoredAgain(from, id)) return;
		const last = this.#counts.get(by) ?? -1;
		if (message.from !== null && n < last) this.#fail(message, `came after #${last}`);
		this.#counts.set(by, Math.max(n, last));
	}

	#judgeAge(message: Message<unknown>, record: StoredRecord): void {
		const { index } = this.start;
		if (index === null || !this.start.recover) return;
		const since = Math.max(record.storedAt, this.#sheet.quietSince(), this.#begunAt);
		const lateMs = this.#sheet.now() - since;
		if (lateMs > STALE_MS) this.#fail(message, `came ${Math.round(lateMs)} ms late`);
	}

	#fail(message: Message<unknown>, what: string): void {
		const { by, n } = message.data as Payload;
		this.#sheet.fail(`${this.name} ${this.channel}: ${by}#${n} ${what}`);
	}
}

export interface Published {
	readonly by: string;
	readonly channel: string;
	readonly n: number;
	readonly id: string;
	readonly at: number;
	readonly data: Payload;
	/** It was on stable storage, so the program's death is no excuse. */
	isDurable: boolean;
	/** Null: the promise is still pending, or nobody is there to hear it. */
	outcome: PublishReceipt["status"] | "failed" | "abandoned" | null;
	isEphemeral: boolean;
	hasTtl: boolean;
	/** It was handed to a socket or a request. */
	isSent: boolean;
	/** Its record said so, or that it was about to be. */
	isDated: boolean;
}

export class Ledger {
	readonly published: Published[] = [];
	readonly #byId = new Map<string, Published>();
	readonly #sheet: Sheet;
	/** Publish ids are remembered so long. */
	readonly #dedupeMs: number;

	constructor(sheet: Sheet, dedupeMs: number) {
		this.#sheet = sheet;
		this.#dedupeMs = dedupeMs;
	}

	isZombie(id: string): boolean {
		const entry = this.#byId.get(id);
		return entry !== undefined && entry.outcome === "failed" && !entry.data.forbid;
	}

	get(id: string): Published | undefined {
		return this.#byId.get(id);
	}

	publish(entry: Published): void {
		this.published.push(entry);
		this.#byId.set(entry.id, entry);
	}

	settle(entry: Published, receipt: PublishReceipt): void {
		const { by, channel, n } = entry;
		this.#sheet.note(`${by} ${channel} #${n} ${receipt.status}`);
		entry.outcome = receipt.status;
		const record = this.#record(entry);
		if (receipt.status === "stored") {
			if (record === undefined) this.#fail(entry, "was acknowledged and never stored");
			else if (record.offset !== receipt.position.offset)
				this.#fail(entry, `was acknowledged at ${receipt.position.offset}`);
		}
		if (receipt.status === "expired" && record) this.#fail(entry, "was called expired, and stored");
		const age = this.#sheet.now() - entry.at;
		if (receipt.status === "unknown" && age < this.#dedupeMs && !entry.data.forbid)
			this.#fail(entry, "was called unknown while the server remembers");
	}

	reject(entry: Published, reason: unknown): void {
		const code = isRealtimeError(reason) ? (reason as RealtimeError).code : String(reason);
		this.#sheet.note(`${entry.by} ${entry.channel} #${entry.n} ${code}`);
		entry.outcome = code === "closed" ? "abandoned" : "failed";
		if (code === "closed") return;
		const isExpected =
			(code === "forbidden" && entry.data.forbid === true) ||
			(code === "connection-lost" && !entry.isSent) ||
			code === "outbox-full" ||
			code === "internal";
		if (!isExpected) this.#fail(entry, `failed with ${code}`);
		if (this.#record(entry)) this.#fail(entry, `failed with ${code}, and was stored`);
	}

	/** What must be true of every publish once nothing is under way any more. */
	close(isExcused: (entry: Published) => boolean): void {
		for (const entry of this.published) {
			if (entry.isEphemeral) continue;
			const record = this.#record(entry);
			if (entry.outcome === null) this.#fail(entry, "is parked");
			if (entry.data.forbid && record) this.#fail(entry, "was forbidden, and stored");
			const mustBeThere = entry.isDurable && entry.outcome === "abandoned";
			if (mustBeThere && !record && !entry.hasTtl && !entry.data.forbid && !isExcused(entry))
				this.#fail(entry, "lay in storage and is lost");
		}
		for (const [channel, truth] of this.#sheet.truth.channels) this.#closeChannel(channel, truth);
	}

	#closeChannel(channel: string, { records }: ChannelTruth): void {
		const kept = new Map<string, StoredRecord>();
		for (const record of records) {
			const own = `${record.from} ${record.data.by}#${record.data.n}`;
			const before = kept.get(own);
			// The same again is right only where the log had lost the first.
			if (before !== undefined && !(before.lostAt !== null && before.lostAt <= record.storedAt))
				this.#sheet.fail(`${channel}: ${own} was stored twice`);
			kept.set(own, record);
		}
	}

	#record({ by, channel, id }: Published): StoredRecord | undefined {
		return this.#sheet.truth.channel(channel).find(by, id);
	}

	#fail({ by, channel, n }: Published, what: string): void {
		this.#sheet.fail(`${channel}: ${by}#${n} ${what}`);
	}
}
