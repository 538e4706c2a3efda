/* The whole edge with real proxies: the same routes, faults and repairs as with the embedded one, and the SDK's clients. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ProxyFacts } from "../../../../playground/edge/control/proxy-facts.js";
import { until } from "../../../support/until.js";
import { type EdgeRig, healed, listenNear, rigOfTest, socketsAt, startRig } from "../edge-rig.js";
import { isMissing } from "./proxy-rig.js";

const PATIENCE_MS = 60_000;

describe.skipIf(isMissing("envoy", "haproxy")).each(["envoy", "haproxy"] as const)(
	"an edge of %s",
	(proxy) => {
		let rig: EdgeRig;
		beforeAll(async () => {
			rig = await startRig({ proxy, clients: 30 });
		});
		afterEach(() => healed(rig));
		afterAll(() => rig?.stop());
		const sockets = (name: "primary" | "backup"): number => rig.edge.assembly.sockets[name];
		const all = (): number => sockets("primary") + sockets("backup");
		const part = (name: string) => rig.edge.state.parts.find((each) => each.name === name);

		it("takes a fleet, and everybody hears what is said in another PoP", async () => {
			await until(() => all() === 30, "all to be connected", PATIENCE_MS);
			const [here, there] = [await listenNear(rig, "DUB", "a"), await listenNear(rig, "FRA", "a")];
			await there.client.publish("a", "from Frankfurt");
			await until(() => here.heard.length === 1, "the message");
			const facts = (): ProxyFacts | undefined => rig.edge.state.pops[0]?.proxy;
			await until(
				() => facts()?.endpoints.filter(({ isWell }) => isWell).length === 2,
				"two gateways",
			);
			expect(facts()).toMatchObject({ kind: proxy, processes: 1 });
			expect(facts()?.version).toMatch(/^\d+\.\d+\.\d+/);
			expect([socketsAt(rig, "DUB"), socketsAt(rig, "FRA")].every((count) => count > 0)).toBe(true);
			await here.client.close();
			await there.client.close();
		});

		it("reaches the HTTP half over mutual TLS while upgrades are refused, and comes back", async () => {
			const { client, heard } = await listenNear(rig, "LHR", "b");
			for (const pop of ["DUB", "FRA", "LHR", "IAD"])
				await rig.control.act({ do: "set-upgrades", pop, upgrades: "refuse" });
			await until(() => all() === 0, "all sockets to be cut");
			await client.publish("b", "by HTTP");
			await until(() => heard.includes("by HTTP"), "what was polled", PATIENCE_MS);
			await until(
				() => rig.edge.state.pops.every(({ health }) => health.detail === "503"),
				"health to say so",
			);
			await rig.control.act({ do: "heal" });
			await until(() => all() === 31, "all to be back", PATIENCE_MS);
			await client.close();
		}, 120_000);

		it("cuts a name that is taken down, and only that", async () => {
			await until(() => all() === 30, "all to be connected", PATIENCE_MS);
			await rig.control.act({ do: "set-name", name: "primary", up: false });
			await until(
				() => sockets("primary") === 0 && sockets("backup") === 30,
				"all on the backup",
				PATIENCE_MS,
			);
		}, 120_000);

		it("has no other arm, so it refuses to migrate and says how to have one", async () => {
			await expect(rig.control.act({ do: "migrate" })).rejects.toThrow("with --to envoy");
		});

		it("knows at once of a gateway that is gone, and says 503 when the last one is", async () => {
			await rig.control.act({ do: "kill-gateway", pop: "FRA", gateway: 0 });
			await rig.control.act({ do: "kill-gateway", pop: "FRA", gateway: 1 });
			await until(() => rig.edge.state.pops[1]?.health.detail === "503", "health to say so");
			await until(() => socketsAt(rig, "FRA") === 0 && all() === 30, "all elsewhere", PATIENCE_MS);
		}, 120_000);

		it("has its proxies replaced, and nobody loses anything", async () => {
			await until(() => all() === 30, "all to be connected", PATIENCE_MS);
			const before = rig.edge.assembly.ledger.state;
			await rig.edge.assembly.pop("DUB").replaceProxies(1_000);
			await rig.edge.assembly.pop("FRA").replaceProxies(1_000);
			await until(() => all() === 30, "all to be connected", PATIENCE_MS);
			await until(
				() => rig.edge.assembly.ledger.state.delivered > before.delivered,
				"more to be heard",
			);
			expect(part("DUB/proxy")).toMatchObject({ is: "up", detail: null });
		}, 120_000);

		it("lost nothing, and repeated nothing, through all of this", async () => {
			await until(
				() => rig.edge.assembly.ledger.state.pending === 0,
				"nothing to be under way",
				PATIENCE_MS,
			);
			const { lost, repeated, outOfOrder, altered, delivered } = rig.edge.assembly.ledger.state;
			expect({ lost, repeated, outOfOrder, altered }).toEqual({
				lost: 0,
				repeated: 0,
				outOfOrder: 0,
				altered: 0,
			});
			expect(delivered).toBeGreaterThan(100);
		}, 120_000);
	},
);

describe("an edge of our own proxy", () => {
	it("says that it has no process to replace", async () => {
		const { control } = await rigOfTest();
		await expect(control.act({ do: "replace-proxy", pop: "DUB", withinMs: 0 })).rejects.toThrow(
			"choose envoy or haproxy",
		);
	});
});
