/* What really happened, as nobody in the world but the judge can know it. */
import type { Position } from "../../src/protocol/position.js";

/** What an app publishes: who, and its how manieth of the channel. */
export interface Payload {
	readonly by: string;
	readonly n: number;
	readonly forbid?: true;
	readonly pad?: string;
}

/** A message that the log has taken. */
export interface StoredRecord {
	readonly id: string;
	readonly from: string | null;
	readonly data: Payload;
	readonly offset: number;
	/** The epoch in which it was stored; a restart of the log that keeps it moves it on. */
	readonly epoch: string;
	readonly storedAt: number;
	/** The log lost it. */
	lostAt: number | null;
}

/** One channel's records, in the order of their storing. */
export class ChannelTruth {
	readonly records: StoredRecord[] = [];
	readonly #byKey = new Map<string, StoredRecord>();
	readonly #again = new Set<string>();

	add(record: StoredRecord): void {
		const own = key(record.from, record.id);
		if (this.#byKey.has(own)) this.#again.add(own);
		this.records.push(record);
		this.#byKey.set(own, record);
	}

	/** The log had it, lost it, and was given it once more. */
	isStoredAgain(from: string | null, id: string): boolean {
		return this.#again.has(key(from, id));
	}

	/** The newest of that publisher and id. */
	find(from: string | null, id: string): StoredRecord | undefined {
		return this.#byKey.get(key(from, id));
	}

	/** The newest that stands at that place and was not lost. */
	at({ offset }: Position): StoredRecord | undefined {
		return this.records.findLast((record) => record.offset === offset && record.lostAt === null);
	}

	/** The log loses its last `count`, or all. */
	lose(count: number, at: number): number {
		let lost = 0;
		for (let index = this.records.length - 1; index >= 0 && lost < count; index--) {
			const record = this.records[index] as StoredRecord;
			if (record.lostAt !== null) continue;
			record.lostAt = at;
			lost += 1;
		}
		return lost;
	}
}

export class Truth {
	readonly channels = new Map<string, ChannelTruth>();
	/** When the log began a new epoch. */
	readonly restarts: number[] = [];

	channel(name: string): ChannelTruth {
		let channel = this.channels.get(name);
		if (channel === undefined) {
			channel = new ChannelTruth();
			this.channels.set(name, channel);
		}
		return channel;
	}

	lose(count: number, at: number): number {
		this.restarts.push(at);
		let lost = 0;
		for (const channel of this.channels.values()) lost += channel.lose(count, at);
		return lost;
	}
}

export function key(from: string | null, id: string): string {
	return `${from ?? ""} ${id}`;
}
