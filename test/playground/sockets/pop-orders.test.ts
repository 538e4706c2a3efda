/* What a PoP's proxy and gateways can be told, and where their clients go. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Action } from "../../../playground/edge/control/contract.js";
import { until, when } from "../../support/until.js";
import { type EdgeRig, healed, listenNear, rigOfTest, socketsAt, startRig } from "./edge-rig.js";

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig();
});
afterEach(() => healed(rig));
afterAll(() => rig?.stop());

const near = { heartbeat: { idleMs: 1_000, timeoutMs: 1_000 } };

describe("a client in Dublin", () => {
	it.each<[string, readonly Action[]]>([
		["whose proxy refuses upgrades", [{ do: "set-upgrades", pop: "DUB", upgrades: "refuse" }]],
		["whose proxy swallows upgrades", [{ do: "set-upgrades", pop: "DUB", upgrades: "swallow" }]],
		["that is drained", [{ do: "drain-pop", pop: "DUB", withinMs: 2_000 }]],
		[
			"whose gateways die",
			[0, 1].map((gateway) => ({ do: "kill-gateway", pop: "DUB", gateway }) as const),
		],
	])("%s goes elsewhere, and misses nothing", async (what, actions) => {
		const heard: string[] = [];
		const client = rig.client("DUB", near);
		const { state } = client.subscribe(what, ({ data }) => heard.push(String(data)));
		await when(state, ({ status }) => status === "subscribed", "a subscription");
		const other = await listenNear(rig, "FRA", what);
		expect(socketsAt(rig, "DUB")).toBe(1);
		for (const action of actions) await rig.control.act(action);
		for (const text of ["one", "two"]) await other.client.publish(what, text);
		await until(() => heard.length === 2, "both messages");
		// The server behind a proxy that swallows learns later than anybody that its client has gone.
		const elsewhere = (): number =>
			["FRA", "LHR", "IAD"].reduce((sum, pop) => sum + socketsAt(rig, pop), 0);
		await until(() => elsewhere() === 2, "it to be elsewhere");
		await when(client.connection, ({ status }) => status === "connected", "a connection");
		expect(heard).toEqual(["one", "two"]);
		await client.close();
		await other.client.close();
	});

	it("has its new server in Dublin before it leaves the old one, in a deploy", async () => {
		const { client, heard } = await listenNear(rig, "DUB", "stays");
		const { gateways } = rig.edge.assembly.pop("DUB");
		await rig.control.act({ do: "deploy", pop: "DUB", withinMs: 3_000 });
		await until(
			() =>
				client.stats.get().migrations === 1 && gateways.every(({ state }) => state.leaving === 0),
			"the move to a new server",
		);
		await client.publish("stays", "still here");
		await until(() => heard.length === 1, "the message");
		expect(socketsAt(rig, "DUB")).toBe(1);
		expect(client.stats.get().failovers).toBe(0);
		await client.close();
	});

	it("goes on by polling when no name is up, and not at all when the API is down too", async () => {
		const options = { degraded: { intervalMs: [200, 400] as const } };
		const client = rig.client("DUB", options);
		const heard: string[] = [];
		const { state } = client.subscribe("poll", ({ data }) => heard.push(String(data)));
		await when(state, ({ status }) => status === "subscribed", "a subscription");
		for (const name of ["primary", "backup"] as const)
			await rig.control.act({ do: "set-name", name, up: false });
		await when(client.mode, ({ mode }) => mode === "degraded", "degraded mode");
		await client.publish("poll", "by HTTP");
		await until(() => heard.length === 1, "the message");
		const { primary, backup, polling } = rig.edge.assembly.sockets;
		expect([primary, backup]).toEqual([0, 0]);
		expect(polling).toBeGreaterThanOrEqual(1);
		await rig.control.act({ do: "set-api", up: false });
		const stored = client.publish("poll", "later");
		await until(() => !rig.edge.state.api.up, "the API to be down");
		await rig.control.act({ do: "heal" });
		expect(await stored).toMatchObject({ status: "stored" });
		await until(() => heard.length === 2, "the other message");
		expect(heard).toEqual(["by HTTP", "later"]);
		await client.close();
	});
});

describe("a PoP with as many sockets as it can hold", () => {
	it("gets no more newcomers by DNS, and keeps who is there", async () => {
		const small = await rigOfTest({ capacity: 2 });
		const clients = [
			await listenNear(small, "DUB", "full"),
			await listenNear(small, "DUB", "full"),
		];
		await until(() => small.edge.assembly.names.of("DUB").load === 100, "DNS to be told");
		await listenNear(small, "DUB", "full");
		expect(socketsAt(small, "DUB")).toBe(2);
		expect(small.edge.assembly.sockets.primary).toBe(3);
		await clients[0]?.client.close();
		await clients[1]?.client.close();
		await until(() => small.edge.assembly.names.of("DUB").load === 0, "DNS to be told again");
		await listenNear(small, "DUB", "full");
		expect(socketsAt(small, "DUB")).toBe(1);
	});
});
