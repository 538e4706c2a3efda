/*
 * One channel as this server has it: all that the stream holds of it, applied in order, so that every server
 * comes to the same. An append is judged by it and published on the condition that nothing came meanwhile:
 *
 *    judged ── published ── stored ──▶ applied, answered
 *       ▲                      │
 *       ╰── applied what came ─╯ something came before it
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

export interface ReplicaOptions {
	readonly name: string;
	/** The channel in a subject. */
	readonly token: string;
	readonly connection: NatsConnection;
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
			this.#apply(decodeBatch(text), seq);
		} catch (reason) {
			this.#options.failed(reason);
		}
	}

	#apply({ epoch, offset, at, entries }: Batch, seq: Sequence): readonly Appended[] {
		const { clock, connection } = this.#options;
		this.#channel ??= this.#blank(epoch, offset - 1);
		const channel = this.#channel;
		if (epoch > connection.epoch)
			throw new RealtimeError("connection-lost", "the log has begun a new epoch");
		if (epoch > channel.epoch) channel.restart(epoch, 0);
		if (channel.head().offset !== offset - 1)
			throw new RealtimeError("internal", "the stream holds what this log did not write");
		this.#last = seq;
		this.#lying.push({ seq, at });
		const storedAt = clock.monotonic() - (clock.now() - at);
		const appended = entries.map(({ message, fence }) => channel.store(message, fence, storedAt));
		const before = this.#progress;
		this.#progress = signal();
		before.fire();
		return appended;
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
		const text = collected.text(channel.epoch, channel.head().offset + 1, at);
		if (isLonger(text, connection.maxBytes - HEADERS_BYTES)) return rejectLong(appends);
		try {
			const seq = await connection.publish(token, text, last);
			if (seq === null) {
				await this.#passed(last);
				this.#again(appends);
				return;
			}
			// What was published on this condition is next, and need not be waited for.
			const isNext = this.#last < seq;
			const appended = isNext ? this.#apply(decodeBatch(text), seq) : null;
			for (const [n, { message, fence, resolve }] of appends.entries()) {
				const own = appended?.[n] ?? this.#stored(channel, message, fence);
				resolve(own);
			}
			this.#tidy();
		} catch (reason) {
			for (const { reject } of appends) reject(reason);
			// No other connection would have more room.
			if (RealtimeError.from(reason).code !== "overloaded") throw reason;
		}
	}

	/** The consumer was faster than the answer. */
	#stored(channel: MemoryChannel, message: LogMessage, fence: Fence | undefined): Appended {
		const known = channel.judge(message, fence, this.#options.clock.monotonic());
		return known?.status === "stored" ? { ...known, duplicate: false } : { status: "fenced" };
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

	/** What we have not heard of is not there: the stream is another one. */
	async #passed(last: Sequence): Promise<void> {
		const { connection, token } = this.#options;
		const now = await connection.last(token);
		if (now <= last) throw new RealtimeError("connection-lost", "the stream lost what it held");
		await this.#applied(now);
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
