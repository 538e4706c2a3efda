/*
 * Servers on real sockets, as a client meets them: some gateways and an HTTP half over one log, each an
 * `http.Server` behind a fault proxy whose port stays the same however often the server is replaced.
 *
 *   client ⇄ fault proxy ⇄ [ door: open · swallow · refuse ] ⇄ http.Server with attach()
 */
import {
	createServer as createHttp,
	type Server as HttpServer,
	type IncomingMessage,
} from "node:http";
import type { Duplex } from "node:stream";
import type { TestContext } from "vitest";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import type { ClientOptions } from "../../src/client/options.js";
import type { Position } from "../../src/protocol/position.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import type { RealtimeServer, ServerOptions } from "../../src/server/contract.js";
import { createServer } from "../../src/server/create-server.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { attach } from "../../src/server/node.js";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.js";
import { CANARY_TOKEN, canaryLogger } from "./secrets.js";

/** What meets an upgrade: the server, no answer at all, or this one in its place. */
export type Door = "open" | "swallow" | { readonly status: string; readonly headers?: string };

type GatewayOptions = Omit<ServerOptions<IncomingMessage>, "log">;

export class RealGateway {
	door: Door = "open";
	/** Upgrades that knocked, let in or not. */
	upgrades = 0;
	readonly #options: GatewayOptions;
	#proxy: FaultProxy | undefined;
	readonly #away = new Set<Duplex>();
	#running: Running | undefined;
	#port = 0;

	constructor(options: GatewayOptions) {
		this.#options = options;
	}

	get proxy(): FaultProxy {
		if (this.#proxy === undefined) throw new Error("not started");
		return this.#proxy;
	}

	get server(): RealtimeServer<IncomingMessage> {
		if (this.#running === undefined) throw new Error("not running");
		return this.#running.server;
	}

	/** Where clients reach it. */
	get url(): string {
		return `ws://127.0.0.1:${this.proxy.port}`;
	}

	get httpUrl(): string {
		return `http://127.0.0.1:${this.proxy.port}`;
	}

	async start(log: MemoryLog): Promise<void> {
		const server = createServer<IncomingMessage>({ ...this.#options, log });
		const http = createHttp();
		const attachment = attach(http, server);
		this.#guard(http);
		await listen(http, this.#port);
		this.#port = portOf(http);
		this.#running = { server, http, attachment };
		if (this.#proxy === undefined) this.#proxy = await createFaultProxy(this.#port);
		else await this.#proxy.pass();
	}

	/** As kill -9 does it: connections are reset, the port is closed, nobody says goodbye. */
	async kill(): Promise<void> {
		await this.proxy.refuse();
		this.proxy.reset();
		const running = this.#running;
		this.#running = undefined;
		if (running === undefined) return;
		const { server, http, attachment } = running;
		await server[ASYNC_DISPOSE]();
		http.closeAllConnections();
		for (const socket of this.#away) socket.destroy();
		await Promise.all([attachment[ASYNC_DISPOSE](), new Promise((resolve) => http.close(resolve))]);
	}

	/** The server dies and another one takes its place. */
	async restart(log: MemoryLog): Promise<void> {
		await this.kill();
		await this.start(log);
	}

	async stop(): Promise<void> {
		await this.kill();
		await this.proxy[ASYNC_DISPOSE]();
	}

	#guard(http: HttpServer): void {
		const listeners = http.listeners("upgrade") as ((...upgrade: Upgrade) => void)[];
		http.removeAllListeners("upgrade");
		http.on("upgrade", (...upgrade: Upgrade) => {
			this.upgrades += 1;
			if (this.door === "open") for (const listener of listeners) listener(...upgrade);
			else this.#turnAway(upgrade[1], this.door);
		});
	}

	/** An http.Server no longer counts as its own what asked for an upgrade, so it is kept here. */
	#turnAway(socket: Duplex, door: Exclude<Door, "open">): void {
		this.#away.add(socket);
		socket.on("close", () => this.#away.delete(socket));
		socket.on("error", () => socket.destroy());
		socket.on("end", () => socket.end());
		socket.resume();
		if (door !== "swallow") socket.end(answer(door));
	}
}

type Upgrade = readonly [IncomingMessage, Duplex, Buffer];

interface Running {
	readonly server: RealtimeServer<IncomingMessage>;
	readonly http: HttpServer;
	readonly attachment: AsyncDisposable;
}

export interface RealEdgeOptions {
	/** Gateways; the first is the primary. @default 2 */
	readonly gateways?: number;
	/** Of every server. Heartbeats are short where nothing else is said. */
	readonly server?: Partial<GatewayOptions>;
}

/** Long enough for an event loop that is held up, short enough for a test. */
const BEAT = { heartbeatMs: 500, heartbeatTimeoutMs: 500 };

/** Brisk, so that an outage costs a test little. What is not about time stays as it is by default. */
export const BRISK = {
	reconnect: { firstRedialWindowMs: 50, baseMs: 50, maxMs: 300, stableAfterMs: 2_000 },
	degraded: { enterAfterMs: 1_000, intervalMs: [100, 300] as const },
} satisfies Partial<ClientOptions>;

export class RealEdge {
	log = new MemoryLog({});
	readonly gateways: readonly RealGateway[];
	/** The HTTP half, on a port of its own. */
	readonly api: RealGateway;
	readonly #clients: Client[] = [];

	constructor({ gateways = 2, server = {} }: RealEdgeOptions) {
		const options: GatewayOptions = {
			authorize: ({ token }) => (token === CANARY_TOKEN ? { id: "somebody" } : null),
			allowedOrigins: "any",
			logger: canaryLogger(),
			...BEAT,
			...server,
		};
		this.gateways = Array.from({ length: gateways }, () => new RealGateway(options));
		this.api = new RealGateway(options);
	}

	/** That of the first gateway: where a client is while all is well. */
	get primary(): RealGateway {
		return this.gateways[0] as RealGateway;
	}

	get backup(): RealGateway {
		return this.gateways[1] as RealGateway;
	}

	async start(): Promise<void> {
		for (const gateway of [...this.gateways, this.api]) await gateway.start(this.log);
	}

	/** A client of this edge. It is closed with the edge. */
	client(options: Partial<ClientOptions> = {}): Client {
		const client = createClient({
			endpoints: this.gateways.map(({ url }) => url),
			api: this.api.httpUrl,
			getToken: async () => CANARY_TOKEN,
			...options,
			reconnect: { ...BRISK.reconnect, ...options.reconnect },
			degraded: { ...BRISK.degraded, ...options.degraded },
			runtime: { logger: canaryLogger(), ...options.runtime },
		});
		this.#clients.push(client);
		return client;
	}

	/** By a server that no fault strikes. */
	publish(channel: string, data: unknown): Promise<Position> {
		return this.api.server.publish(channel, data);
	}

	/** All that a channel holds, in order: what is stored is the truth. */
	async stored<T>(channel: string): Promise<readonly T[]> {
		const messages = await this.log.before(channel, null, Number.MAX_SAFE_INTEGER);
		return messages.map(({ data }) => data as T);
	}

	async stop(): Promise<void> {
		for (const client of this.#clients) await client.close();
		for (const gateway of [...this.gateways, this.api]) await gateway.stop();
	}
}

/** An edge that ends with its test, for tests that run beside each other. */
export async function edgeOf(
	{ onTestFinished }: Pick<TestContext, "onTestFinished">,
	options: RealEdgeOptions = {},
): Promise<RealEdge> {
	const edge = await createRealEdge(options);
	onTestFinished(() => edge.stop());
	return edge;
}

export async function createRealEdge(options: RealEdgeOptions = {}): Promise<RealEdge> {
	const edge = new RealEdge(options);
	await edge.start();
	return edge;
}

function answer({ status, headers = "" }: Exclude<Door, string>): string {
	return `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`;
}

function listen(http: HttpServer, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		http.once("error", reject);
		http.listen(port, "127.0.0.1", resolve);
	});
}

function portOf(http: HttpServer): number {
	const address = http.address();
	if (typeof address !== "object" || address === null) throw new Error("no port");
	return address.port;
}
