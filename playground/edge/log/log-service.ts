/*
 * A log, for those who reach it over a stream: what they ask is done in the order in which it comes, each
 * append as one step of the log itself. Who may connect is for whoever hands the streams over to say.
 */
import type { Duplex } from "node:stream";
import type { MessageLog } from "holdfast/server";
import { type Answers, type Asked, listen, say } from "./wire.js";

/** Beyond what ids and fences vouch for: its sender has given it up long ago. */
const OLDEST_APPEND_MS = 20_000;
/** Whoever doesn't read what he follows is cut, and catches up when he is back. */
const MOST_UNREAD_BYTES = 67_108_864;

type Follows = Map<number, Promise<AsyncDisposable>>;

export class LogService {
	readonly #log: MessageLog;
	readonly #streams = new Set<Duplex>();

	constructor(log: MessageLog) {
		this.#log = log;
	}

	/** Those who are connected. */
	get connections(): number {
		return this.#streams.size;
	}

	serve(stream: Duplex): void {
		const follows: Follows = new Map();
		this.#streams.add(stream);
		stream.on("error", () => undefined);
		stream.on("end", () => stream.end());
		stream.on("close", () => {
			this.#streams.delete(stream);
			for (const follow of follows.values()) void release(follow);
		});
		listen<Asked>(stream, (asked) => {
			this.#answer(stream, follows, asked).then(
				(answer) => say(stream, { n: asked.n, answer }),
				(reason: unknown) => say(stream, { n: asked.n, error: String(reason) }),
			);
		});
	}

	stop(): void {
		for (const stream of this.#streams) stream.destroy();
	}

	/** All that the log does at once, it does before this first waits: so what comes in order is done in order. */
	async #answer(stream: Duplex, follows: Follows, asked: Asked): Promise<Answers[keyof Answers]> {
		const log = this.#log;
		switch (asked.ask) {
			case "append": {
				if (Date.now() - asked.sentAt > OLDEST_APPEND_MS) throw new Error("too long under way");
				const { channel, message, fence } = asked;
				return fence === null ? log.append(channel, message) : log.append(channel, message, fence);
			}
			case "lookup":
				return (await log.lookup?.(asked.channel, asked.from, asked.id)) ?? null;
			case "broadcast":
				return log.broadcast(asked.channel, asked.message).then(() => null);
			case "read":
				return log.read(asked.channel, asked.after, asked.limit);
			case "before":
				return log.before(asked.channel, asked.position, asked.limit);
			case "head":
				return log.head(asked.channel);
			case "follow": {
				const { channel, n } = asked;
				const follow = log.follow(channel, (message) => {
					say(stream, { follow: n, message });
					if (stream.writableLength > MOST_UNREAD_BYTES) stream.destroy();
				});
				follows.set(n, follow);
				await follow;
				// Not before: what is stored in between would be neither heard nor read.
				return log.head(channel);
			}
			case "unfollow": {
				const follow = follows.get(asked.follow);
				follows.delete(asked.follow);
				if (follow !== undefined) await release(follow);
				return null;
			}
			case "ping":
				return null;
			default:
				asked satisfies never;
				throw new Error("no such question");
		}
	}
}

async function release(follow: Promise<AsyncDisposable>): Promise<void> {
	await follow.then((each) => each[Symbol.asyncDispose]()).catch(() => undefined);
}
