/* One channel of a memory log: what is retained, how it is numbered, and what it remembers beyond. */
import type { Position } from "../protocol/position.js";
import type {
	Appended,
	Fence,
	FollowedMessage,
	LogMessage,
	Retention,
	StoredMessage,
} from "./contract.js";
import { Queue } from "./queue.js";
import { Remembered } from "./remembered.js";

/** More than transit and queues can take: a link is dead after ten seconds. */
const TRANSIT_MS = 60_000;
const FENCED: Appended = { status: "fenced" };

export type Listener = (message: FollowedMessage) => void;

interface Retained {
	readonly message: StoredMessage;
	readonly storedAt: number;
}
interface Era {
	readonly epoch: string;
	/** The head at its beginning. */
	readonly beganAt: number;
}

export class MemoryChannel {
	readonly listeners = new Set<{ readonly call: Listener }>();
	readonly #name: string;
	readonly #retain: Retention;
	readonly #retained = new Queue<Retained>();
	readonly #ids: Remembered<number>;
	readonly #fences: Remembered<{ readonly link: number; readonly offset: number }>;
	readonly #eras: Era[];
	#head: number;
	/** A listener that appends would otherwise show the others its message before this one. */
	#untold: FollowedMessage[] | null = null;

	/** `head`: of what is not here any more; where it is not 0, nothing before it is retained. */
	constructor(name: string, epoch: string, retain: Retention, now: number, head = 0) {
		this.#name = name;
		this.#retain = retain;
		this.#head = head;
		this.#eras = [{ epoch, beganAt: head }];
		this.#ids = new Remembered(retain.ms + TRANSIT_MS, now);
		this.#fences = new Remembered(retain.ms + TRANSIT_MS, now);
	}

	get epoch(): string {
		return (this.#eras.at(-1) as Era).epoch;
	}

	/** Nothing would be lost with it. */
	get isBlank(): boolean {
		return this.#head === 0 && this.listeners.size === 0;
	}

	head(): Position {
		return this.#at(this.#head);
	}

	append(message: LogMessage, fence: Fence | undefined, now: number): Appended {
		return this.judge(message, fence, now) ?? this.store(message, fence, now);
	}

	/** What an append would be answered with that stores nothing; null: it would store. */
	judge(message: LogMessage, fence: Fence | undefined, now: number): Appended | null {
		this.#ids.turn(now);
		const known = this.#ids.get(scoped(message.from, message.id));
		if (known !== undefined)
			return { status: "stored", position: this.#at(known), duplicate: true };
		const isRefused = fence !== undefined && this.#isFenced(message.from, fence, now);
		return isRefused ? FENCED : null;
	}

	/** What was judged, here or by another server. */
	store(
		message: LogMessage,
		fence: Pick<Fence, "client" | "link"> | undefined,
		now: number,
	): Appended {
		const key = scoped(message.from, message.id);
		const position = this.#at(++this.#head);
		if (fence !== undefined) {
			const raised = { link: fence.link, offset: this.#head };
			this.#fences.set(scoped(message.from, fence.client), raised, now);
		}
		this.#ids.set(key, this.#head, now);
		const stored = { ...message, channel: this.#name, position };
		this.#retained.push({ message: stored, storedAt: now });
		this.trim(now);
		this.tell(stored);
		return { status: "stored", position, duplicate: false };
	}

	lookup(from: string | null, id: string): Position | null {
		const offset = this.#ids.get(scoped(from, id));
		return offset === undefined ? null : this.#at(offset);
	}

	tell(message: FollowedMessage): void {
		if (this.#untold !== null) {
			this.#untold.push(message);
			return;
		}
		this.#untold = [message];
		// The array grows while it is walked.
		for (const next of this.#untold) {
			for (const listener of this.listeners) attempt(listener.call, next);
		}
		this.#untold = null;
	}

	read(after: Position, limit: number): { messages: readonly StoredMessage[]; complete: boolean } {
		const base = this.#head - this.#retained.length;
		const isOurs = after.epoch === this.epoch;
		const from = Math.min(Math.max(isOurs ? after.offset : this.#lowest(after), base), this.#head);
		return {
			messages: this.#slice(from - base, from - base + limit),
			complete: isOurs && after.offset >= base && after.offset <= this.#head,
		};
	}

	before(position: Position | null, limit: number): readonly StoredMessage[] {
		const base = this.#head - this.#retained.length;
		const until =
			position === null
				? this.#head
				: (position.epoch === this.epoch ? position.offset : this.#lowest(position) + 1) - 1;
		const end = Math.max(0, Math.min(until, this.#head) - base);
		return this.#slice(Math.max(0, end - limit), end);
	}

	/** Trimming moves the beginning, never the head. */
	trim(now: number): void {
		const { messages, ms } = this.#retain;
		for (let first = this.#retained.peek(); first !== undefined; first = this.#retained.peek()) {
			if (this.#retained.length <= messages && now - first.storedAt <= ms) break;
			this.#retained.shift();
		}
		this.#ids.turn(now);
		this.#fences.turn(now);
	}

	/** A new epoch that begins `lost` messages before the head; what was known of them is gone too. */
	restart(epoch: string, lost: number): void {
		const kept = this.#retained.length - lost;
		this.#head = Math.max(0, this.#head - lost);
		this.#retained.truncate(kept);
		this.#eras.push({ epoch, beganAt: this.#head });
		this.#ids.forget((offset) => offset > this.#head);
		this.#fences.forget(({ offset }) => offset > this.#head);
		this.#retained.replace(({ message, storedAt }) => ({
			message: { ...message, position: this.#at(message.position.offset) },
			storedAt,
		}));
	}

	#isFenced(from: string | null, { client, link, epoch }: Fence, now: number): boolean {
		if (epoch !== null && epoch !== this.epoch) return true;
		this.#fences.turn(now);
		return link < (this.#fences.get(scoped(from, client))?.link ?? link);
	}

	/**
	 * Where what follows a position of another epoch begins: each epoch since may have begun before
	 * it. One that is ahead of ours is of another log, and says nothing about this one.
	 */
	#lowest({ epoch, offset }: Position): number {
		const since = this.#eras.filter((era) => era.epoch > epoch);
		if (since.length === 0) return 0;
		return since.reduce((lowest, { beganAt }) => Math.min(lowest, beganAt), offset);
	}

	#slice(from: number, to: number): readonly StoredMessage[] {
		return this.#retained.slice(from, to).map(({ message }) => message);
	}

	#at(offset: number): Position {
		return { epoch: this.epoch, offset };
	}
}

/** One text from two, such that no other two give the same; null is nobody's name. */
function scoped(from: string | null, id: string): string {
	return from === null ? `-${id}` : `${from.length}:${from}${id}`;
}

/** What a listener throws is its own affair: the message is stored all the same. */
function attempt(listener: Listener, message: FollowedMessage): void {
	try {
		listener(message);
	} catch {}
}
