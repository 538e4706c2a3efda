/* E17: three gateways over one log in Redis or in NATS, and what becomes of their clients when a part fails. */
import { createClient as createRedis } from "redis";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ServerProcess } from "../../playground/edge/tools/server-process.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { createFaultProxy } from "../support/fault-proxy.js";
import { endWithoutTail, startJetStream } from "../support/jetstream-server.js";
import { withTool } from "../support/real-tool.js";
import { forgetTail, redisUrl, startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";
import { type Gateway, LogFleet, type LogKind, type Member } from "./log-fleet-rig.js";

const MEMBERS = 6;
const PLACE = { stream: "HOLDFAST", subject: "holdfast" };
// A test kills processes, waits for clients to notice and restarts servers, on a machine with other work.
vi.setConfig({ testTimeout: 120_000 });

let ends: AsyncDisposable[] = [];

afterEach(async () => {
	for (const each of ends.reverse()) await each[ASYNC_DISPOSE]();
	ends = [];
});

interface Store {
	readonly kind: LogKind;
	readonly start: () => Promise<ServerProcess>;
	/** Kills it, takes the tail away, and leaves it down. */
	readonly endWithoutTail: (server: ServerProcess, lost: number) => Promise<void>;
}

async function open(
	store: Store,
): Promise<{ readonly server: ServerProcess; readonly fleet: LogFleet }> {
	const server = await store.start();
	ends.push(server);
	const fleet = await LogFleet.start(store.kind, server.port);
	ends.push(fleet);
	await fleet.join(MEMBERS);
	return { server, fleet };
}

function survive(store: Store): void {
	describe(`three gateways on ${store.kind}`, () => {
		it("lose and repeat nothing when one of them is killed with -9", async () => {
			const { fleet } = await open(store);
			const [victim] = fleet.gateways;
			const publishing = fleet.publish(60);
			await fleet.members[1]?.heard(fleet.members[0] as Member, 10);
			victim?.program.signal("SIGKILL");
			await publishing;
			await fleet.settled();
			expect(await victim?.program.ended).toBeNull();
			expect(fleet.flaws).toEqual({});
			expect(fleet.gaps).toEqual(Array(MEMBERS).fill(0));
			const moved = fleet.members.filter(({ client }) => client.stats.get().connects > 1);
			expect(moved).toHaveLength(MEMBERS / 3);
		});

		it("lose and repeat nothing when the log is killed and started anew", async () => {
			const { fleet, server } = await open(store);
			const publishing = fleet.publish(60);
			await fleet.members[1]?.heard(fleet.members[0] as Member, 10);
			await server.kill();
			await server.run();
			await publishing;
			await fleet.settled();
			await fleet.publish(10);
			await fleet.settled();
			expect(fleet.flaws).toEqual({});
			// Nothing tells this start from one that lost a tail: it has to be said.
			expect(Math.min(...fleet.gaps)).toBeGreaterThan(0);
		});

		it("tell a gap where the log has lost its tail, and drop nothing new as a repeat", async () => {
			const { fleet, server } = await open(store);
			await fleet.publish(20);
			await fleet.settled();
			await store.endWithoutTail(server, 15);
			await server.run();
			await fleet.publish(20);
			await fleet.settled();
			expect(fleet.flaws).toEqual({});
			expect(Math.min(...fleet.gaps)).toBeGreaterThan(0);
		});

		it("lose and repeat nothing when one of them is cut off from the log for a while", async () => {
			const { fleet } = await open(store);
			await fleet.publish(10);
			await fleet.settled();
			const { proxy } = fleet.gateways[0] as Gateway;
			const before = proxy.connections;
			// A black hole: no reset, no end, as a partition is.
			proxy.mute();
			proxy.hang();
			const publishing = fleet.publish(40);
			await until(() => proxy.connections > before, "the gateway to give the connection up");
			await publishing;
			await proxy.pass();
			proxy.reset();
			await fleet.settled();
			expect(fleet.flaws).toEqual({});
			expect(fleet.gaps).toEqual(Array(MEMBERS).fill(0));
		});
	});
}

await withTool("redis-server", (program) => {
	survive({
		kind: "redis",
		start: () => startRedis(program),
		endWithoutTail: async (server, lost) => {
			await server.kill();
			await forgetTail(server, lost);
		},
	});

	async function ask(server: ServerProcess, ...command: string[]): Promise<string> {
		const redis = await createRedis({ url: redisUrl(server) }).connect();
		const answer = String(await redis.sendCommand(command));
		redis.destroy();
		return answer;
	}
	const offsetOf = async (server: ServerProcess): Promise<string | undefined> =>
		/(?:master|slave)_repl_offset:(\d+)/.exec(await ask(server, "INFO", "replication"))?.[1];

	it("a replica that is promoted without the tail: a gap, and nothing new is dropped", async () => {
		const { fleet, server } = await open({
			kind: "redis",
			start: () => startRedis(program, []),
			endWithoutTail: async () => undefined,
		});
		const replica = await startRedis(program, []);
		const between = await createFaultProxy(server.port);
		ends.push(replica, between);
		await fleet.publish(10);
		await ask(replica, "REPLICAOF", "127.0.0.1", `${between.port}`);
		await until(
			async () => (await ask(replica, "INFO", "replication")).includes("master_link_status:up"),
			"the replica to follow",
		);
		await fleet.publish(10);
		await fleet.settled();
		await until(async () => (await offsetOf(server)) === (await offsetOf(replica)), "the replica");
		const gapsBefore = fleet.gaps;
		const stored = await ask(replica, "XLEN", 'holdfast:stream:"room"');

		between.mute();
		await fleet.publish(10);
		await fleet.settled();
		// All was heard and acknowledged, and none of it is on the replica.
		expect(fleet.flaws).toEqual({});
		expect(await ask(replica, "XLEN", 'holdfast:stream:"room"')).toBe(stored);

		await server.kill();
		await ask(replica, "REPLICAOF", "NO", "ONE");
		for (const gateway of fleet.gateways) await gateway.moveTo(redisUrl(replica));
		await fleet.publish(30);
		await fleet.settled();
		expect(fleet.flaws).toEqual({});
		for (const [n, gaps] of fleet.gaps.entries())
			expect(gaps).toBeGreaterThan(gapsBefore[n] as number);
	});
});

await withTool("nats-server", (program) => {
	survive({
		kind: "nats",
		start: () => startJetStream(program),
		endWithoutTail: (server, lost) => endWithoutTail(server, PLACE, lost),
	});
});
