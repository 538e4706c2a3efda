/*
 * The log of the main region, as a gateway in another PoP has it.
 *
 *             connected                       lost, or silent for 4 s
 *    away ────────────────▶ near: follows are ────────────────────────▶ away: every question is rejected,
 *     ▲                     taken up again,                                   those in flight too; the next
 *     │                     what was missed is read                           try comes after 100 ms to 2 s
 *     ╰───────────────────────────────────────────────────────────────────────╯
 *
 * A question that was in flight may have been answered on the other side: an append is asked again by its
 * id, as with any log that goes away in the middle.
 */
import type { Duplex } from "node:stream";
import type {
	Appended,
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
	StoredMessage,
} from "holdfast/server";
import { Followed } from "./followed.js";
import { type Answers, type Ask, listen, type Position, say, type Told } from "./wire.js";

export interface RemoteLogOptions {
	/** A new connection, not yet connected; it tells of itself by "connect" or "secureConnect". */
	readonly dial: () => Duplex;
	readonly retain: Retention;
	/** Near or away, whenever that changes. */
	readonly changed?: (isNear: boolean) => void;
}

interface Pending {
	readonly askedAt: number;
	readonly resolve: (answer: never) => void;
	readonly reject: (reason: Error) => void;
}

const LOOK_MS = 1_000;
const SILENT_MS = 4_000;
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [100, 2_000];
const AWAY = "The log is away.";

export class RemoteLog implements MessageLog {
	readonly retain: Retention;
	readonly #options: RemoteLogOptions;
	readonly #pending = new Map<number, Pending>();
	readonly #follows = new Map<number, Followed>();
	#stream: Duplex | null = null;
	#isNear = false;
	#isOver = false;
	#heardAt = 0;
	#retryMs = FIRST_RETRY_MS;
	#timer: NodeJS.Timeout | undefined;
	#watch: NodeJS.Timeout | undefined;
	#n = 0;

	constructor(options: RemoteLogOptions) {
		this.#options = options;
		this.retain = options.retain;
	}

	/** Dials, and goes on dialling until it is disposed. */
	start(): void {
		if (this.#stream === null && !this.#isOver) this.#dial();
	}

	get isNear(): boolean {
		return this.#isNear;
	}

	append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended> {
		const sentAt = Date.now();
		return this.#ask({ ask: "append", channel, message, fence: fence ?? null, sentAt });
	}

	lookup(channel: string, from: string | null, id: string): Promise<Position | null> {
		return this.#ask({ ask: "lookup", channel, from, id });
	}

	async broadcast(channel: string, message: LogMessage): Promise<void> {
		await this.#ask({ ask: "broadcast", channel, message });
	}

	read(channel: string, after: Position, limit: number): Promise<Answers["read"]> {
		return this.#ask({ ask: "read", channel, after, limit });
	}

	before(
		channel: string,
		position: Position | null,
		limit: number,
	): Promise<readonly StoredMessage[]> {
		return this.#ask({ ask: "before", channel, position, limit });
	}

	head(channel: string): Promise<Position> {
		return this.#ask({ ask: "head", channel });
	}

	/** Rejects while the log is away; once it has begun it outlives any absence. */
	async follow(
		channel: string,
		listener: (message: FollowedMessage) => void,
	): Promise<AsyncDisposable> {
		const followed = new Followed(channel, listener, (after, limit) =>
			this.read(channel, after, limit),
		);
		await this.#join(followed);
		return {
			[Symbol.asyncDispose]: async () => {
				followed.end();
				const [n] = [...this.#follows].find(([, each]) => each === followed) ?? [];
				if (n === undefined) return;
				this.#follows.delete(n);
				if (this.#isNear) await this.#ask({ ask: "unfollow", follow: n }).catch(() => undefined);
			},
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isOver = true;
		clearTimeout(this.#timer);
		this.#follows.clear();
		this.#stream?.destroy();
		this.#lose();
	}

	#ask<A extends Ask>(ask: A): Promise<Answers[A["ask"]]> {
		return this.#send(ask, ++this.#n);
	}

	#send<A extends Ask>(ask: A, n: number): Promise<Answers[A["ask"]]> {
		return new Promise((resolve, reject) => {
			if (!this.#isNear || this.#stream === null) return reject(new Error(AWAY));
			this.#pending.set(n, { askedAt: performance.now(), resolve, reject });
			say(this.#stream, { ...ask, n });
		});
	}

	async #join(followed: Followed): Promise<void> {
		const n = ++this.#n;
		this.#follows.set(n, followed);
		try {
			followed.joined(await this.#send({ ask: "follow", channel: followed.channel }, n));
		} catch (reason) {
			// The next connection takes up what was followed before, not what never began.
			if (!followed.hasBegun) this.#follows.delete(n);
			throw reason;
		}
	}

	#dial(): void {
		const stream = this.#options.dial();
		this.#stream = stream;
		this.#heardAt = performance.now();
		stream.on("connect", () => this.#reach(stream, "connect"));
		stream.on("secureConnect", () => this.#reach(stream, "secureConnect"));
		stream.on("data", () => {
			this.#heardAt = performance.now();
		});
		stream.on("error", () => undefined);
		stream.on("end", () => stream.destroy());
		stream.on("close", () => {
			if (this.#stream !== stream) return;
			this.#lose();
			if (this.#isOver) return;
			this.#timer = setTimeout(() => this.#dial(), this.#retryMs * (0.5 + Math.random() / 2));
			this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
		});
		this.#watch = setInterval(() => this.#look(stream), LOOK_MS);
	}

	/** A TLS socket says "connect" too, and is not there yet. */
	#reach(stream: Duplex, event: "connect" | "secureConnect"): void {
		const isTls = "encrypted" in stream;
		if (stream !== this.#stream || isTls !== (event === "secureConnect")) return;
		this.#isNear = true;
		this.#retryMs = FIRST_RETRY_MS;
		listen<Told>(stream, (told) => this.#hear(told));
		const before = [...this.#follows];
		this.#follows.clear();
		for (const [, followed] of before) {
			followed.rejoin();
			this.#join(followed).catch(() => this.#stream === stream && stream.destroy());
		}
		this.#options.changed?.(true);
	}

	#hear(told: Told): void {
		if ("follow" in told) return this.#follows.get(told.follow)?.hear(told.message);
		const pending = this.#pending.get(told.n);
		this.#pending.delete(told.n);
		if ("error" in told) pending?.reject(new Error(told.error));
		else pending?.resolve(told.answer as never);
	}

	/** Silence is noticed also where TCP would wait for minutes. */
	#look(stream: Duplex): void {
		if (performance.now() - this.#heardAt > SILENT_MS) stream.destroy();
		else if (this.#isNear) this.#ask({ ask: "ping" }).catch(() => undefined);
	}

	#lose(): void {
		clearInterval(this.#watch);
		this.#stream = null;
		const wasNear = this.#isNear;
		this.#isNear = false;
		for (const { reject } of this.#pending.values()) reject(new Error(AWAY));
		this.#pending.clear();
		if (wasNear) this.#options.changed?.(false);
	}
}
