/* What a server hears of its log: one follow a channel, shared by all the links that are subscribed. */
import type { Position } from "../protocol/position.js";
import { ASYNC_DISPOSE, disposable } from "../reactive/disposable.js";
import type { Clock, Logger } from "../runtime/runtime.js";
import type { FollowedMessage, MessageLog } from "./contract.js";
import { kindOf } from "./fault.js";

type Listener = (message: FollowedMessage) => void;

interface Followed {
	readonly listeners: Set<Listener>;
	readonly follow: Promise<AsyncDisposable>;
	head: { readonly readAt: number; readonly value: Promise<Position | null> } | null;
}

export class Feed {
	readonly #log: MessageLog;
	readonly #clock: Clock;
	readonly #logger: Logger;
	/** Links whose reports fall into one span of this length share one reading of the head. */
	readonly #shareMs: number;
	readonly #channels = new Map<string, Followed>();

	constructor(
		log: MessageLog,
		world: { readonly clock: Clock; readonly logger: Logger },
		shareMs: number,
	) {
		this.#log = log;
		this.#clock = world.clock;
		this.#logger = world.logger;
		this.#shareMs = shareMs;
	}

	/** Resolves when every later message will be heard. Rejects if the log cannot be followed. */
	async join(channel: string, listener: Listener): Promise<Disposable> {
		const followed = this.#channels.get(channel) ?? this.#follow(channel);
		// A wrapper each: one function may listen twice.
		const entry: Listener = (message) => listener(message);
		followed.listeners.add(entry);
		const leave = (): void => {
			if (followed.listeners.delete(entry)) this.#release(channel, followed);
		};
		try {
			await followed.follow;
		} catch (reason) {
			leave();
			throw reason;
		}
		return disposable(leave);
	}

	/** The log's head, at most `shareMs` old; null if the log does not say. */
	head(channel: string): Promise<Position | null> {
		const followed = this.#channels.get(channel);
		const now = this.#clock.monotonic();
		if (followed?.head && now - followed.head.readAt < this.#shareMs) return followed.head.value;
		const value = this.#readHead(channel);
		if (followed) followed.head = { readAt: now, value };
		return value;
	}

	async #readHead(channel: string): Promise<Position | null> {
		try {
			return await this.#log.head(channel);
		} catch (reason) {
			this.#logger.warn("head-failed", { kind: kindOf(reason) });
			return null;
		}
	}

	#follow(channel: string): Followed {
		const listeners = new Set<Listener>();
		const tell = (message: FollowedMessage): void => {
			for (const listener of listeners) this.#tell(listener, message);
		};
		const follow = Promise.resolve(this.#log.follow(channel, tell));
		const followed: Followed = { listeners, follow, head: null };
		this.#channels.set(channel, followed);
		return followed;
	}

	/** One link's trouble is not the others'. */
	#tell(listener: Listener, message: FollowedMessage): void {
		try {
			listener(message);
		} catch (reason) {
			this.#logger.error("feed-threw", { kind: kindOf(reason) });
		}
	}

	#release(channel: string, followed: Followed): void {
		if (followed.listeners.size > 0) return;
		if (this.#channels.get(channel) === followed) this.#channels.delete(channel);
		followed.follow
			.then((follow) => follow[ASYNC_DISPOSE]())
			.catch((reason) => this.#logger.warn("unfollow-failed", { kind: kindOf(reason) }));
	}
}
