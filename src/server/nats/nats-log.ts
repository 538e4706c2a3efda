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
import type { MemoryChannel } from "../memory-channel.js";
import { RETAIN } from "../memory-log.js";
import { checkLogOptions } from "../shared/check-options.js";
import { Followed } from "../shared/followed.js";
import { Redial } from "../shared/redial.js";
import { checkPlace } from "./check-place.js";
import { NatsConnection } from "./connection.js";
import { NatsSession } from "./session.js";

/** What `natsLog` takes. Only `servers` is required. */
export interface NatsLogOptions {
	/**
	 * One server, or those of one cluster: `nats://` or, with TLS, `tls://`; without a name or a password. A
	 * function is asked before each dial.
	 */
	readonly servers:
		| string
		| readonly string[]
		| (() => string | readonly string[] | Promise<string | readonly string[]>);
	/** Whom to log in as. @default nobody */
	readonly login?: { readonly token: string } | { readonly user: string; readonly pass: string };
	/** The stream that holds the log; it is made if there is none. @default "HOLDFAST" */
	readonly stream?: string;
	/** What its subjects begin with. @default "holdfast" */
	readonly subject?: string;
	/**
	 * Copies of the stream, where it is made: 1 on a server alone, 3 or 5 in a cluster, which then goes on
	 * in one epoch whoever leads it. One copy in a cluster is refused. @default 1
	 */
	readonly replicas?: number;
	/** Per channel; the same for all gateways. Publish ids are remembered a minute longer than `ms`. @default 10000 messages, 10 min */
	readonly retain?: Retention;
	/** Of a dial, and of an answer: a NATS that is silent for longer is dialled anew. @default 3000 */
	readonly timeoutMs?: number;
	/** Hears of a NATS that is away; never of a message, a URL or a password. @default nothing is logged */
	readonly logger?: Logger;
	/** Time and chance, for tests. @default the system's */
	readonly runtime?: { readonly clock?: Clock; readonly random?: () => number };
}

/**
 * One log for many servers, in NATS JetStream 2.9 or newer: one stream, a subject a channel. Each server keeps the
 * channels in use in its memory, and publishes on the condition that it has seen the last message of the
 * channel: so id and fence are checked, the offset given and the message stored in one step. It dials at
 * once, and again whenever NATS was away; meanwhile every call is rejected with `connection-lost`, and
 * clients send again.
 *
 * After each restart of a server that has the only copy the epoch is another one, whether a tail was lost
 * or not: clients hear a `gap`, get all that is retained, and nothing twice.
 * @throws RealtimeError `invalid-option`
 */
export function natsLog(options: NatsLogOptions): MessageLog {
	return new NatsLog(options);
}

class NatsLog implements MessageLog {
	readonly retain: Retention;
	readonly #clock: Clock;
	readonly #redial: Redial<NatsSession>;
	/** Where each is heard from now. */
	readonly #followed = new Map<Followed, AsyncDisposable | null>();

	constructor(options: NatsLogOptions) {
		const { timeoutMs = 3_000, retain = RETAIN, logger = silentLogger, runtime = {} } = options;
		const { servers } = options;
		const urls = typeof servers === "function" ? [servers] : [servers].flat();
		for (const url of urls.length > 0 ? urls : [""])
			checkLogOptions({ url, protocols: ["nats:", "tls:"], retain, timeoutMs });
		const { clock = systemClock, random = Math.random } = runtime;
		const { stream = "HOLDFAST", subject = "holdfast", replicas = 1 } = options;
		const place = checkPlace({ stream, subject, replicas });
		this.retain = retain;
		this.#clock = clock;
		this.#redial = new Redial({
			...{ name: "NATS", clock, random, logger, timeoutMs },
			dial: async () => {
				const found = typeof servers === "function" ? await servers() : servers;
				const access = { servers: [found].flat(), timeoutMs, ...options.login };
				const connection = await NatsConnection.dial(access, place, random);
				const by = `${clock.now().toString(36)}-${random().toString(36).slice(2)}`;
				return new NatsSession(connection, { by, retain, clock, timeoutMs });
			},
			near: (session) => {
				for (const followed of this.#followed.keys()) void this.#rejoin(session, followed);
			},
		});
	}

	async append(channel: string, message: LogMessage, fence?: Fence): Promise<Appended> {
		const session = await this.#redial.use();
		return this.#say(session.open(channel).append(message, fence));
	}

	async lookup(channel: string, from: string | null, id: string): Promise<Position | null> {
		return (await this.#open(channel)).lookup(from, id);
	}

	async broadcast(channel: string, message: LogMessage): Promise<void> {
		const session = await this.#redial.use();
		await this.#say(session.broadcast(channel, message));
	}

	async read(
		channel: string,
		after: Position,
		limit: number,
	): Promise<{ messages: readonly StoredMessage[]; complete: boolean }> {
		return (await this.#open(channel)).read(after, limit);
	}

	async before(
		channel: string,
		position: Position | null,
		limit: number,
	): Promise<readonly StoredMessage[]> {
		return (await this.#open(channel)).before(position, limit);
	}

	async head(channel: string): Promise<Position> {
		return (await this.#open(channel)).head();
	}

	/** Rejects while NATS is away; once it has begun it outlives any absence. */
	async follow(
		channel: string,
		listener: (message: FollowedMessage) => void,
	): Promise<AsyncDisposable> {
		const followed = new Followed(channel, listener, this);
		const session = await this.#redial.use();
		this.#followed.set(followed, null);
		try {
			await this.#say(this.#join(session, followed));
		} catch (reason) {
			followed.end();
			this.#followed.delete(followed);
			throw reason;
		}
		return {
			[ASYNC_DISPOSE]: async () => {
				followed.end();
				const heard = this.#followed.get(followed);
				this.#followed.delete(followed);
				await heard?.[ASYNC_DISPOSE]();
			},
		};
	}

	/** Every later call rejects with `closed`; what is stored stays. */
	async [ASYNC_DISPOSE](): Promise<void> {
		for (const followed of this.#followed.keys()) followed.end();
		this.#followed.clear();
		this.#redial.end();
	}

	async #open(channel: string): Promise<MemoryChannel> {
		const session = await this.#redial.use();
		const opened = await this.#say(session.open(channel).current());
		opened.trim(this.#clock.monotonic());
		return opened;
	}

	#join(session: NatsSession, followed: Followed): Promise<void> {
		return followed.join(async () => {
			const heard = await session.follow(followed.channel, (message) => followed.hear(message));
			if (this.#followed.has(followed)) this.#followed.set(followed, heard);
			else await heard[ASYNC_DISPOSE]();
		});
	}

	async #rejoin(session: NatsSession, followed: Followed): Promise<void> {
		// Half followed is not followed: the next connection tries again.
		await this.#join(session, followed).catch(() => this.#redial.drop(session));
	}

	async #say<T>(answer: Promise<T>): Promise<T> {
		return answer.catch((reason: unknown) => {
			throw this.#redial.away(reason);
		});
	}
}
