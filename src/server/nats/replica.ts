/*
 * One channel as this server has it: all that the stream holds of it, applied in order, so that every server
 * comes to the same. An append is judged by it and published on the condition that nothing came meanwhile:
 *
 *    judged ── published ── comes back, right after what it was judged by ──▶ applied, answered
 *       ▲                      │
 *       ╰── applied what came ─╯ refused, or something came before it: void
 */
import { RealtimeError } from "../../errors/realtime-error.js";
import { withDeadline } from "../../runtime/deadline.js";
import type { Clock } from "../../runtime/runtime.js";
import type { Appended, Fence, LogMessage, Retention } from "../contract.js";
import { MemoryChannel } from "../memory-channel.js";
import { Queue } from "../queue.js";
import { type Append, type Batch, Collected, decodeBatch } from "./batch.js";
import type { NatsConnection, Sequence } from "./connection.js";

interface Pending extends Append {
	readonly resolve: (appended: Appended) => void;
	readonly reject: (reason: unknown) => void;
}

/** What was published last. */
interface Flight {
	readonly text: string;
	/** Once the stream's order has made it count. */
	stored: readonly Appended[] | null;
}

export interface ReplicaOptions {
	readonly name: string;
	/** The channel in a subject. */
	readonly token: string;
	readonly connection: NatsConnection;
	/** This server's connection, among all. */
	readonly by: string;
	readonly retain: Retention;
	readonly clock: Clock;
	/** Without a message that is known to be there. */
	readonly timeoutMs: number;
	/** It is of no use any more, and neither is the connection. */
	readonly failed: (reason: unknown) => void;
}

/** As long as ids and fences are remembered, the messages that carry them stay in the stream. */
const TRANSIT_MS = 60_000;
/** What a published message carries beside its text. */
const HEADERS_BYTES = 1_024;
const LOOK_MS = 5;
/** Broadcasts that wait for a message: more are worth nothing by then. */
const MOST_WAITING = 256;

export class Replica {
	readonly #options: ReplicaOptions;
	readonly #pending = new Queue<Pending>();
	/** Messages of the stream that are still there, the oldest first. */
	readonly #lying = new Queue<{ readonly seq: Sequence; readonly at: number }>();
	readonly ready: Promise<MemoryChannel>;
	#channel: MemoryChannel | null = null;
	#last: Sequence = 0;
	#stop: () => void = () => undefined;
	/** Resolves at the next message that is applied. */
	#progress = signal();
	#waiting: readonly { readonly seq: Sequence; readonly run: () => void }[] = [];
	#flight: Flight | null = null;
	#isWorking = false;
	#failure: RealtimeError | null = null;
	usedAt: number;

	constructor(options: ReplicaOptions) {
		this.#options = options;
		this.usedAt = options.clock.monotonic();
		this.ready = this.#load();
		// Whoever waits for it hears of it; perhaps nobody does.
		this.ready.catch((reason) => options.failed(reason));
	}

	/** Nobody would miss it. */
	get isIdle(): boolean {
		return !this.#isWorking && this.#channel !== null && this.#channel.listeners.size === 0;
	}

	/** With all in it that was stored before it was asked for, whichever server stored it. */
	async current(): Promise<MemoryChannel> {
		const channel = await this.ready;
		const { connection, token } = this.#options;
		await this.#applied(await connection.last(token));
		return channel;
	}

	/** Of the last message that was applied. */
	get last(): Sequence {
		return this.#last;
	}

	/** Once that message has been applied: what was broadcast after it is told after it. */
	after(seq: Sequence, run: () => void): void {
		if (this.#last >= seq) run();
		else if (this.#waiting.length < MOST_WAITING) this.#waiting = [...this.#waiting, { seq, run }];
	}

	append(message: LogMessage, fence: Fence | undefined): Promise<Appended> {
		return new Promise((resolve, reject) => {
			this.#pending.push({ message, fence, resolve, reject });
			if (!this.#isWorking) void this.#work();
		});
	}

	/** The connection is gone: what was not answered may have been stored, and is asked again by its id. */
	fail(reason: RealtimeError): void {
		this.#failure ??= reason;
		this.#stop();
		this.#progress.fire();
		for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift())
			next.reject(reason);
	}

	async #load(): Promise<MemoryChannel> {
		const { connection, token, failed } = this.#options;
		const last = await connection.last(token);
		const stop = await connection.consume(token, (text, seq) => this.#told(text, seq), failed);
		this.#stop = stop;
		if (this.#failure !== null) stop();
		await this.#applied(last);
		this.#channel ??= this.#blank(connection.epoch, 0);
		if (this.#channel.epoch < connection.epoch) this.#channel.restart(connection.epoch, 0);
		return this.#channel;
	}

	#blank(epoch: string, head: number): MemoryChannel {
		const { name, retain, clock } = this.#options;
		return new MemoryChannel(name, epoch, retain, clock.monotonic(), head);
	}

	#told(text: string, seq: Sequence): void {
		if (seq <= this.#last || this.#failure !== null) return;
		try {
			this.#apply(decodeBatch(text), text, seq);
		} catch (reason) {
			this.#options.failed(reason);
		}
	}

	/**
	 * The stream's order decides: what was judged after any other message than the one before it is void, for
	 * every server alike. NATS refuses it, but for a cluster that has two of them under way at once. The
	 * first that is still there is valid: what is purged is purged up to one that is.
	 */
	#apply(batch: Batch, text: string, seq: Sequence): void {
		const { clock, connection } = this.#options;
		const { epoch, after, offset, at, entries } = batch;
		if (epoch > connection.epoch)
			throw new RealtimeError("connection-lost", "the log has begun a new epoch");
		const isValid = this.#channel === null || after === this.#last;
		this.#last = seq;
		if (isValid) {
			this.#channel ??= this.#blank(epoch, offset - 1);
			const channel = this.#channel;
			if (epoch > channel.epoch) channel.restart(epoch, 0);
			if (channel.head().offset !== offset - 1)
				throw new RealtimeError("internal", "the stream holds what this log did not write");
			this.#lying.push({ seq, at });
			const storedAt = clock.monotonic() - (clock.now() - at);
			const stored = entries.map(({ message, fence }) => channel.store(message, fence, storedAt));
			if (this.#flight?.text === text) this.#flight.stored = stored;
		}
		const due = this.#waiting.filter((each) => each.seq <= seq);
		if (due.length > 0) this.#waiting = this.#waiting.filter((each) => each.seq > seq);
		for (const { run } of due) run();
		const before = this.#progress;
		this.#progress = signal();
		before.fire();
	}

	async #work(): Promise<void> {
		this.#isWorking = true;
		try {
			const channel = await this.ready;
			while (this.#pending.length > 0 && this.#failure === null) await this.#publish(channel);
		} catch (reason) {
			this.#options.failed(reason);
			this.fail(RealtimeError.from(reason, "connection-lost"));
		}
		this.#isWorking = false;
		this.usedAt = this.#options.clock.monotonic();
	}

	/** Those of the pending ones that may be judged together. */
	async #publish(channel: MemoryChannel): Promise<void> {
		const { clock, connection, token } = this.#options;
		const collected = this.#collect(channel);
		const { appends } = collected;
		if (appends.length === 0) return;
		const [last, at] = [this.#last, clock.now()];
		const { by } = this.#options;
		const place = { by, epoch: channel.epoch, after: last, offset: channel.head().offset + 1, at };
		const text = collected.text(place);
		if (isLonger(text, connection.maxBytes - HEADERS_BYTES)) return rejectLong(appends);
		try {
			const flight: Flight = { text, stored: null };
			this.#flight = flight;
			const seq = await connection.publish(token, text, last);
			if (seq === null) await this.#passed(last);
			else await this.#applied(seq);
			if (flight.stored === null) return this.#again(appends);
			for (const [n, { resolve }] of appends.entries()) resolve(flight.stored[n] as Appended);
			this.#tidy();
		} catch (reason) {
			for (const { reject } of appends) reject(reason);
			// No other connection would have more room.
			if (RealtimeError.from(reason).code !== "overloaded") throw reason;
		}
	}

	#collect(channel: MemoryChannel): Collected<Pending> {
		const { clock, connection } = this.#options;
		const collected = new Collected<Pending>(connection.maxBytes);
		for (let next = this.#pending.peek(); next !== undefined; next = this.#pending.peek()) {
			const verdict = channel.judge(next.message, next.fence, clock.monotonic());
			if (verdict !== null) next.resolve(verdict);
			else if (!collected.take(next)) break;
			this.#pending.shift();
		}
		return collected;
	}

	#again(appends: readonly Pending[]): void {
		const later = this.#pending.slice(0, this.#pending.length);
		this.#pending.truncate(0);
		for (const each of [...appends, ...later]) this.#pending.push(each);
	}

	/**
	 * Something came after `last`, and in a cluster perhaps is not there to be read yet. If it does not come,
	 * the stream is another one.
	 */
	async #passed(last: Sequence): Promise<void> {
		const { clock, connection, timeoutMs, token } = this.#options;
		const giveUpAt = clock.monotonic() + timeoutMs;
		for (let now = last; now <= last; now = await connection.last(token)) {
			if (this.#failure !== null) throw this.#failure;
			if (this.#last > last) return;
			if (clock.monotonic() > giveUpAt)
				throw new RealtimeError("connection-lost", "the stream lost what it held");
			await clock.sleep(LOOK_MS);
		}
		if (this.#last === last) await this.#applied(last + 1);
	}

	/** Resolves when it has been told of all up to there. It takes as long as something comes. */
	async #applied(last: Sequence): Promise<void> {
		const { clock, timeoutMs: ms } = this.#options;
		while (this.#last < last && this.#failure === null) {
			const { promise } = this.#progress;
			await withDeadline(() => promise, { clock, ms, label: "NATS consumer" });
		}
		if (this.#failure !== null) throw this.#failure;
	}

	/** The last message of a channel stays for ever: its head is in it. */
	#tidy(): void {
		const { clock, connection, retain, token } = this.#options;
		const oldest = clock.now() - retain.ms - TRANSIT_MS;
		const first = this.#lying.peek();
		// A quarter of the time late, so that a busy channel is not purged at each append.
		if (first === undefined || first.at > oldest - retain.ms / 4) return;
		while (this.#lying.length > 1 && (this.#lying.peek()?.at ?? oldest) < oldest)
			this.#lying.shift();
		const { seq } = this.#lying.peek() ?? first;
		// Who comes later does it again.
		connection.purge(token, seq).catch(() => undefined);
	}
}

const isLonger = (text: string, bytes: number): boolean =>
	text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes;

/** It is alone: no more are put together than are sure to fit. */
function rejectLong(appends: readonly Pending[]): void {
	const code = "message-too-large";
	const error = new RealtimeError(code, "NATS takes no message of this size.", {
		remediation: "Raise max_payload of the NATS server, or lower maxFrameBytes of this one.",
	});
	for (const { reject } of appends) reject(error);
}

function signal(): { readonly promise: Promise<void>; readonly fire: () => void } {
	let fire: () => void = () => undefined;
	const promise = new Promise<void>((resolve) => {
		fire = resolve;
	});
	return { promise, fire };
}
