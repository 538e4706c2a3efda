/* What a log in another program says when that program is missing, refuses, is full, or is not what it should be. */
import { readFile } from "node:fs/promises";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { createClient } from "redis";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../../playground/edge/tools/free-port.js";
import type { ServerProcess } from "../../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { systemClock } from "../../../src/runtime/clock.js";
import type { FollowedMessage, LogMessage, MessageLog } from "../../../src/server/contract.js";
import { type NatsLogOptions, natsLog } from "../../../src/server/nats/nats-log.js";
import { type RedisLogOptions, redisLog } from "../../../src/server/redis/redis-log.js";
import { createFaultProxy } from "../../support/fault-proxy.js";
import { natsUrl, startJetStream } from "../../support/jetstream-server.js";
import { message } from "../../support/log-trial.js";
import { withTool } from "../../support/real-tool.js";
import { redisUrl, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/until.js";

/** On a machine with other work nothing is taken for silent that is only slow, but where silence is the test. */
const PATIENT_MS = 10_000;
const BRISK_MS = 1_000;

let ends: AsyncDisposable[] = [];

afterEach(async () => {
	for (const each of ends.reverse()) await each[ASYNC_DISPOSE]();
	ends = [];
});

function kept<T extends AsyncDisposable>(part: T): T {
	ends.push(part);
	return part;
}

const say = (log: MessageLog, over: Partial<LogMessage> = {}): ReturnType<MessageLog["append"]> =>
	log.append("a", message("x", over));

const isWell = (log: MessageLog): Promise<boolean> =>
	log.head("a").then(
		() => true,
		() => false,
	);

interface Kind {
	readonly name: string;
	readonly make: (port: number, timeoutMs?: number) => MessageLog;
	readonly start: () => Promise<ServerProcess>;
}

/** What both must do. */
function endure({ name, make, start }: Kind): void {
	describe(`${name} away`, () => {
		it("from the start: every call is rejected with words that help, until it comes", async () => {
			const server = kept(await start());
			await server.kill();
			const log = kept(make(server.port));
			const calls = [say(log), log.head("a"), log.follow("a", () => undefined)];
			for (const call of [...calls, log.broadcast("a", message())])
				await expect(call).rejects.toMatchObject({
					code: "connection-lost",
					retryable: true,
					message: expect.stringMatching(new RegExp(`^${name} is away: .*refused`, "i")),
					remediation: expect.stringContaining(name),
				});
			await server.run();
			await until(() => isWell(log), "the log to come");
			expect(await say(log)).toMatchObject({ status: "stored" });
		});

		it("in the middle of a call: it is rejected, and asking again stores once", async () => {
			const server = kept(await start());
			const proxy = kept(await createFaultProxy(server.port));
			const log = kept(make(proxy.port, BRISK_MS));
			const given = message("once");
			await until(() => isWell(log), "the log");
			proxy.mute("down");
			const call = log.append("a", given);
			await expect(call).rejects.toMatchObject({ code: "connection-lost" });
			await proxy.pass();
			proxy.reset();
			await until(() => isWell(log), "the log to come back");
			expect(await log.append("a", given)).toMatchObject({ position: { offset: 1 } });
			expect((await log.head("a")).offset).toBe(1);
		});

		it("while others append: who follows is told of all of it, once and in order", async () => {
			const server = kept(await start());
			const proxy = kept(await createFaultProxy(server.port));
			const [log, other] = [kept(make(proxy.port)), kept(make(server.port))];
			const heard: FollowedMessage[] = [];
			kept(await log.follow("a", (each) => heard.push(each)));
			await say(other);
			await proxy.refuse();
			proxy.reset();
			for (let n = 0; n < 300; n++) await say(other);
			await proxy.pass();
			await until(() => isWell(log), "the log to come back");
			await say(other);
			await until(() => heard.length >= 302, "what was missed");
			expect(heard.map(({ position }) => position?.offset)).toEqual(
				Array.from({ length: 302 }, (_, n) => n + 1),
			);
		});

		it("for good: a log that is closed dials no more, and says that it is closed", async () => {
			const server = kept(await start());
			const log = make(server.port);
			await log.head("a");
			await log[ASYNC_DISPOSE]();
			for (const call of [say(log), log.head("a"), log.follow("a", () => undefined)])
				await expect(call).rejects.toMatchObject({ code: "closed" });
		});
	});
}

describe("redisLog", () => {
	it.each<Partial<RedisLogOptions>>([
		{ url: "localhost" },
		{ url: "http://localhost" },
		{ url: "" },
		{ timeoutMs: 0 },
		{ retain: { messages: 0, ms: 1 } },
		{ retain: { messages: 1.5, ms: 1 } },
		{ retain: { messages: 1, ms: Number.POSITIVE_INFINITY } },
	])("refuses %o", (over) => {
		expect(() => redisLog({ url: "redis://localhost", ...over })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});

	it("says where no server is, and never its password", async () => {
		const log = kept(redisLog({ url: `redis://me:hunter2@127.0.0.1:${await freePort()}` }));
		const reason = await log.head("a").catch((error: unknown) => error);
		expect(String(reason)).toMatch(/^RealtimeError: Redis is away: connect ECONNREFUSED/);
		expect(JSON.stringify(reason) + String(reason)).not.toContain("hunter2");
	});
});

describe("natsLog", () => {
	it.each<Partial<NatsLogOptions>>([
		{ servers: "localhost" },
		{ servers: [] },
		{ servers: ["nats://localhost", "http://localhost"] },
		{ servers: "nats://me:hunter2@localhost" },
		{ stream: "HOLD FAST" },
		{ subject: "holdfast.*" },
		{ subject: "" },
		{ replicas: 2 },
		{ timeoutMs: -1 },
		{ retain: { messages: 1, ms: 0 } },
	])("refuses %o", (over) => {
		expect(() => natsLog({ servers: "nats://localhost", ...over })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});
});

await withTool("redis-server", (program) => {
	const start = (...args: readonly string[]): Promise<ServerProcess> => startRedis(program, args);
	const of = (port: number, over: Partial<RedisLogOptions> = {}): MessageLog =>
		redisLog({ url: redisUrl({ port }), timeoutMs: PATIENT_MS, ...over });
	endure({ name: "Redis", make: (port, timeoutMs = PATIENT_MS) => of(port, { timeoutMs }), start });

	async function tell(server: ServerProcess, ...command: string[]): Promise<unknown> {
		const redis = await createClient({ url: redisUrl(server) }).connect();
		const answer = await redis.sendCommand(command);
		redis.destroy();
		return answer;
	}

	describe("a Redis", () => {
		it("that wants a password says so, and is not taken for one that is down", async () => {
			const server = kept(await start("--requirepass", "hunter2"));
			await expect(kept(of(server.port)).head("a")).rejects.toMatchObject({
				code: "unauthorized",
				message: expect.stringContaining("NOAUTH"),
			});
			const log = kept(of(0, { url: `redis://:hunter2@127.0.0.1:${server.port}` }));
			expect(await isWell(log)).toBe(true);
		});

		it("lets in a user with no more rights than the guide says", async () => {
			const server = kept(await start());
			const guide = await readFile("docs/guides/gateways.md", "utf8");
			const [, rights = ""] = /A user needs `([^`]+)`/.exec(guide) ?? [];
			await tell(server, "ACL", "SETUSER", "gateway", "on", ">pass", ...rights.split(" "));
			const log = kept(of(0, { url: `redis://gateway:pass@127.0.0.1:${server.port}` }));
			const heard: FollowedMessage[] = [];
			kept(await log.follow("a", (each) => heard.push(each)));
			await say(log);
			await log.broadcast("a", message());
			await until(() => heard.length === 2, "both");
		});

		it("that evicts keys is refused: a log that forgets at will proves nothing", async () => {
			const server = kept(await start("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"));
			await expect(kept(of(server.port)).head("a")).rejects.toMatchObject({
				code: "invalid-option",
				message: expect.stringContaining("allkeys-lru"),
			});
		});

		it("that is full rejects appends as overloaded, and stays readable", async () => {
			const server = kept(await start());
			const log = kept(of(server.port));
			await say(log);
			await tell(server, "CONFIG", "SET", "maxmemory", "1");
			await expect(say(log)).rejects.toMatchObject({ code: "overloaded", retryable: true });
			expect((await log.before("a", null, 10)).length).toBe(1);
			await tell(server, "CONFIG", "SET", "maxmemory", "0");
			expect(await say(log)).toMatchObject({ position: { offset: 2 } });
		});

		it("that forgot the scripts is given them again", async () => {
			const server = kept(await start());
			const log = kept(of(server.port));
			await say(log);
			await tell(server, "SCRIPT", "FLUSH");
			expect(await say(log)).toMatchObject({ position: { offset: 2 } });
		});

		it("that is no primary any more is left for the one that is", async () => {
			const [first, second] = [kept(await start()), kept(await start())];
			let url = redisUrl(first);
			const log = kept(of(0, { url: () => url }));
			const before = await log.head("a");
			await tell(first, "REPLICAOF", "127.0.0.1", `${second.port}`);
			url = redisUrl(second);
			await until(() => isWell(log), "the other one");
			expect((await log.head("a")).epoch > before.epoch).toBe(true);
		});

		it("keeps of a channel that nobody looked at before nothing", async () => {
			const server = kept(await start());
			const log = kept(of(server.port));
			const { epoch } = await log.head("invented");
			await log.read("invented", { epoch, offset: 0 }, 10);
			await log.before("invented", null, 10);
			await log.lookup?.("invented", null, "x");
			expect(await tell(server, "KEYS", "*invented*")).toEqual([]);
		});

		it("lets the messages and ids of a channel that is not used any more expire", async () => {
			const server = kept(await start());
			await say(kept(of(server.port, { retain: { messages: 10, ms: 1_000 } })));
			for (const kind of ["stream", "ids"])
				expect(await tell(server, "PTTL", `holdfast:${kind}:"a"`)).toBeGreaterThan(0);
			expect(await tell(server, "PTTL", 'holdfast:channel:"a"')).toBe(-1);
		});
	});
});

await withTool("nats-server", (program) => {
	const start = (): Promise<ServerProcess> => startJetStream(program);
	const of = (port: number, over: Partial<NatsLogOptions> = {}): MessageLog =>
		natsLog({ servers: natsUrl({ port }), timeoutMs: PATIENT_MS, ...over });
	endure({ name: "NATS", make: (port, timeoutMs = PATIENT_MS) => of(port, { timeoutMs }), start });

	async function manage<T>(
		server: ServerProcess,
		run: (manager: JetStreamManager, nats: NatsConnection) => Promise<T>,
	): Promise<T> {
		const nats = await connect({ servers: natsUrl(server) });
		try {
			return await run(await jetstreamManager(nats), nats);
		} finally {
			await nats.close();
		}
	}

	describe("a NATS", () => {
		it("whose stream drops messages by itself is refused: heads must never go back", async () => {
			const server = kept(await start());
			const subjects = ["holdfast.message.*", "holdfast.epoch"];
			await manage(server, ({ streams }) =>
				streams.add({ name: "HOLDFAST", subjects, max_msgs_per_subject: 10 }),
			);
			await expect(kept(of(server.port)).head("a")).rejects.toMatchObject({
				code: "invalid-option",
				message: expect.stringContaining("HOLDFAST"),
			});
		});

		it("whose stream is full rejects appends as overloaded, and stays readable", async () => {
			const server = kept(await start());
			const subjects = ["holdfast.message.*", "holdfast.epoch"];
			await manage(server, ({ streams }) =>
				streams.add({ name: "HOLDFAST", subjects, max_bytes: 4_000, discard: "new" }),
			);
			const log = kept(of(server.port));
			const given = { data: "x".repeat(1_500) };
			await say(log, given);
			await say(log, given);
			await expect(say(log, given)).rejects.toMatchObject({ code: "overloaded", retryable: true });
			expect((await log.before("a", null, 10)).length).toBe(2);
		});

		it("takes no message beyond its limit, and goes on with the next", async () => {
			const server = kept(await start());
			const log = kept(of(server.port));
			await expect(say(log, { data: "x".repeat(1_100_000) })).rejects.toMatchObject({
				code: "message-too-large",
			});
			expect(await say(log)).toMatchObject({ position: { offset: 1 } });
		});

		it("that stored two which were judged after the same message: the first counts, for all", async () => {
			const server = kept(await start());
			const [log, other] = [kept(of(server.port)), kept(of(server.port))];
			const heard: FollowedMessage[] = [];
			kept(await other.follow("a", (each) => heard.push(each)));
			await say(log, { id: "first" });
			await manage(server, async ({ streams }, nats) => {
				const query = { seq: 1, next_by_subj: "holdfast.message.*" };
				const last = await streams.getMessage("HOLDFAST", query);
				const text = last?.string().replace('"first"', '"second"') ?? "";
				// As a cluster may let through: on no condition.
				nats.publish(last?.subject ?? "", text);
			});
			expect(await say(log, { id: "third" })).toMatchObject({ position: { offset: 2 } });
			for (const each of [log, other, kept(of(server.port))])
				expect((await each.before("a", null, 10)).map(({ id }) => id)).toEqual(["first", "third"]);
			expect(heard.map(({ id }) => id)).toEqual(["first", "third"]);
			expect(await say(log, { id: "second" })).toMatchObject({ duplicate: false });
		});

		it("whose stream was deleted while it was used begins a new epoch", async () => {
			const server = kept(await start());
			const log = kept(of(server.port));
			const before = await log.append("a", message("x"));
			await manage(server, ({ streams }) => streams.delete("HOLDFAST"));
			const again = async (): Promise<boolean> =>
				say(log).then(
					() => true,
					() => false,
				);
			await until(again, "an append into the new stream");
			const after = await log.head("a");
			expect(after.epoch > (before as { position: typeof after }).position.epoch).toBe(true);
		});

		it("lets go of what is older than ids are remembered, but for the last of each channel", async () => {
			const server = kept(await start());
			const retain = { messages: 10, ms: 1_000 };
			const base = Date.now();
			let now = base;
			const clock = { ...systemClock, now: () => now, monotonic: () => now - base };
			const log = kept(of(server.port, { retain, runtime: { clock } }));
			for (let n = 0; n < 5; n++) await say(log);
			now += 120_000;
			await say(log);
			await say(log);
			const count = (): Promise<number> =>
				manage(server, async ({ streams }) => {
					const info = await streams.info("HOLDFAST", { subjects_filter: "holdfast.message.*" });
					return Object.values(info.state.subjects ?? {})[0] ?? 0;
				});
			await until(async () => (await count()) <= 2, "the purge");
			expect((await kept(of(server.port, { retain })).head("a")).offset).toBe(7);
		});
	});
});
