/* Redis as the log speaks to it: one connection for questions and for what is followed, and no queue. */
import { createClient, ErrorReply } from "redis";
import { RealtimeError } from "../../errors/realtime-error.js";
import type { Clock } from "../../runtime/runtime.js";
import type { Connection } from "../shared/redial.js";
import { APPEND, LOOK } from "./script.js";

const SCRIPTS = { append: APPEND, look: LOOK };

export type ScriptName = keyof typeof SCRIPTS;
type Reply = unknown;

export class RedisConnection implements Connection {
	readonly broken: Promise<unknown>;
	readonly #client: ReturnType<typeof open>;
	readonly #clock: Clock;
	readonly #hashes = new Map<ScriptName, string>();
	/** What to add to our monotonic clock to get Redis's wall time. */
	#skewMs = 0;

	private constructor(url: string, clock: Clock, timeoutMs: number) {
		this.#client = open(url, timeoutMs);
		this.#clock = clock;
		this.broken = new Promise((resolve) => {
			// Both come; without a listener to "error" the process would end.
			this.#client.on("error", resolve);
			this.#client.on("end", resolve);
		});
	}

	/** @throws RealtimeError `unauthorized`, `invalid-option`, `connection-lost` */
	static async dial(
		url: string,
		clock: Clock,
		timeoutMs: number,
		signal: AbortSignal,
	): Promise<RedisConnection> {
		const connection = new RedisConnection(url, clock, timeoutMs);
		const abort = (): void => connection.destroy();
		signal.addEventListener("abort", abort);
		try {
			await connection.#client.connect();
			await connection.#prepare();
			return connection;
		} catch (reason) {
			connection.destroy();
			throw asError(reason);
		} finally {
			signal.removeEventListener("abort", abort);
		}
	}

	async run(
		name: ScriptName,
		keys: readonly string[],
		args: readonly string[],
	): Promise<readonly Reply[]> {
		const ask = (): Promise<Reply> => {
			const hash = this.#hashes.get(name) ?? "";
			return this.#send(["EVALSHA", hash, String(keys.length), ...keys, ...args]);
		};
		try {
			return (await ask()) as readonly Reply[];
		} catch (reason) {
			if (!startsWith(reason, "NOSCRIPT")) throw asError(reason);
			// Somebody flushed them.
			await this.#load();
			return (await ask()) as readonly Reply[];
		}
	}

	/** Redis's wall time, so many milliseconds from now. */
	timeIn(ms: number): number {
		return Math.floor(this.#clock.monotonic() + this.#skewMs + ms);
	}

	async publish(name: string, text: string): Promise<void> {
		await this.#send(["PUBLISH", name, text]);
	}

	async subscribe(name: string, listener: (text: string) => void): Promise<void> {
		await this.#client.subscribe(name, listener);
	}

	async unsubscribe(name: string, listener: (text: string) => void): Promise<void> {
		await this.#client.unsubscribe(name, listener);
	}

	ping(): Promise<unknown> {
		return this.#send(["PING"]);
	}

	destroy(): void {
		// It throws where it was closed before.
		if (this.#client.isOpen) this.#client.destroy();
	}

	#send(args: readonly string[]): Promise<Reply> {
		return this.#client.sendCommand(args);
	}

	async #prepare(): Promise<void> {
		await this.#load();
		const [seconds, micros] = (await this.#send(["TIME"])) as [string, string];
		this.#skewMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - this.#clock.monotonic();
		const memory = String(await this.#send(["INFO", "memory"]));
		const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? "noeviction";
		if (policy !== "noeviction" && !/maxmemory:0\b/.test(memory))
			throw new RealtimeError("invalid-option", `it evicts keys (maxmemory-policy ${policy})`, {
				remediation:
					"Set maxmemory-policy to noeviction: a log that forgets at will proves nothing.",
			});
	}

	async #load(): Promise<void> {
		for (const [name, script] of Object.entries(SCRIPTS))
			this.#hashes.set(name as ScriptName, String(await this.#send(["SCRIPT", "LOAD", script])));
	}
}

function open(url: string, timeoutMs: number) {
	return createClient({
		url,
		RESP: 3,
		disableOfflineQueue: true,
		socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
	});
}

const startsWith = (reason: unknown, word: string): boolean =>
	reason instanceof Error && reason.message.startsWith(word);

const REFUSALS = ["WRONGPASS", "NOAUTH", "NOPERM"];
/** It is full, it cannot write to its disk, or it lacks replicas: no other connection would help. */
const OVERLOADS = ["OOM", "MISCONF", "NOREPLICAS", "LATE", "BUSY"];
/** It answers, and is not, or not yet, the primary of our keys. */
const ELSEWHERE = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "MOVED", "TRYAGAIN"];

/** As a caller can act on it. Messages of Redis quote no argument of ours. */
function asError(reason: unknown): RealtimeError {
	if (reason instanceof RealtimeError) return reason;
	const message = reason instanceof Error ? reason.message : String(reason);
	const is = (words: readonly string[]): boolean => words.some((word) => message.startsWith(word));
	const refused = is(REFUSALS) ? "unauthorized" : is(OVERLOADS) ? "overloaded" : "internal";
	const isLost = !(reason instanceof ErrorReply) || is(ELSEWHERE);
	return new RealtimeError(isLost ? "connection-lost" : refused, message, { cause: reason });
}
