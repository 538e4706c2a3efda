/* S17 on real sockets: a name with several loopback addresses, some of which are no good. */
import { once } from "node:events";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { generate } from "selfsigned";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Client } from "../../src/client/client.js";
import { createClient } from "../../src/client/create-client.js";
import type { ClientOptions } from "../../src/client/options.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { createServer } from "../../src/server/create-server.js";
import { attach } from "../../src/server/node.js";
import { answersOf } from "../support/addressed-network.js";
import { blackHole } from "../support/black-hole.js";
import { canaryLogger } from "../support/secrets.js";
import { records, udpDns } from "../support/udp-dns.js";
import { until, when } from "../support/until.js";
import { nodeResolver } from "../../src/dns.js";

const NAME = "wss-primary.test";
const [GOOD, BAD, ALSO_BAD] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"] as const;
/** No test here is about the deadline, and the machine may be busy. */
const PATIENT = { dialTimeoutMs: 30_000 };

interface Gateway {
	readonly port: number;
	/** Host header and local address of every upgrade. */
	readonly upgrades: { readonly host: string | undefined; readonly from: string | undefined }[];
}

async function gateway(
	address: string,
	port = 0,
	http: HttpServer = createHttp(),
): Promise<Gateway> {
	const server = createServer({ authorize: () => ({ id: "somebody" }), logger: canaryLogger() });
	const attachment = attach(http, server);
	const upgrades: Gateway["upgrades"] = [];
	http.on("upgrade", ({ headers, socket }) => {
		upgrades.push({ host: headers.host, from: socket.remoteAddress });
	});
	http.listen(port, address);
	await once(http, "listening");
	onTestFinished(async () => {
		await server[Symbol.asyncDispose]();
		await attachment[Symbol.asyncDispose]();
		http.closeAllConnections();
		http.close();
	});
	return { port: (http.address() as AddressInfo).port, upgrades };
}

interface Mute {
	/** Connections that it took, and how many of them are over. */
	readonly taken: () => number;
	readonly left: () => number;
}

/** Takes every connection, and never says a word. */
async function mute(address: string, port: number): Promise<Mute> {
	const sockets: Socket[] = [];
	let closed = 0;
	const server = createTcp((socket) => {
		sockets.push(socket.on("error", () => undefined).on("close", () => (closed += 1)));
		socket.resume();
	});
	server.listen(port, address);
	await once(server, "listening");
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return { taken: () => sockets.length, left: () => closed };
}

/** In the order given: the first draws of chance leave it as it is. */
function ordered(): () => number {
	let n = 0;
	return () => (n = (n + 0.001) % 1);
}

function dial(
	port: number,
	addresses: readonly string[],
	runtime: Partial<Runtime> = {},
	options: Partial<ClientOptions> = {},
): Client {
	const client = createClient({
		endpoints: [`ws://${NAME}:${port}`],
		connect: "eager",
		reconnect: PATIENT,
		...options,
		runtime: {
			resolver: { resolve: async () => answersOf(addresses, 60_000) },
			random: ordered(),
			logger: canaryLogger(),
			...runtime,
		},
	});
	onTestFinished(() => client.close());
	return client;
}

const connected = (client: Client): Promise<unknown> =>
	when(client.connection, ({ status }) => status === "connected", "a link");
const addressOf = (client: Client): string | null | undefined => client.endpoints.get()[0]?.address;

describe("S17: a dial to a name", () => {
	it("is one upgrade at one address, with the name as its host", async () => {
		const { port, upgrades } = await gateway(GOOD);
		const client = dial(port, [GOOD]);
		await connected(client);
		expect(upgrades).toEqual([{ host: `${NAME}:${port}`, from: "127.0.0.1" }]);
		expect(addressOf(client)).toBe(GOOD);
	});

	it("needs no name: an IP address is dialled as it is, and shown", async () => {
		const { port } = await gateway(GOOD);
		const resolver = { resolve: () => Promise.reject(new Error("nobody asks")) };
		const client = dial(port, [], { resolver }, { endpoints: [`ws://${GOOD}:${port}`] });
		await connected(client);
		expect(client.endpoints.get()).toMatchObject([{ dns: null, address: GOOD }]);
	});

	it("is the platform's own affair where the app wants that: a class with an agent of its own", async () => {
		const { port } = await gateway("127.0.0.1");
		const connect = (): never => {
			throw new Error("nobody connects");
		};
		const endpoints = [`ws://localhost:${port}`];
		const client = dial(port, [], { resolver: null, connect }, { endpoints });
		await connected(client);
		expect(client.endpoints.get()).toMatchObject([{ dns: null, address: null }]);
	});

	it("gets around an address whose SYNs vanish, and one that is refused (D8, N23)", async () => {
		const { port, upgrades } = await gateway(GOOD);
		const hole = await blackHole(BAD, port);
		onTestFinished(() => hole[Symbol.asyncDispose]());
		// Nothing listens at the second, nor at the IPv6 address.
		const client = dial(port, [BAD, ALSO_BAD, "::1", GOOD]);
		await connected(client);
		expect([addressOf(client), upgrades.length]).toEqual([GOOD, 1]);
		const quarantined = client.endpoints.get()[0]?.dns?.quarantined.map(({ address }) => address);
		expect(quarantined?.sort()).toEqual(["127.0.0.3", "127.0.0.4", "::1"].sort());
	}, 90_000);

	it("gets around an address that accepts and stays mute, which then is left alone", async () => {
		const { port, upgrades } = await gateway(GOOD);
		const { taken } = await mute(BAD, port);
		const client = dial(port, [BAD, GOOD]);
		await connected(client);
		expect([addressOf(client), taken(), upgrades.length]).toEqual([GOOD, 1, 1]);
		client.reconnect();
		await until(() => client.stats.get().connects === 2, "another link");
		expect(taken()).toBe(1);
	}, 90_000);

	it("can be bound to a local address", async () => {
		const { port, upgrades } = await gateway(GOOD);
		await mute(BAD, port);
		const client = dial(port, [BAD, GOOD], {
			connect: (to) => connect({ ...to, localAddress: "127.0.0.9" }),
		});
		await connected(client);
		expect(upgrades.map(({ from }) => from)).toEqual(["127.0.0.9"]);
	}, 90_000);

	it("gives up where no address answers, and says what the last one did", async () => {
		const { port } = await gateway(GOOD);
		const client = dial(port, [BAD, ALSO_BAD]);
		const state = await when(client.connection, ({ status }) => status === "reconnecting", "");
		expect(state).toMatchObject({ cause: { code: "endpoint-refused" } });
	});

	it("leaves nothing behind when it is given up", async () => {
		const { port } = await gateway(GOOD);
		const { taken, left } = await mute(BAD, port);
		const client = dial(port, [BAD]);
		await until(() => taken() === 1, "the connection");
		await client.close();
		await until(() => left() === 1, "its end");
	});
});

describe("TLS", () => {
	async function secure(name: string): Promise<Gateway & { readonly ca: string }> {
		const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
			extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: name }] }],
		} as never);
		const http = createHttps({ cert, key }) as unknown as HttpServer;
		return { ...(await gateway(GOOD, 0, http)), ca: cert };
	}

	/** What a program with a certificate authority of its own does. */
	const trusting = (ca: string): Runtime["WebSocket"] =>
		class extends WebSocket {
			constructor(url: string, protocols?: string | string[], options: object = {}) {
				super(url, protocols, { ...options, ca });
			}
		} as unknown as Runtime["WebSocket"];

	it("goes to an address with the name of the endpoint, for which the certificate stands", async () => {
		const { port, ca, upgrades } = await secure(NAME);
		const endpoints = [`wss://${NAME}:${port}`];
		const client = dial(port, [GOOD], { WebSocket: trusting(ca) }, { endpoints });
		await connected(client);
		expect(upgrades).toHaveLength(1);
	});

	it("fails at an address of somebody else, who sees no upgrade (D9)", async () => {
		const { port, ca, upgrades } = await secure("attacker.test");
		const endpoints = [`wss://${NAME}:${port}`];
		const client = dial(port, [GOOD], { WebSocket: trusting(ca) }, { endpoints });
		const state = await when(client.connection, ({ status }) => status === "reconnecting", "");
		expect(state).toMatchObject({ cause: { code: "endpoint-refused" } });
		expect(upgrades).toEqual([]);
		expect(client.endpoints.get()[0]?.dns?.quarantined).toHaveLength(1);
	});
});

describe("A client that asks a name server over UDP", () => {
	it("goes where the name leads, and after the TTL where it leads then (D7)", async () => {
		const first = await gateway(GOOD);
		const second = await gateway(BAD, first.port);
		let address: string = GOOD;
		const dns = await udpDns((asked) => records(asked, [address], 0));
		onTestFinished(() => dns[Symbol.asyncDispose]());
		const resolver = nodeResolver({ servers: [dns.server], timeoutMs: 10_000 });
		const client = dial(first.port, [], { resolver });
		await connected(client);
		expect(addressOf(client)).toBe(GOOD);
		address = BAD;
		// A TTL of 0 has a floor of a second.
		const expiresAt = client.endpoints.get()[0]?.dns?.expiresAt ?? Number.POSITIVE_INFINITY;
		await until(() => Date.now() > expiresAt, "the answer to expire");
		client.reconnect();
		await when(client.endpoints, () => addressOf(client) === BAD, "the new address");
		expect(second.upgrades).toHaveLength(1);
	});
});
