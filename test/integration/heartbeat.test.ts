/* S9 and S10 on real sockets: links that die without a word. FAULTS N4 to N7, N24. */
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { bundle } from "../support/children/bundle.js";
import type { Direction } from "../support/fault-proxy.js";
import { flawless, Ledger } from "../support/ledger.js";
import { start } from "../support/program.js";
import { edgeOf } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

/** Nothing but a wake finds a dead link in the time of a test. */
const ASLEEP = { heartbeatMs: 120_000, heartbeatTimeoutMs: 60_000 };

const isConnected = ({ status }: { readonly status: string }): boolean => status === "connected";

/** Why the client left its link, as soon as it does. */
function loss(client: Client): Promise<string> {
	return when(client.connection, ({ status }) => status === "reconnecting", "the loss").then(
		(state) => (state.status === "reconnecting" ? state.cause.code : state.status),
	);
}

/** Who finds it: the client's own heartbeat, or the server's, whose close still comes through. */
const HOLES: readonly (readonly [string, readonly Direction[], RegExp])[] = [
	["both ways", ["up", "down"], /^heartbeat-timeout$/],
	["from server to client", ["down"], /^heartbeat-timeout$/],
	["from client to server", ["up"], /^heartbeat-timeout$|^connection-lost$/],
];

describe.concurrent("a black hole in an open connection", () => {
	describe.each(HOLES)("%s", (_name, directions, causes) => {
		it("is noticed while nothing is said", async (test) => {
			const edge = await edgeOf(test);
			const client = edge.client();
			client.subscribe("room", () => undefined);
			await when(client.connection, isConnected, "a link");
			const lost = loss(client);
			edge.primary.proxy.hang();
			edge.primary.proxy.mute(...directions);
			expect(await lost).toMatch(causes);
		});

		it("is noticed while the app keeps sending, and costs nothing", async (test) => {
			const edge = await edgeOf(test);
			const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
			const ledger = new Ledger();
			const traffic = new Traffic({ edge, client, ledger, name: "room" });
			await traffic.open();
			await client.connect();
			const sending = setInterval(() => traffic.sendUp(), 20);
			try {
				const lost = loss(client);
				edge.primary.proxy.hang();
				edge.primary.proxy.mute(...directions);
				expect(await lost).toMatch(causes);
				await when(client.connection, isConnected, "the backup");
			} finally {
				clearInterval(sending);
			}
			await ledger.settled([traffic.up]);
			const { sent } = ledger.tally(traffic.up);
			expect(ledger.tally(traffic.up)).toEqual(flawless(sent));
		});
	});

	it("from client to server is found by the server, where the client hears enough to be content", async (test) => {
		const edge = await edgeOf(test);
		const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await traffic.open();
		const sending = setInterval(() => traffic.sendDown(), 20);
		try {
			const lost = loss(client);
			edge.primary.proxy.hang();
			edge.primary.proxy.mute("up");
			// Closed with 1001: the server has not heard it.
			expect(await lost).toBe("connection-lost");
			await when(client.connection, isConnected, "the backup");
		} finally {
			clearInterval(sending);
		}
		await ledger.settled([traffic.down]);
		const { sent } = ledger.tally(traffic.down);
		expect(ledger.tally(traffic.down)).toEqual(flawless(sent));
	});
});

describe.concurrent("a server's process", () => {
	it.for([
		["is frozen, while its kernel goes on acknowledging", "SIGSTOP", "heartbeat-timeout"],
		["is killed", "SIGKILL", "connection-lost"],
	] as const)("that %s is left for the backup", async ([_name, signal, cause], test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		const program = await bundle("gateway");
		const child = start([program.path]);
		try {
			const [, port] = await child.says(/^port (\d+)$/m);
			const client = edge.client({
				endpoints: [`ws://127.0.0.1:${port}`, edge.primary.url],
				reconnect: { dialTimeoutMs: 1_000 },
			});
			client.subscribe("room", () => undefined);
			await when(client.connection, isConnected, "a link");
			const lost = loss(client);
			child.signal(signal);
			expect(await lost).toBe(cause);
			await when(client.connection, isConnected, "the backup");
		} finally {
			await child[ASYNC_DISPOSE]();
			await program[ASYNC_DISPOSE]();
		}
	});
});

describe.concurrent("a wake", () => {
	it("finds a dead link long before the heartbeat would", async (test) => {
		const edge = await edgeOf(test, { server: ASLEEP });
		const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
		await client.connect();
		edge.primary.proxy.hang();
		edge.primary.proxy.mute();
		const lost = loss(client);
		client.wake("resumed");
		expect(await lost).toBe("heartbeat-timeout");
		await when(client.connection, isConnected, "the backup");
		expect(client.stats.get().failovers).toBe(1);
	});

	it("leaves a link that answers as it is", async (test) => {
		const edge = await edgeOf(test, { server: ASLEEP });
		const client = edge.client();
		await client.connect();
		client.wake("resumed");
		await until(() => client.stats.get().latencyMs !== null, "the answer");
		expect(client.connection.get().status).toBe("connected");
		expect(client.stats.get().dials).toBe(1);
	});

	it("brings a sleeping redial forward", async (test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		const client = edge.client({
			reconnect: { firstRedialWindowMs: 1, baseMs: 600_000, maxMs: 600_000 },
		});
		await client.connect();
		await edge.primary.proxy.refuse();
		edge.primary.proxy.reset();
		const isAsleep = () => {
			const state = client.connection.get();
			return state.status === "reconnecting" && Number(state.retryAt) > Date.now() + 5_000;
		};
		await until(isAsleep, "a redial far ahead");
		await edge.primary.proxy.pass();
		client.wake("online");
		await when(client.connection, isConnected, "a link");
	});
});
