/* What a TypeScript user of Node writes, as an ES module. */
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import {
	type Client,
	type ConnectionState,
	createClient,
	isRealtimeError,
	preferPrimary,
	RealtimeError,
	up,
} from "holdfast";
import { type DnsTracker, dohResolver, nodeResolver, trackDns } from "holdfast/dns";
import { fileLocks, fileStorage } from "holdfast/node";
import { createServer, type MessageLog, memoryLog } from "holdfast/server";
import { natsLog } from "holdfast/server/nats";
import { attach } from "holdfast/server/node";
import { redisLog } from "holdfast/server/redis";
import { createHarness, seededRandom } from "holdfast/testing";
import { holdfast, type VitePlugin } from "holdfast/vite";
import { failoverWebSocket, ResilientWebSocket } from "holdfast/websocket";

interface Chat {
	general: { text: string };
	typing: string;
}

const client: Client<Chat> = createClient<Chat>({
	endpoints: ["wss://a.example", { url: "wss://b.example", role: "backup" }],
	api: "https://api.example",
	endpointFilters: [up(), preferPrimary()],
	connect: "manual",
	getToken: async ({ reason, signal }) => `${reason}${signal.aborted}`,
	outbox: { persist: "storage", namespace: "ada" },
	runtime: {
		storage: fileStorage("outbox"),
		locks: fileLocks("locks"),
		resolver: nodeResolver({ servers: ["127.0.0.1:53"] }),
		connect: (to) => connect({ ...to, localAddress: "127.0.0.2" }),
	},
});

client.subscribe("general", (message) => message.data.text.trim(), {
	onGap: ({ missed }) => console.info(missed),
});
// @ts-expect-error: no such channel.
client.subscribe("generl", () => undefined);
// @ts-expect-error: not what this channel carries.
void client.publish("general", { txt: "hello" });

const name: DnsTracker = trackDns({
	hostname: "a.example",
	resolver: dohResolver({ url: "https://dns.example/dns-query", clientSubnet: "192.0.2.0/24" }),
});
name.failed(name.pick()?.address ?? "");
console.info(client.endpoints.get()[0]?.dns?.answers[0]?.ttlMs, name.get().quarantined.length);

export function label(state: ConnectionState): string {
	switch (state.status) {
		case "reconnecting":
			return isRealtimeError(state.cause) ? state.cause.code : `${state.retryAt}`;
		case "connected":
			return state.endpoint;
		default:
			return state.status;
	}
}

const logs: readonly (() => MessageLog)[] = [
	memoryLog,
	() => redisLog({ url: "redis://127.0.0.1" }),
	() => natsLog({ servers: ["nats://127.0.0.1"], replicas: 3 }),
];
const log: MessageLog = logs[0]?.() ?? memoryLog();
const server = createServer<IncomingMessage>({
	log,
	authorize: ({ token, context }) => (token === null ? null : { id: `${token}${context.url}` }),
});
await using attached = attach(createHttpServer(), server);
await using harness = createHarness<Chat>({ seed: 7 });
export const drawn: number = seededRandom(1)();
export const all = [attached, harness.clock, new RealtimeError("internal", "x").remediation];
export const plugin: VitePlugin = holdfast({ origins: ["https://cdn.example"], version: "7" });

const FailoverWebSocket: typeof WebSocket = failoverWebSocket({ endpoints: ["wss://a.example"] });
const resilient: ResilientWebSocket = new ResilientWebSocket(["wss://a.example"], "chat", {
	heartbeat: { message: () => "ping", isReply: (data) => data === "pong" },
});
const plain: WebSocket = resilient;
plain.close();
console.log(FailoverWebSocket.OPEN, resilient.connection.get().status);
