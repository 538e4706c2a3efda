/* S7 on real sockets: a primary that dies in session, in every way, and a backup that takes over. */
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { preferPrimary } from "../../src/endpoint/filters.js";
import { flawless, Ledger } from "../support/ledger.js";
import { edgeOf, type RealEdge } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

/** What became of the primary, where the client was. */
const DEATHS: readonly (readonly [string, (edge: RealEdge) => void | Promise<void>])[] = [
	["is killed, and refuses from then on", (edge) => edge.primary.kill()],
	[
		"vanishes into a black hole, for those who dial it too",
		(edge) => {
			edge.primary.proxy.hang();
			edge.primary.proxy.mute();
		},
	],
	[
		"ends its connections, and then accepts and stays mute",
		(edge) => {
			edge.primary.door = "swallow";
			edge.primary.proxy.fin();
		},
	],
];

function onRole(client: Client, role: "primary" | "backup"): Promise<unknown> {
	return when(
		client.connection,
		(state) => state.status === "connected" && state.role === role,
		`on the ${role}`,
	);
}

describe.concurrent("a primary that dies in session", () => {
	it.for(DEATHS)("%s: the backup takes over, and nothing is lost", async ([_name, die], test) => {
		const edge = await edgeOf(test);
		const client = edge.client({ reconnect: { dialTimeoutMs: 1_000 } });
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await traffic.open();
		await onRole(client, "primary");
		const sending = traffic.run(200);
		await die(edge);
		await onRole(client, "backup");
		await sending;
		await ledger.settled(traffic.lanes);
		expect(traffic.lanes.map((lane) => ledger.tally(lane))).toEqual([flawless(200), flawless(200)]);
		expect(client.stats.get()).toMatchObject({ failovers: 1, polls: 0 });
		expect(client.mode.get()).toEqual({ mode: "normal" });
	});

	it("is not tried first again, when the backup's link breaks soon after", async (test) => {
		const edge = await edgeOf(test);
		// Each link is proved at once: else its loss would be its endpoint's failure too.
		const client = edge.client({ reconnect: { stableAfterMs: 1 } });
		await client.connect();
		await edge.primary.kill();
		await onRole(client, "backup");
		const linkedAt = Date.now();
		const { dials } = client.stats.get();
		const lost = when(client.connection, ({ status }) => status === "reconnecting", "the loss");
		await until(() => Date.now() > linkedAt + 50, "a proved link");
		edge.backup.proxy.reset();
		await lost;
		await onRole(client, "backup");
		expect(client.stats.get().dials).toBe(dials + 1);
	});

	it("is gone back to when it is well again, without a moment without a link", async (test) => {
		const edge = await edgeOf(test);
		const client = edge.client({
			reconnect: { failBackWindowMs: [1_000, 1_500] },
			// Without `up`, which would leave a primary that has failed alone for half a minute.
			endpointFilters: [preferPrimary()],
		});
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await edge.primary.proxy.refuse();
		await traffic.open();
		await onRole(client, "backup");
		await edge.primary.proxy.pass();
		const seen: string[] = [];
		client.connection.subscribe(({ status }) => seen.push(status));
		const sending = traffic.run(200);
		await onRole(client, "primary");
		await sending;
		await ledger.settled(traffic.lanes);
		expect(traffic.lanes.map((lane) => ledger.tally(lane))).toEqual([flawless(200), flawless(200)]);
		expect(new Set(seen)).toEqual(new Set(["connected"]));
		expect(client.stats.get().migrations).toBe(1);
	});
});
