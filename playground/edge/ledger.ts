/*
 * What publishers were told, held against what everybody else delivered. A message has its place: both
 * the receipt and the delivery name its position, and positions of a channel have no holes.
 *
 *    receipt: stored at p ──▶ owed by each client that was subscribed when the publish began
 *                               │ delivered: done; late, if it took too long
 *                               ╰ a minute without it, a later one before it, a gap: lost
 *    delivery ──▶ the next: as it should be · one that was skipped: out of order · one that was there: repeated
 */
import type { LedgerEvent, LedgerReport, LedgerState } from "./control/contract.js";

export const LATE_MS = 30_000;
export const LOST_MS = 60_000;
const MOST_EXAMPLES = 10;

type Receipt = Extract<LedgerEvent, { is: "receipt" }>;
type Delivered = Extract<LedgerEvent, { is: "delivered" }>;

/** A client on a channel. */
interface Member {
	readonly since: number;
	epoch: string;
	/** Offsets: of the first and the last delivery; 0: none yet. */
	first: number;
	last: number;
	/** Between them, and not there. */
	readonly skipped: Set<number>;
}

interface Entry {
	readonly id: string;
	/** Null: only deliveries are known yet. */
	receiptAt: number | null;
	readonly owedBy: Set<string>;
	readonly seenAt: number;
}

interface Channel {
	readonly members: Map<string, Member>;
	/** By position. */
	readonly entries: Map<string, Entry>;
}

export class Ledger {
	readonly #channels = new Map<string, Channel>();
	readonly #now: () => number;
	readonly #beganAt: number;
	readonly #counts = {
		stored: 0,
		unstored: 0,
		delivered: 0,
		repeated: 0,
		outOfOrder: 0,
		late: 0,
		altered: 0,
	};
	/** Skipped, by clients that have left since. */
	#lostByLeavers = 0;
	readonly #examples: string[] = [];

	/** `now`: wall time, as in reports. */
	constructor(now: () => number = Date.now) {
		this.#now = now;
		this.#beganAt = now();
	}

	/** Of one client, in the order in which it happened to it. */
	take({ client, events }: LedgerReport): void {
		for (const event of events) this.#take(client, event);
	}

	/** It takes part no more; what it owes is forgiven, what it skipped is not. */
	leave(client: string): void {
		for (const channel of this.#channels.values()) this.#leave(client, channel);
	}

	get state(): LedgerState {
		const now = this.#now();
		let [lost, pending, oldestPendingMs] = [this.#lostByLeavers, 0, 0];
		const clients = new Set<string>();
		for (const channel of this.#channels.values()) {
			for (const [client, { skipped }] of channel.members) {
				clients.add(client);
				lost += skipped.size;
			}
			for (const [position, entry] of channel.entries) {
				const due = this.#dueOf(channel, position, entry);
				if (entry.receiptAt === null || due.length === 0) this.#forget(channel, position, now);
				else if (now - entry.receiptAt > LOST_MS) {
					lost += due.length;
					this.#note(`${due[0]} waits for ${position}, with a receipt for a minute`);
				} else {
					pending += due.length;
					oldestPendingMs = Math.max(oldestPendingMs, now - entry.receiptAt);
				}
			}
		}
		const sinceMs = now - this.#beganAt;
		const examples = [...this.#examples];
		const members = clients.size;
		return {
			...this.#counts,
			...{ lost, pending, oldestPendingMs: Math.round(oldestPendingMs) },
			...{ clients: members, sinceMs, examples },
		};
	}

	#take(client: string, event: LedgerEvent): void {
		const channel = this.#channel(event.channel);
		switch (event.is) {
			case "subscribed":
				channel.members.set(client, newMember(event.at));
				return;
			case "left":
				return this.#leave(client, channel);
			case "receipt":
				return this.#receipt(client, channel, event);
			case "delivered":
				return this.#delivered(client, channel, event);
			case "gap":
				return this.#note(`${client} was told of a gap in ${event.channel}`);
			default:
				event satisfies never;
		}
	}

	#receipt(client: string, channel: Channel, receipt: Receipt): void {
		const { id, offset, epoch, beganAt, at } = receipt;
		if (offset === null || epoch === null) {
			this.#counts.unstored += 1;
			return;
		}
		this.#counts.stored += 1;
		const position = keyOf(epoch, offset);
		const entry = this.#entry(channel, position, id);
		if (entry.id !== id) this.#alter(client, position);
		entry.receiptAt = at;
		for (const [name, member] of channel.members)
			if (member.since < beganAt && !hasDelivered(member, epoch, offset)) entry.owedBy.add(name);
		if (entry.owedBy.size === 0) channel.entries.delete(position);
	}

	#delivered(client: string, channel: Channel, delivered: Delivered): void {
		const { id, offset, epoch, at } = delivered;
		const member = channel.members.get(client);
		if (member === undefined) return;
		this.#counts.delivered += 1;
		this.#place(client, member, delivered);
		const position = keyOf(epoch, offset);
		const entry = this.#entry(channel, position, id);
		if (entry.id !== id) this.#alter(client, position);
		if (!entry.owedBy.delete(client) || entry.receiptAt === null) return;
		if (at - entry.receiptAt > LATE_MS) {
			this.#counts.late += 1;
			this.#note(`${client} had ${position} ${at - entry.receiptAt} ms after its receipt`);
		}
		if (entry.owedBy.size === 0) channel.entries.delete(position);
	}

	/** Where it stands among the client's other deliveries. */
	#place(client: string, member: Member, { channel, offset, epoch }: Delivered): void {
		const isFirst = member.first === 0 || epoch !== member.epoch;
		if (isFirst) {
			this.#lostByLeavers += member.skipped.size;
			member.skipped.clear();
			Object.assign(member, { epoch, first: offset, last: offset });
			return;
		}
		if (offset > member.last) {
			for (let each = member.last + 1; each < offset; each++) {
				member.skipped.add(each);
				this.#note(`${client} skipped ${each} of ${channel}`);
			}
			member.last = offset;
			return;
		}
		if (member.skipped.delete(offset) || offset < member.first) {
			this.#counts.outOfOrder += 1;
			this.#note(`${client} had ${offset} of ${channel} after ${member.last}`);
		} else {
			this.#counts.repeated += 1;
			this.#note(`${client} had ${offset} of ${channel} again`);
		}
	}

	/** Who owes it and has not skipped it: that is counted there. */
	#dueOf(channel: Channel, position: string, { owedBy }: Entry): readonly string[] {
		const offset = Number(position.slice(position.lastIndexOf(":") + 1));
		return [...owedBy].filter((client) => !channel.members.get(client)?.skipped.has(offset));
	}

	/** What nobody owes is kept for a while, to be compared with a receipt that may come. */
	#forget(channel: Channel, position: string, now: number): void {
		const entry = channel.entries.get(position);
		if (entry !== undefined && now - entry.seenAt > LOST_MS) channel.entries.delete(position);
	}

	#leave(client: string, channel: Channel): void {
		this.#lostByLeavers += channel.members.get(client)?.skipped.size ?? 0;
		channel.members.delete(client);
		for (const { owedBy } of channel.entries.values()) owedBy.delete(client);
	}

	#alter(client: string, position: string): void {
		this.#counts.altered += 1;
		this.#note(`${client} has another message at ${position}`);
	}

	#note(example: string): void {
		const isNew = !this.#examples.includes(example);
		if (isNew && this.#examples.length < MOST_EXAMPLES) this.#examples.push(example);
	}

	#channel(name: string): Channel {
		const known = this.#channels.get(name);
		if (known !== undefined) return known;
		const channel: Channel = { members: new Map(), entries: new Map() };
		this.#channels.set(name, channel);
		return channel;
	}

	#entry(channel: Channel, position: string, id: string): Entry {
		const known = channel.entries.get(position);
		if (known !== undefined) return known;
		const entry: Entry = { id, receiptAt: null, owedBy: new Set(), seenAt: this.#now() };
		channel.entries.set(position, entry);
		return entry;
	}
}

function newMember(since: number): Member {
	return { since, epoch: "", first: 0, last: 0, skipped: new Set() };
}

function hasDelivered(member: Member, epoch: string, offset: number): boolean {
	if (member.epoch !== epoch) return member.epoch > epoch;
	return offset >= member.first && offset <= member.last && !member.skipped.has(offset);
}

const keyOf = (epoch: string, offset: number): string => `${epoch}:${offset}`;
