import { RealtimeError } from "../errors/realtime-error.js";
import type { Position } from "../protocol/position.js";
import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import { systemClock } from "../runtime/clock.js";
import type { Clock } from "../runtime/runtime.js";
import type {
	Appended,
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
	StoredMessage,
} from "./contract.js";
import { nextEpoch } from "./epoch.js";
import { MemoryChannel } from "./memory-channel.js";

/** What `memoryLog` takes. */
export interface MemoryLogOptions {
	/** Per channel. Publish ids are remembered a minute longer than `ms`. @default 10000 messages, 10 min */
	readonly retain?: Retention;
	/** Time and chance, for tests. @default the system's */
	readonly runtime?: { readonly clock?: Clock; readonly random?: () => number };
}

export const RETAIN: Retention = { messages: 10_000, ms: 600_000 };

/** What a restart leaves: everything, nothing, or all but the last `lostTail` of each channel. */
export interface Restart {
	/** How much of each channel is left. */
	readonly keep: "all" | "none" | { readonly lostTail: number };
}

/** Messages in this process's memory: one server alone, development, and tests. Gone when it ends. */
export function memoryLog(options: MemoryLogOptions = {}): MemoryLog {
	return new MemoryLog(options);
}

/** What `memoryLog()` returns: a `MessageLog`, and `restart` for tests of lost logs. */
export class MemoryLog implements MessageLog {
	readonly retain: Retention;
	readonly #clock: Clock;
	readonly #random: () => number;
	#channels = new Map<string, MemoryChannel>();
	#epoch: string;
	/** Channels that nobody uses any more are trimmed too: one of them at each append. */
	#sweep: Iterator<MemoryChannel> = this.#channels.values();
	#isOver = false;

	constructor({ retain = RETAIN, runtime = {} }: MemoryLogOptions) {
		if (!(retain.messages >= 1 && retain.ms > 0))
			throw new RealtimeError("invalid-option", "retain takes positive numbers.");
		this.retain = retain;
		this.#clock = runtime.clock ?? systemClock;
		this.#random = runtime.random ?? Math.random;
		this.#epoch = nextEpoch(null, this.#clock.now(), this.#random);
	}

	async append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended> {
		this.#use();
		const now = this.#clock.monotonic();
		const result = this.#open(channel).append(message, fence, now);
		this.#sweepOne(now);
		return result;
	}

	async lookup(channel: string, from: string | null, id: string): Promise<Position | null> {
		this.#use();
		return this.#look(channel).lookup(from, id);
	}

	async broadcast(channel: string, message: LogMessage): Promise<void> {
		this.#use();
		this.#channels.get(channel)?.tell({ ...message, channel, position: null });
	}

	async read(
		channel: string,
		after: Position,
		limit: number,
	): Promise<{ messages: readonly StoredMessage[]; complete: boolean }> {
		this.#use();
		return this.#look(channel).read(after, limit);
	}

	async before(
		channel: string,
		position: Position | null,
		limit: number,
	): Promise<readonly StoredMessage[]> {
		this.#use();
		return this.#look(channel).before(position, limit);
	}

	/** The position of the last message; offset 0 where there is none. */
	async head(channel: string): Promise<Position> {
		this.#use();
		return this.#look(channel).head();
	}

	/** Tells `listener` of what is stored and broadcast from now on, in order, until disposed. */
	async follow(
		channel: string,
		listener: (message: FollowedMessage) => void,
	): Promise<AsyncDisposable> {
		this.#use();
		// A wrapper each, so that one function that follows twice hears twice and leaves once.
		const entry = { call: listener };
		this.#open(channel).listeners.add(entry);
		return {
			[ASYNC_DISPOSE]: async () => {
				// A restart may have put another in the place of the one that we joined.
				const current = this.#channels.get(channel);
				current?.listeners.delete(entry);
				if (current?.isBlank) this.#channels.delete(channel);
			},
		};
	}

	/** What a log's failover looks like, for tests: a new epoch, and whoever follows goes on following. */
	restart({ keep }: Restart): void {
		this.#epoch = nextEpoch(this.#epoch, this.#clock.now(), this.#random);
		const lost = typeof keep === "object" ? keep.lostTail : 0;
		if (keep !== "none") {
			for (const channel of this.#channels.values()) channel.restart(this.#epoch, lost);
			return;
		}
		const before = this.#channels;
		this.#channels = new Map();
		for (const [name, { listeners }] of before) {
			if (listeners.size === 0) continue;
			const { listeners: added } = this.#open(name);
			for (const listener of listeners) added.add(listener);
		}
		this.#sweep = this.#channels.values();
	}

	/** Every later call rejects with `closed`. */
	async [ASYNC_DISPOSE](): Promise<void> {
		this.#isOver = true;
		this.#channels.clear();
	}

	#use(): void {
		if (this.#isOver) throw new RealtimeError("closed", "The log is closed.");
	}

	#open(name: string): MemoryChannel {
		const known = this.#channels.get(name);
		if (known !== undefined) return known;
		const channel = this.#blank(name);
		this.#channels.set(name, channel);
		return channel;
	}

	/** Looking at a channel that was never written leaves no trace: names are a peer's to invent. */
	#look(name: string): MemoryChannel {
		const channel = this.#channels.get(name);
		channel?.trim(this.#clock.monotonic());
		return channel ?? this.#blank(name);
	}

	#blank(name: string): MemoryChannel {
		return new MemoryChannel(name, this.#epoch, this.retain, this.#clock.monotonic());
	}

	#sweepOne(now: number): void {
		const { value, done } = this.#sweep.next();
		if (done) this.#sweep = this.#channels.values();
		else value.trim(now);
	}
}
