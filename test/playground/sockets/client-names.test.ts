/* The SDK's client in Node, by the names that the edge's DNS server serves over real UDP. */
import { createServer as createHttp, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Client, createClient, silentLogger } from "holdfast";
import { nodeResolver } from "holdfast/dns";
import { createServer, type MemoryLog, memoryLog } from "holdfast/server";
import { attach } from "holdfast/server/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { edgeZones } from "../../../playground/edge/dns/edge-zones.js";
import { type DnsServer, startDnsServer } from "../../../playground/edge/dns/server.js";
import { until, when } from "../../support/until.js";

const POPS = [
	{ name: "DUB", place: "IE", region: "eu-west-1", addresses: ["127.0.71.1"] },
	{ name: "FRA", place: "DE", region: "eu-central-1", addresses: ["127.0.71.2"] },
	{ name: "LHR", place: "GB", region: "eu-west-2", addresses: ["127.0.71.3"] },
];
const NAMES = { primary: "wss-primary.edge.test", backup: "wss-backup.edge.test" };

let dns: DnsServer;
let log: MemoryLog;
let pops: Map<string, Server>;
let sockets: Set<Socket>;
let port: number;
let client: Client;

async function open(address: string, wanted: number): Promise<Server> {
	const http = createHttp();
	attach(http, createServer({ authorize: () => ({ id: "ada" }), log }));
	http.on("connection", (socket) => sockets.add(socket));
	await new Promise<void>((resolve, reject) => {
		http.once("error", reject);
		http.listen(wanted, address, resolve);
	});
	return http;
}

/** WebSockets as well, which an http server lets go of. */
function cutAll(): void {
	for (const socket of sockets) socket.destroy();
	sockets.clear();
}

async function close(http: Server): Promise<void> {
	cutAll();
	await new Promise((resolve) => http.close(resolve));
}

/** One port on three addresses, as a name with one port has. */
async function openAll(): Promise<void> {
	const [first, ...rest] = POPS.map(({ addresses }) => addresses[0] as string);
	const begun = await open(first as string, 0);
	port = (begun.address() as AddressInfo).port;
	const others = await Promise.all(rest.map((address) => open(address, port)));
	pops = new Map(POPS.map(({ name }, at) => [name, [begun, ...others][at] as Server]));
}

beforeEach(async () => {
	log = memoryLog();
	sockets = new Set();
	await openAll();
	const { chains } = edgeZones({
		pops: POPS,
		parentAddress: "127.0.0.1",
		chainAddress: "127.0.0.1",
		ttl: 1,
	});
	dns = await startDnsServer({ zones: chains });
});

afterEach(async () => {
	await client.close();
	await dns.stop();
	for (const http of pops.values()) await close(http);
});

function connectTo(...names: readonly string[]): Client {
	const resolver = nodeResolver({ servers: [`${dns.address}:${dns.port}`] });
	client = createClient({
		endpoints: names.map((name) => `ws://${name}:${port}`),
		connect: "eager",
		runtime: { resolver, logger: silentLogger },
	});
	return client;
}

const connected = (): Promise<unknown> =>
	when(client.connection, ({ status }) => status === "connected", "a link");
const live = (): string | null =>
	client.endpoints.get().find(({ address }) => address !== null)?.address ?? null;
const addressOf = (pop: string): string | undefined =>
	POPS.find(({ name }) => name === pop)?.addresses[0];
const only = (pop: string): void => {
	for (const { name } of POPS) dns.set(name, { up: name === pop });
};

/** The region goes, name and all. */
async function lose(pop: string, next: string): Promise<void> {
	only(next);
	const http = pops.get(pop) as Server;
	pops.delete(pop);
	await close(http);
}

describe("a client of names with filter chains", () => {
	it("goes where the chain leads, and shows the address, its TTL and its name", async () => {
		only("FRA");
		connectTo(NAMES.primary);
		await connected();
		const [{ dns: known, address } = { dns: null, address: null }] = client.endpoints.get();
		expect(address).toBe(addressOf("FRA"));
		expect(known?.answers).toEqual([{ address: addressOf("FRA"), family: 4, ttlMs: 1_000 }]);
	});

	it("lands in the next region when its own is lost, and misses nothing", async () => {
		only("DUB");
		connectTo(NAMES.primary);
		const heard: unknown[] = [];
		client.subscribe("room", ({ data }) => heard.push(data));
		await connected();
		await client.publish("room", 1);
		expect(live()).toBe(addressOf("DUB"));
		await lose("DUB", "LHR");
		const receipt = await client.publish("room", 2);
		expect(receipt.status).toBe("stored");
		await until(() => heard.length === 2, "both messages");
		expect(heard).toEqual([1, 2]);
		expect(live()).toBe(addressOf("LHR"));
	});

	it("gets a name of its own for each dial from the wildcard, through the same chain", async () => {
		only("LHR");
		connectTo(`*.${NAMES.backup}`);
		await connected();
		expect(live()).toBe(addressOf("LHR"));
	});

	it("leaves a name that is none (D1) for the next", async () => {
		connectTo("nobody.wss-primary-typo.test", NAMES.backup);
		await connected();
		expect(POPS.map(({ addresses }) => addresses[0])).toContain(live());
		expect(client.connection.get()).toMatchObject({ role: "backup" });
	});

	it.each([
		["silent (D3)", { is: "silent" }],
		["failing (D2)", { is: "servfail" }],
		["late (D4)", { is: "late", ms: 1_500 }],
	] as const)("comes back by what it knows when its resolver is %s", async (_, fault) => {
		only("DUB");
		connectTo(NAMES.primary);
		await connected();
		dns.fault(fault);
		cutAll();
		await when(client.connection, ({ status }) => status === "reconnecting", "the loss");
		await connected();
		expect(live()).toBe(addressOf("DUB"));
	});
});
