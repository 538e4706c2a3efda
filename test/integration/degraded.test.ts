/* S13 on real sockets: no WebSocket gets through, HTTP does, and one day WebSockets do again. */
import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { flawless, Ledger } from "../support/ledger.js";
import { createRealEdge, type Door, type RealEdge } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

let edge: RealEdge;
afterEach(() => edge.stop());

const DOORS: readonly (readonly [string, Door])[] = [
	["refused", { status: "502 Bad Gateway" }],
	["answered as if they were none", { status: "200 OK", headers: "Content-Type: text/html\\r\\n" }],
	["swallowed", "swallow"],
];

const mode = (client: Client, wanted: string): Promise<unknown> =>
	when(client.mode, (value) => value.mode === wanted, `${wanted} mode`);
const link = (client: Client): Promise<unknown> =>
	when(client.connection, ({ status }) => status === "connected", "a link");

function close(door: Door): void {
	for (const gateway of edge.gateways) gateway.door = door;
}

describe("upgrades that do not get through", () => {
	it.each(DOORS)(
		"%s: polling carries both ways, and hands back without loss",
		async (_name, door) => {
			edge = await createRealEdge();
			const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
			const ledger = new Ledger();
			const traffic = new Traffic({ edge, client, ledger, name: "room" });
			await traffic.open();
			await link(client);
			const sending = traffic.run(250, 50);
			close(door);
			for (const gateway of edge.gateways) gateway.proxy.reset();
			await mode(client, "degraded");
			const { up, down } = traffic;
			const [before, heard] = [client.stats.get().polls, ledger.arrived(down)];
			await until(() => client.stats.get().polls > before + 3, "polls");
			await until(() => ledger.arrived(down) > heard, "messages over polls");
			expect(client.connection.get().status).not.toBe("connected");
			close("open");
			await link(client);
			await mode(client, "normal");
			await sending;
			await ledger.settled([up, down]);
			expect([ledger.tally(up), ledger.tally(down)]).toEqual([flawless(250), flawless(250)]);
			// Polling has ended with the way back.
			const { polls } = client.stats.get();
			traffic.sendDown();
			await until(() => ledger.arrived(down) > 250, "a message over the WebSocket");
			expect(client.stats.get().polls).toBe(polls);
		},
	);
});
