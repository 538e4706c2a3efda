/*
 * A region is drained by DNS alone: its name leads elsewhere, and a client that is connected follows,
 * make before break. Two gateways, a name server and the client, all on loopback addresses.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, createClient } from "holdfast";
import { nodeResolver } from "holdfast/dns";
import { createServer, memoryLog } from "holdfast/server";
import { attach } from "holdfast/server/node";
import { serveZone } from "./zone.js";

const NAME = "wss-primary.test";
const [OLD, NEW] = ["127.0.0.2", "127.0.0.3"] as const;
const TTL_SECONDS = 1;
/** Answers must have been the same three times before a change of them can be a drain. */
const STEADY_QUESTIONS = 3;
/** The client asks every 30 s at most: its clock may run faster, for those who can't wait. */
const SPEED = Number(process.env.SPEED ?? 1);

const log = memoryLog();

/** A gateway on one address. All of them share the log, so that any can go on where another stopped. */
async function gateway(address: string, port: number): Promise<Server> {
	const server = createServer({ log, authorize: () => ({ id: "somebody" }) });
	const http = createHttpServer();
	attach(http, server);
	await new Promise<void>((resolve) => http.listen(port, address, resolve));
	return http;
}

function clockOf(speed: number): Clock {
	const startedAt = Date.now();
	const clock: Clock = {
		now: () => startedAt + performance.now() * speed,
		monotonic: () => performance.now() * speed,
		setTimeout(run, ms) {
			const timer = setTimeout(run, ms / speed);
			return { [Symbol.dispose]: () => clearTimeout(timer) };
		},
		sleep: (ms, signal) =>
			new Promise((resolve, reject) => {
				const timer = setTimeout(resolve, ms / speed);
				signal?.addEventListener("abort", () => {
					clearTimeout(timer);
					reject(signal.reason);
				});
			}),
	};
	return clock;
}

const first = await gateway(OLD, 0);
const { port } = first.address() as AddressInfo;
await gateway(NEW, port);
const zone = await serveZone(OLD, TTL_SECONDS);

const client = createClient<{ ticks: number }>({
	endpoints: [`ws://${NAME}:${port}`],
	runtime: {
		resolver: nodeResolver({ servers: [zone.server] }),
		...(SPEED === 1 ? {} : { clock: clockOf(SPEED) }),
	},
});

const heard: number[] = [];
client.subscribe("ticks", ({ data }) => heard.push(data));
let address: string | null = null;
client.endpoints.subscribe(([endpoint]) => {
	if (endpoint?.address == null || endpoint.address === address) return;
	address = endpoint.address;
	console.log(`connected to ${NAME} at ${address}`);
	if (address === NEW) finish();
});
await client.connect();

let sent = 0;
const ticking = setInterval(() => {
	client.publish("ticks", sent++).catch((error) => console.error(error));
	if (zone.address === NEW || zone.questions < STEADY_QUESTIONS) return;
	zone.address = NEW;
	console.log(`${NAME} leads to ${NEW} now`);
}, 200);

function finish(): void {
	clearInterval(ticking);
	setTimeout(async () => {
		const isWhole = heard.length === sent && heard.every((tick, n) => tick === n);
		const { migrations } = client.stats.get();
		console.log(`moves: ${migrations}, messages: ${heard.length} of ${sent}`);
		await client.close();
		process.exit(isWhole && migrations === 1 ? 0 : 1);
	}, 1_000);
}
