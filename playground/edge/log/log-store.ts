/*
 * What holds the main region's messages: this process's memory, or a Redis or a NATS of this run alone, on a
 * port of its own, with a password of its own, in a folder that goes with it.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type MessageLog, memoryLog } from "holdfast/server";
import { natsLog } from "holdfast/server/nats";
import { redisLog } from "holdfast/server/redis";
import { findTool, missingTool, type ToolName } from "../tools/find-tool.js";
import { type Served, ServerProcess } from "../tools/server-process.js";

export const LOG_KINDS = ["memory", "redis", "nats"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogStore {
	/** Away until the store has started. */
	readonly log: MessageLog;
	/** Rejects, with what to do, where the program is missing or does not start. */
	start(): Promise<void>;
	stop(): Promise<void>;
	/** Null: it is well. */
	readonly trouble: string | null;
}

export function logStore(kind: LogKind): LogStore {
	if (kind === "memory") {
		const log = memoryLog();
		return { log, start: async () => undefined, stop: async () => undefined, trouble: null };
	}
	return kind === "redis" ? redisStore() : natsStore();
}

type Recipe = Pick<Served, "args" | "config" | "ready">;

class ProgramStore implements LogStore {
	readonly #name: ToolName;
	readonly #recipe: Recipe;
	readonly #newLog: (port: () => number) => MessageLog;
	#log: MessageLog | null = null;
	#server: ServerProcess | null = null;

	constructor(name: ToolName, recipe: Recipe, newLog: (port: () => number) => MessageLog) {
		this.#name = name;
		this.#recipe = recipe;
		this.#newLog = newLog;
	}

	get log(): MessageLog {
		this.#log ??= this.#newLog(() => {
			if (this.#server === null) throw new Error("it has not started");
			return this.#server.port;
		});
		return this.#log;
	}

	get trouble(): string | null {
		return this.#server?.isRunning ? null : `${this.#name} has ended`;
	}

	async start(): Promise<void> {
		const tool = await findTool(this.#name);
		if (tool === undefined) throw new Error(missingTool(this.#name));
		this.#server = await ServerProcess.start({ program: tool.path, ...this.#recipe });
		await this.#near();
	}

	async stop(): Promise<void> {
		await this.#log?.[Symbol.asyncDispose]();
		await this.#server?.[Symbol.asyncDispose]();
	}

	/** It dials by itself, and may have to wait for its next try. */
	async #near(): Promise<void> {
		const giveUpAt = performance.now() + NEAR_MS;
		for (;;) {
			try {
				await this.log.head("");
				return;
			} catch (reason) {
				if (performance.now() > giveUpAt) throw reason;
				await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
			}
		}
	}
}

const NEAR_MS = 15_000;
const LOOK_MS = 50;

const newPassword = (): string => randomBytes(24).toString("base64url");

function redisStore(): LogStore {
	const pass = newPassword();
	const recipe: Recipe = {
		args: ({ port, folder }) => [join(folder, "config"), "--port", String(port), "--dir", folder],
		// Every message is on disk before it is acknowledged.
		config: `bind 127.0.0.1\nsave ""\nappendonly yes\nappendfsync always\nrequirepass ${pass}\n`,
		ready: /ready to accept connections/i,
	};
	const newLog = (port: () => number): MessageLog =>
		redisLog({ url: () => `redis://:${pass}@127.0.0.1:${port()}` });
	return new ProgramStore("redis-server", recipe, newLog);
}

function natsStore(): LogStore {
	const token = newPassword();
	const recipe: Recipe = {
		args: ({ port, folder }) => [
			...["--addr", "127.0.0.1", "--port", String(port), "--store_dir", folder],
			...["--jetstream", "--config", join(folder, "config")],
		],
		config: `authorization { token: "${token}" }\n`,
		ready: /Server is ready/,
	};
	const newLog = (port: () => number): MessageLog =>
		natsLog({ servers: () => `nats://127.0.0.1:${port()}`, login: { token } });
	return new ProgramStore("nats-server", recipe, newLog);
}
