/* S13 on real sockets: no WebSocket gets through, HTTP does, and one day WebSockets do again. */
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { flawless, Ledger } from "../support/ledger.js";
import { type Door, edgeOf, type RealEdge } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

const DOORS: readonly (readonly [string, Door])[] = [
	["refused", { status: "502 Bad Gateway" }],
	["answered as if they were none", { status: "200 OK", headers: "Content-Type: text/html\\r\\n" }],
	["swallowed", "swallow"],
];

const mode = (client: Client, wanted: string): Promise<unknown> =>
	when(client.mode, (value) => value.mode === wanted, `${wanted} mode`);
const link = (client: Client): Promise<unknown> =>
	when(client.connection, ({ status }) => status === "connected", "a link");

function shut(edge: RealEdge, door: Door): void {
	for (const gateway of edge.gateways) gateway.door = door;
}

async function keepSending(traffic: Traffic, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) await traffic.run(10, 50);
}

describe.concurrent("upgrades that do not get through", () => {
	it.for(DOORS)(
		"%s: polling carries both ways, and hands back without loss",
		async ([_name, door], test) => {
			const edge = await edgeOf(test);
			const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
			const ledger = new Ledger();
			const traffic = new Traffic({ edge, client, ledger, name: "room" });
			await traffic.open();
			await link(client);
			const over = new AbortController();
			const sending = keepSending(traffic, over.signal);
			shut(edge, door);
			for (const gateway of edge.gateways) gateway.proxy.reset();
			await mode(client, "degraded");
			const { up, down } = traffic;
			const [before, heard] = [client.stats.get().polls, ledger.arrived(down)];
			await until(() => client.stats.get().polls > before + 3, "polls");
			await until(() => ledger.arrived(down) > heard, "messages over polls");
			expect(client.connection.get().status).not.toBe("connected");
			shut(edge, "open");
			await link(client);
			await mode(client, "normal");
			over.abort();
			await sending;
			await ledger.settled([up, down]);
			const { sent } = ledger.tally(up);
			expect([ledger.tally(up), ledger.tally(down)]).toEqual([flawless(sent), flawless(sent)]);
			// Polling has ended with the way back.
			const { polls } = client.stats.get();
			traffic.sendDown();
			await until(() => ledger.arrived(down) > sent, "a message over the WebSocket");
			expect(client.stats.get().polls).toBe(polls);
		},
	);
});
