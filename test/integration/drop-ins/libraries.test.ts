import { describe, expect, it } from "vitest";
import { failoverWebSocket } from "../../../src/websocket/failover.js";
import type { FailoverOptions } from "../../../src/websocket/options.js";
import { createFaultProxy, type FaultProxy } from "../../support/fault-proxy.js";
import { until } from "../../support/until.js";
import { LIBRARIES } from "./libraries.js";
import type { Client, Library, Server } from "./library.js";

/** Sooner than by default, so that a test takes seconds: the recipe is the same. */
const hurried = ({ heartbeat, ...options }: FailoverOptions): typeof WebSocket =>
	failoverWebSocket({
		...options,
		reconnect: { dialTimeoutMs: 1_000 },
		...(heartbeat && { heartbeat: { ...heartbeat, idleMs: 400, timeoutMs: 600 } }),
	});

interface Scene extends AsyncDisposable {
	readonly primary: FaultProxy;
	readonly backup: FaultProxy;
	readonly servers: readonly [Server, Server];
	/** Sockets open at both servers. */
	readonly sockets: number;
	open(): Promise<void>;
	/** Says something new until it comes back, as a person would. */
	talk(): Promise<void>;
}

/** Two servers, each behind a proxy, and a client that may not be there yet. */
async function setUp(library: Library): Promise<Scene> {
	const servers = [await library.serve(), await library.serve()] as const;
	const primary = await createFaultProxy(servers[0].port);
	const backup = await createFaultProxy(servers[1].port);
	const endpoints = [primary, backup].map(({ port }) => `ws://127.0.0.1:${port}${library.path}`);
	let client: Client | undefined;
	let said = 0;
	return {
		primary,
		backup,
		servers,
		get sockets() {
			return servers[0].sockets + servers[1].sockets;
		},
		async open() {
			client = await library.open(hurried, endpoints);
		},
		async talk() {
			await until(
				async () => {
					const text = `text ${++said}`;
					const silence = new Promise((resolve) => setTimeout(resolve, 1_000));
					const answer = client?.echo(text).catch(() => null);
					return (await Promise.race([answer, silence])) === text;
				},
				"an answer",
				40_000,
			);
		},
		async [Symbol.asyncDispose]() {
			await client?.close();
			for (const proxy of [primary, backup]) await proxy[Symbol.asyncDispose]();
			for (const server of servers) await server[Symbol.asyncDispose]();
		},
	};
}

describe.each(LIBRARIES)("$name with failoverWebSocket", (library) => {
	it("talks again after each of five kills, and has one socket at the server", async () => {
		await using scene = await setUp(library);
		await scene.open();
		await scene.talk();
		for (let kill = 0; kill < 5; kill++) {
			for (const proxy of [scene.primary, scene.backup]) proxy.reset();
			await scene.talk();
			await until(() => scene.sockets === 1, "one socket, no more");
		}
		expect(scene.servers[0].accepted + scene.servers[1].accepted).toBeGreaterThan(5);
	});

	it("leaves a link that has gone silent, and an endpoint that does not answer, for the backup", async () => {
		await using scene = await setUp(library);
		await scene.open();
		await scene.talk();
		scene.primary.mute();
		await scene.talk();
		expect(scene.servers[1].sockets).toBe(1);
	});

	it("begins at the backup where the primary accepts and stays mute", async () => {
		await using scene = await setUp(library);
		scene.primary.hang();
		await scene.open();
		await scene.talk();
		expect([scene.servers[0].accepted, scene.servers[1].sockets]).toEqual([0, 1]);
	});

	it("goes on at the backup when the primary is gone", async () => {
		await using scene = await setUp(library);
		await scene.open();
		await scene.talk();
		await scene.primary.refuse();
		scene.primary.reset();
		await scene.talk();
		expect([scene.servers[0].sockets, scene.servers[1].sockets]).toEqual([0, 1]);
	});
});
