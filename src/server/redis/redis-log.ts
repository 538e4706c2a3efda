import { RealtimeError } from "../../errors/realtime-error.js";
import type { Position } from "../../protocol/position.js";
import { ASYNC_DISPOSE } from "../../reactive/disposable.js";
import { systemClock } from "../../runtime/clock.js";
import { silentLogger } from "../../runtime/logger.js";
import type { Clock, Logger } from "../../runtime/runtime.js";
import type {
	Appended,
	Fence,
	FollowedMessage,
	LogMessage,
	MessageLog,
	Retention,
	StoredMessage,
} from "../contract.js";
import { RETAIN } from "../memory-log.js";
import { checkLogOptions } from "../shared/check-options.js";
import { Followed } from "../shared/followed.js";
import { Redial } from "../shared/redial.js";
import { RedisConnection, type ScriptName } from "./connection.js";
import { decodeFollowed, decodeStored } from "./decode.js";
import { clientKey, idKey, keysOf } from "./keys.js";

/** What `redisLog` takes. Only `url` is required. */
export interface RedisLogOptions {
	/**
	 * Of the primary: `redis://` or, with TLS, `rediss://`, with name and password as needed. A function is
	 * asked before each dial, so that it can ask Sentinel who the primary is now.
	 */
	readonly url: string | (() => string | Promise<string>);
	/** What all its keys begin with. In a Redis Cluster it needs a hash tag: `"{holdfast}:"`. @default "holdfast:" */
	readonly prefix?: string;
	/** Per channel; the same for all gateways. Publish ids are remembered a minute longer than `ms`. @default 10000 messages, 10 min */
	readonly retain?: Retention;
	/** Of a dial, and of an answer: a Redis that is silent for longer is dialled anew. @default 3000 */
	readonly timeoutMs?: number;
	/** Hears of a Redis that is away; never of a message, a URL or a password. @default nothing is logged */
	readonly logger?: Logger;
	/** Time and chance, for tests. @default the system's, and Redis's own time for what it stores */
	readonly runtime?: { readonly clock?: Clock; readonly random?: () => number };
}

/** More than a page of what a server asks for. */
const MOST_READ = 1_000;
/** Beyond what ids and fences vouch for: its sender has given it up long ago. */
const OLDEST_APPEND_MS = 20_000;

/**
 * One log for many servers, in Redis 7 or newer: a Stream a channel, and a script that checks id and fence,
 * gives the offset and stores, in one step. It dials at once, and again whenever Redis was away; meanwhile
 * every call is rejected with `connection-lost`, and clients send again.
 *
 * After each restart and each promotion of a replica the epoch is another one, whether a tail was lost or
 * not: clients hear a `gap`, get all that is retained, and nothing twice.
 * @throws RealtimeError `invalid-option`
 */
export function redisLog(options: RedisLogOptions): MessageLog {
	return new RedisLog(options);
}

class RedisLog implements MessageLog {
	readonly retain: Retention;
	readonly #prefix: string;
	/** Null: Redis's own time counts. */
	readonly #now: (() => number) | null;
	readonly #redial: Redial<RedisConnection>;
	readonly #followed = new Map<Followed, (text: string) => void>();

	constructor({
		url,
		prefix = "holdfast:",
		retain = RETAIN,
		timeoutMs = 3_000,
		logger = silentLogger,
		runtime = {},
	}: RedisLogOptions) {
		checkLogOptions({ url, protocols: ["redis:", "rediss:"], retain, timeoutMs });
		const { clock = systemClock, random = Math.random } = runtime;
		this.retain = retain;
		this.#prefix = prefix;
		this.#now = runtime.clock === undefined ? null : () => clock.now();
		this.#redial = new Redial({
			...{ name: "Redis", clock, random, logger, timeoutMs },
			dial: async (signal) => {
				const address = typeof url === "string" ? url : await url();
				return RedisConnection.dial(address, clock, timeoutMs, signal);
			},
			near: (connection) => {
				for (const followed of this.#followed.keys()) void this.#rejoin(connection, followed);
			},
		});
	}

	async append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended> {
		const { id, from, at, data = null } = message;
		const connection = await this.#redial.use();
		const reply = await this.#ask(connection, "append", channel, [
			JSON.stringify({ id, from, at, data }),
			idKey(from, id),
			fence === undefined ? "" : clientKey(from, fence.client),
			String(fence?.link ?? 0),
			typeof fence?.epoch === "string" ? `=${fence.epoch}` : "",
			this.#feed(channel),
			String(connection.timeIn(OLDEST_APPEND_MS)),
		]);
		const [status, epoch, offset, duplicate] = reply;
		if (status === "fenced") return { status };
		const position = { epoch: String(epoch), offset: Number(offset) };
		return { status: "stored", position, duplicate: duplicate === 1 };
	}

	async lookup(channel: string, from: string | null, id: string): Promise<Position | null> {
		const [epoch, offset] = await this.#look(channel, "lookup", idKey(from, id));
		return offset === "" ? null : { epoch: String(epoch), offset: Number(offset) };
	}

	async broadcast(channel: string, { id, from, at, data = null }: LogMessage): Promise<void> {
		const connection = await this.#redial.use();
		const text = JSON.stringify({ message: { id, from, at, data } });
		await connection.publish(this.#feed(channel), text).catch((reason: unknown) => {
			throw this.#redial.away(reason);
		});
	}

	async read(
		channel: string,
		{ epoch, offset }: Position,
		limit: number,
	): Promise<{ messages: readonly StoredMessage[]; complete: boolean }> {
		const args = [epoch, String(offset), count(limit)];
		const [now, complete, entries] = await this.#look(channel, "read", ...args);
		return { messages: decodeStored(channel, now, entries), complete: complete === 1 };
	}

	async before(
		channel: string,
		position: Position | null,
		limit: number,
	): Promise<readonly StoredMessage[]> {
		const { epoch, offset } = position ?? { epoch: "", offset: 0 };
		const [now, , entries] = await this.#look(
			...([channel, "before", epoch, String(offset), count(limit)] as const),
		);
		return decodeStored(channel, now, entries);
	}

	async head(channel: string): Promise<Position> {
		const [epoch, offset] = await this.#look(channel, "head");
		return { epoch: String(epoch), offset: Number(offset) };
	}

	/** Rejects while Redis is away; once it has begun it outlives any absence. */
	async follow(
		channel: string,
		listener: (message: FollowedMessage) => void,
	): Promise<AsyncDisposable> {
		const followed = new Followed(channel, listener, this);
		const hear = (text: string): void => followed.hear(decodeFollowed(channel, text));
		const name = this.#feed(channel);
		const connection = await this.#redial.use();
		this.#followed.set(followed, hear);
		try {
			await followed.join(() => connection.subscribe(name, hear));
		} catch (reason) {
			followed.end();
			this.#followed.delete(followed);
			throw this.#redial.away(reason);
		}
		return {
			[ASYNC_DISPOSE]: async () => {
				followed.end();
				this.#followed.delete(followed);
				// Away: nothing is followed there any more.
				const near = await this.#redial.use().catch(() => null);
				await near?.unsubscribe(name, hear).catch(() => undefined);
			},
		};
	}

	/** Every later call rejects with `closed`; what is stored stays. */
	async [ASYNC_DISPOSE](): Promise<void> {
		for (const followed of this.#followed.keys()) followed.end();
		this.#followed.clear();
		this.#redial.end();
	}

	#feed(channel: string): string {
		return keysOf(this.#prefix, channel).feed;
	}

	async #look(channel: string, ...args: readonly string[]): Promise<readonly unknown[]> {
		return this.#ask(await this.#redial.use(), "look", channel, args);
	}

	async #ask(
		connection: RedisConnection,
		script: ScriptName,
		channel: string,
		args: readonly string[],
	): Promise<readonly unknown[]> {
		const { keys } = keysOf(this.#prefix, channel);
		const { messages, ms } = this.retain;
		const now = this.#now === null ? "" : String(this.#now());
		try {
			return await connection.run(script, keys, [now, String(messages), String(ms), ...args]);
		} catch (reason) {
			const error = RealtimeError.from(reason);
			if (error.code !== "connection-lost") throw error;
			this.#redial.drop(connection);
			throw this.#redial.away(error);
		}
	}

	async #rejoin(connection: RedisConnection, followed: Followed): Promise<void> {
		const hear = this.#followed.get(followed);
		if (hear === undefined) return;
		const name = this.#feed(followed.channel);
		try {
			await followed.join(() => connection.subscribe(name, hear));
			if (!this.#followed.has(followed)) await connection.unsubscribe(name, hear);
		} catch {
			// Half followed is not followed: the next connection tries again.
			this.#redial.drop(connection);
		}
	}
}

const count = (limit: number): string =>
	String(Math.max(0, Math.min(Math.floor(limit), MOST_READ)));
