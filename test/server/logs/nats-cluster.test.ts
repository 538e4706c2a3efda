/* Three nats-servers that are one cluster, and a log of three copies in it. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../playground/edge/tools/free-port.js";
import { ServerProcess } from "../../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import type { MessageLog } from "../../../src/server/contract.js";
import { natsLog } from "../../../src/server/nats/nats-log.js";
import { natsUrl } from "../../support/jetstream-server.js";
import { fence, message } from "../../support/log-trial.js";
import { withTool } from "../../support/real-tool.js";
import { until } from "../../support/until.js";

// Leaders are elected, on a machine with other work.
vi.setConfig({ testTimeout: 120_000 });
const PATIENCE_MS = 60_000;

let ends: AsyncDisposable[] = [];

afterEach(async () => {
	for (const each of ends.reverse()) await each[ASYNC_DISPOSE]();
	ends = [];
});

async function startCluster(program: string): Promise<readonly ServerProcess[]> {
	const ports = [await freePort(), await freePort(), await freePort()];
	const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(",");
	const servers = ports.map((cluster, n) =>
		ServerProcess.start({
			program,
			args: ({ port, folder }) => [
				...["--addr", "127.0.0.1", "--port", String(port), "--jetstream", "--store_dir", folder],
				...["--server_name", `n${n}`, "--cluster_name", "test", "--routes", routes],
				...["--cluster", `nats://127.0.0.1:${cluster}`],
			],
			ready: /Server is ready/,
		}),
	);
	const started = await Promise.all(servers);
	ends.push(...started);
	return started;
}

function open(servers: readonly ServerProcess[], replicas: number): MessageLog {
	const log = natsLog({ servers: servers.map(natsUrl), replicas, timeoutMs: 2_000 });
	ends.push(log);
	return log;
}

const settles = (call: () => Promise<unknown>): Promise<boolean> =>
	call().then(
		() => true,
		() => false,
	);

async function leaderOf(servers: readonly ServerProcess[]): Promise<ServerProcess> {
	const nats = await connect({ servers: servers.map(natsUrl) });
	const { cluster } = await (await jetstreamManager(nats)).streams.info("HOLDFAST");
	await nats.close();
	return servers[Number(cluster?.leader?.slice(1))] as ServerProcess;
}

await withTool("nats-server", (program) => {
	describe("a log of three copies", () => {
		it("goes on in its epoch when the leader is killed with -9: nothing acknowledged is lost", async () => {
			const servers = await startCluster(program);
			const logs = [open(servers, 3), open(servers, 3)] as const;
			await until(() => settles(() => logs[0].head("a")), "a leader", PATIENCE_MS);
			await until(() => settles(() => logs[1].head("a")), "the other", PATIENCE_MS);
			const { epoch } = await logs[0].head("a");
			const stored: string[] = [];
			/** As a client does: until it is answered, by the same id. */
			const publish = async (log: MessageLog, id: string): Promise<void> => {
				const given = message(id, { id });
				await until(() => settles(() => log.append("a", given)), id, PATIENCE_MS);
				stored.push(id);
			};
			const flood = logs.map(async (log, n) => {
				for (let i = 0; i < 150; i++) await publish(log, `${n}-${i}`);
			});
			await until(() => stored.length >= 60, "some of it", PATIENCE_MS);
			await (await leaderOf(servers)).kill();
			await Promise.all(flood);
			await until(() => settles(() => logs[0].head("a")), "a leader", PATIENCE_MS);
			const { messages, complete } = await logs[0].read("a", { epoch, offset: 0 }, 1_000);
			expect(complete).toBe(true);
			expect(messages.map(({ id }) => id).sort()).toEqual([...stored].sort());
			expect(messages.map(({ position }) => position)).toEqual(
				stored.map((_, n) => ({ epoch, offset: n + 1 })),
			);
			const again = message("x", { id: "0-0" });
			expect(await logs[1].append("a", again, fence())).toMatchObject({ duplicate: true });
		});
	});

	describe("a log of one copy", () => {
		it("in a cluster is refused: who has it can't be seen", async () => {
			const servers = await startCluster(program);
			const log = open(servers, 1);
			const says = async (): Promise<string> => {
				const reason = await log.head("a").catch((error: unknown) => error);
				return String((reason as { readonly code?: string }).code);
			};
			await until(async () => (await says()) === "invalid-option", "the refusal", PATIENCE_MS);
		});
	});
});
