/* E11 on the embedded edge: each PoP's second balancer is the new arm; its clients notice nothing of any step. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { allAddresses } from "../../../playground/edge/migration/arms.js";
import { MIGRATION_POLICY } from "../../../playground/edge/migration/policy.js";
import { WebSocket } from "../../../playground/edge/websockets.js";
import { until } from "../../support/until.js";
import { ledTo } from "./arms-rig.js";
import { type EdgeRig, startRig } from "./edge-rig.js";

const CLIENTS = 30;
const PATIENCE_MS = 60_000;

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig(
		{
			clients: CLIENTS,
			// Clients talk often, so their share is soon known; few of them are enough.
			migration: { ...MIGRATION_POLICY, dwellMs: 1_500, fewestUsers: 5, latencySlackMs: 400 },
		},
		{ manners: { room: 3, rate: 2 } },
	);
	await until(() => rig.edge.state.ledger.clients === CLIENTS, "the fleet");
});
afterEach(() => rig.control.act({ do: "heal" }));
afterAll(() => rig?.stop());

const view = () => rig.edge.assembly.migration.view;
const newArm = () => {
	const addresses = allAddresses(rig.edge.assembly.config, "new");
	return rig.edge.assembly.pops.flatMap(({ balancers, config }) =>
		balancers.filter((_, at) => addresses.includes(config.addresses[at] ?? "")),
	);
};
const oldArm = () =>
	rig.edge.assembly.pops.flatMap(({ balancers }) =>
		balancers.filter((each) => !newArm().includes(each)),
	);

function expectNothingMissed(): void {
	const { lost, repeated, outOfOrder, altered, examples } = rig.edge.state.ledger;
	expect([{ lost, repeated, outOfOrder, altered }, examples]).toEqual([
		{ lost: 0, repeated: 0, outOfOrder: 0, altered: 0 },
		[],
	]);
}

describe("a migration", () => {
	it("leads all newcomers to the new arm in the end, none of them fails, and a rollback leads them back", async () => {
		await rig.control.act({ do: "migrate" });
		expect((await ledTo(rig, 6)).some(({ arm }) => arm === "new")).toBe(false);
		await until(() => view().state.is !== "moving", "the migration to end", PATIENCE_MS);
		expect(view().state).toEqual({ is: "done" });
		expect((await ledTo(rig, 6)).every(({ arm }) => arm === "new")).toBe(true);
		// Everybody dials again, and is there: behind the new arm.
		for (const pop of ["DUB", "FRA", "LHR"])
			await rig.control.act({ do: "cut", pop, link: "clients" });
		const behind = (): number => newArm().reduce((sum, { connections }) => sum + connections, 0);
		await until(() => behind() >= CLIENTS, "all to come by the new arm", PATIENCE_MS);
		await rig.control.act({ do: "roll-back" });
		expect((await ledTo(rig, 6)).some(({ arm }) => arm === "new")).toBe(false);
		await until(() => rig.edge.state.ledger.oldestPendingMs < 2_000, "what is under way to arrive");
		expectNothingMissed();
	}, 120_000);

	it("halts where the new arm has become slow, stays where it is, and is rolled back by one order", async () => {
		await rig.control.act({ do: "migrate" });
		await until(() => view().percent >= 10, "the first step", PATIENCE_MS);
		await Promise.all(newArm().map((balancer) => balancer.change({ delayMs: 600 })));
		await until(() => view().state.is !== "moving", "the migration to end", PATIENCE_MS);
		expect(view().state).toMatchObject({ is: "halted" });
		const { percent } = view();
		expect(percent).toBeLessThan(100);
		await expect(rig.control.act({ do: "migrate" })).rejects.toThrow("has halted: roll it back");
		await rig.control.act({ do: "roll-back" });
		expect(view()).toMatchObject({ state: { is: "idle" }, percent: 0 });
		expect((await ledTo(rig, 6)).some(({ arm }) => arm === "new")).toBe(false);
		expect(oldArm()).toHaveLength(4);
		expectNothingMissed();
	}, 120_000);

	it("is not counted who looks whether the way is open, and he may say nothing", async () => {
		const { pops, credentials, reach, config } = rig.edge.assembly;
		const came = (): number => pops.reduce((sum, pop) => sum + pop.accepted("old"), 0);
		await until(() => rig.edge.state.fleet.clients === CLIENTS, "the fleet");
		const before = came();
		const [address = ""] = allAddresses(config, "old");
		const { host, port } = reach.of(address);
		const socket = new WebSocket(`wss://${host}:${port}/`, "holdfast.v1", {
			...{ servername: "wss-primary.edge.test", ca: credentials.authority },
			headers: { Host: "wss-primary.edge.test", "X-Edge-Probe": "1" },
		});
		const closed = new Promise((resolve) => socket.on("close", resolve));
		socket.on("open", () => socket.send("[]"));
		expect(await closed).toBe(4400);
		expect(came()).toBe(before);
	});
});
