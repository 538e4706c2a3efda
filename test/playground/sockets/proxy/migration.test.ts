/*
 * E11 with real arms: HAProxy and Envoy side by side in every PoP, before the same gateways. The SDK's clients are
 * led from one to the other, and back, and miss nothing.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { EdgeConfig } from "../../../../playground/edge/config.js";
import { armsOf } from "../../../../playground/edge/migration/arms.js";
import type { ArmName } from "../../../../playground/edge/migration/contract.js";
import { MIGRATION_POLICY } from "../../../../playground/edge/migration/policy.js";
import type {
	Chain,
	ProxyModel,
	VirtualHost,
} from "../../../../playground/edge/proxy/model/model.js";
import { until } from "../../../support/until.js";
import { dialEach, ledTo } from "../arms-rig.js";
import { type EdgeRig, rigOfTest, startRig } from "../edge-rig.js";
import { isMissing } from "./proxy-rig.js";

const CLIENTS = 40;
const PATIENCE_MS = 90_000;
/** Clients talk often, so that what becomes of them is soon known; few of them are enough. */
const MANNERS = { room: 4, rate: 2 };
const POLICY = { ...MIGRATION_POLICY, fewestUsers: 5, latencySlackMs: 600 };
const BOTH: Partial<EdgeConfig> = { proxy: "haproxy", newArm: "envoy", ttl: 1 };

const migration = ({ edge }: EdgeRig) => edge.assembly.migration.view;
const behind = ({ edge }: EdgeRig, arm: ArmName): number =>
	edge.assembly.pops.flatMap(({ visitors }) => visitors).filter((each) => each.arm === arm).length;
const balancersOf = ({ edge }: EdgeRig, arm: ArmName) =>
	edge.assembly.pops.flatMap(
		({ balancers }) => (arm === "old" ? balancers[0] : balancers[1]) ?? [],
	);

function expectNothingMissed({ edge }: EdgeRig): void {
	const { lost, repeated, outOfOrder, altered, late, delivered } = edge.state.ledger;
	expect({ lost, repeated, outOfOrder, altered, late }).toEqual({
		...{ lost: 0, repeated: 0, outOfOrder: 0, altered: 0, late: 0 },
	});
	expect(delivered).toBeGreaterThan(100);
}

/** What is wrong with the new arm, by which words it is known, and how it comes to be. */
const FAULTS: [string, RegExp, (rig: EdgeRig) => Promise<void>][] = [
	[
		"does not answer newcomers",
		/^timeouts: /,
		async (rig) => {
			for (const each of balancersOf(rig, "new")) await each.change({ door: "silent" });
		},
	],
	[
		"refuses upgrades",
		/^errors: /,
		async ({ edge }) => {
			for (const { arms } of edge.assembly.pops) if (arms[1]) arms[1].proxy.upgrades = "refuse";
		},
	],
	[
		// Clients think that they are connected, and probes see nothing.
		"has forgotten its users",
		/^users: .* fewer are active/,
		async (rig) => {
			for (const each of balancersOf(rig, "new")) await each.change({ links: "half-open" });
		},
	],
];

/** The same, and a header in every answer. */
function marked(model: ProxyModel): ProxyModel {
	const routes = (host: VirtualHost) =>
		host.routes.map((route) => ({ ...route, response: { set: { "X-New": "1" } } }));
	const hosts = (chain: Chain) => chain.hosts.map((host) => ({ ...host, routes: routes(host) }));
	const listeners = model.listeners.map((listener) => {
		return {
			...listener,
			chains: listener.chains.map((each) => ({ ...each, hosts: hosts(each) })),
		};
	});
	return { ...model, listeners };
}

describe.skipIf(isMissing("envoy", "haproxy")).each([
	["haproxy", "envoy"],
	["envoy", "haproxy"],
] as const)("a migration from %s to %s", (proxy, newArm) => {
	let rig: EdgeRig;
	beforeAll(async () => {
		const migration = { ...POLICY, dwellMs: 2_500 };
		const changes = { ...BOTH, clients: CLIENTS, proxy, newArm, migration };
		rig = await startRig(changes, { manners: MANNERS });
		await until(() => behind(rig, "old") === CLIENTS, "the fleet", PATIENCE_MS);
	}, 120_000);
	afterAll(() => rig?.stop());

	/** Of the fleet: who was without a link for a moment, or met an error. */
	const failed = () => {
		const { outages, errors } = rig.edge.state.fleet;
		return { outages, errors };
	};

	it("has nobody behind the new arm before it begins", () => {
		expect(rig.edge.assembly.pops.map((pop) => pop.accepted("new"))).toEqual([0, 0, 0, 0]);
		const [{ proxy: old, newArm: fresh } = {}] = rig.edge.state.pops;
		expect([old?.kind, fresh?.kind]).toEqual([proxy, newArm]);
	});

	it("leads everybody there in steps, who came by the old arm dials first and leaves then", async () => {
		const before = failed();
		await rig.control.act({ do: "migrate" });
		await until(() => migration(rig).state.is !== "moving", "its end", PATIENCE_MS);
		expect(migration(rig).state).toEqual({ is: "done" });
		await until(() => behind(rig, "old") === 0, "the old arm to be empty", PATIENCE_MS);
		await until(() => behind(rig, "new") === CLIENTS, "all behind the new one", PATIENCE_MS);
		expect((await ledTo(rig, 12)).every(({ arm }) => arm === "new")).toBe(true);
		expect(failed()).toEqual(before);
		expectNothingMissed(rig);
	}, 180_000);

	it("is rolled back by one order, and who came by the new arm leaves it", async () => {
		const before = failed();
		await rig.control.act({ do: "roll-back" });
		expect((await ledTo(rig, 12)).every(({ arm }) => arm === "old")).toBe(true);
		await until(() => behind(rig, "new") === 0, "the new arm to be empty", PATIENCE_MS);
		await until(() => behind(rig, "old") === CLIENTS, "all behind the old one", PATIENCE_MS);
		expect(failed()).toEqual(before);
		expectNothingMissed(rig);
	}, 180_000);

	it("may have both proxies of a PoP replaced", async () => {
		const before = failed();
		await rig.edge.assembly.pop("DUB").replaceProxies(1_000);
		await until(() => behind(rig, "old") === CLIENTS, "all behind the old one", PATIENCE_MS);
		expect(failed()).toEqual(before);
		expectNothingMissed(rig);
	}, 180_000);

	it("leaves an old arm that may be taken away, and nobody notices", async () => {
		const before = failed();
		await rig.control.act({ do: "migrate" });
		await until(() => behind(rig, "old") === 0, "the old arm to be empty", PATIENCE_MS);
		const { pops, ledger } = rig.edge.assembly;
		for (const { arms } of pops) await arms[0].proxy.stop();
		const { delivered } = ledger.state;
		await until(() => ledger.state.delivered > delivered + 50, "more to be heard", PATIENCE_MS);
		await until(() => ledger.state.oldestPendingMs < 2_000, "what is under way", PATIENCE_MS);
		expect(rig.edge.state.pops.every(({ dns }) => dns.up)).toBe(true);
		expect(behind(rig, "new")).toBe(CLIENTS);
		expect(failed()).toEqual(before);
		expectNothingMissed(rig);
	}, 180_000);
});

describe.skipIf(isMissing("envoy", "haproxy"))("a migration from haproxy to envoy", () => {
	describe("at 50 %", () => {
		let rig: EdgeRig;
		beforeAll(async () => {
			const migration = { ...POLICY, steps: [50], dwellMs: 600_000 };
			rig = await startRig({ ...BOTH, clients: CLIENTS, migration }, { manners: MANNERS });
			await until(() => behind(rig, "old") === CLIENTS, "the fleet", PATIENCE_MS);
		}, 120_000);
		afterEach(() => rig.control.act({ do: "heal" }));
		afterAll(() => rig?.stop());

		it.each(FAULTS)(
			"halts where the new arm %s, is rolled back, and nothing is lost",
			async (_, why, harm) => {
				await rig.control.act({ do: "migrate" });
				for (const { config } of rig.edge.assembly.pops)
					await rig.control.act({ do: "cut", pop: config.name, link: "clients" });
				const enough = (): boolean => {
					const { arms } = migration(rig);
					const all = [arms?.old, arms?.new];
					return all.every((arm) => arm !== undefined && arm.asked >= 10 && arm.active >= 5);
				};
				await until(enough, "users behind both arms", PATIENCE_MS);
				expect(migration(rig).state).toMatchObject({ is: "moving" });
				await harm(rig);
				await until(() => migration(rig).state.is === "halted", "it to halt", PATIENCE_MS);
				const { state } = migration(rig);
				expect(state.is === "halted" ? state.reasons : []).toContainEqual(
					expect.stringMatching(why),
				);
				await rig.control.act({ do: "roll-back" });
				for (const each of balancersOf(rig, "new")) await each.heal();
				await until(() => behind(rig, "old") === CLIENTS, "all behind the old one", PATIENCE_MS);
				const { ledger } = rig.edge.assembly;
				await until(() => ledger.state.oldestPendingMs < 2_000, "what is under way", PATIENCE_MS);
				expectNothingMissed(rig);
			},
			180_000,
		);
	});

	it("halts where the new arm adds a header, without any user of it", async () => {
		const rig = await rigOfTest(
			{ ...BOTH, migration: { ...POLICY, dwellMs: 600_000 } },
			{ reshape: (_, arm, model) => (arm === "old" ? model : marked(model)) },
		);
		await rig.control.act({ do: "migrate" });
		await until(() => migration(rig).state.is === "halted", "it to halt", PATIENCE_MS);
		expect(migration(rig).state).toMatchObject({ reasons: ["headers: +x-new: 1"] });
	}, 120_000);

	it("leads newcomers by its weights: servers count each step's share within three points", async () => {
		const rig = await rigOfTest({ ...BOTH, seed: 11 });
		const { pops, names } = rig.edge.assembly;
		const count = (arm: ArmName): number => pops.reduce((sum, pop) => sum + pop.accepted(arm), 0);
		for (const percent of MIGRATION_POLICY.steps) {
			for (const { config } of pops) names.weigh(config.name, armsOf(config, percent));
			const before = { old: count("old"), new: count("new") };
			const led = await ledTo(rig, 600);
			await dialEach(rig, led);
			const came = { old: count("old") - before.old, new: count("new") - before.new };
			const drawn = led.filter(({ arm }) => arm === "new").length;
			expect(came).toEqual({ old: led.length - drawn, new: drawn });
			const share = (100 * came.new) / led.length;
			expect(Math.abs(share - percent)).toBeLessThanOrEqual(percent % 100 === 0 ? 0 : 3);
		}
	}, 180_000);
});
