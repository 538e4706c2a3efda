/* `npm run edge:report`, in short: real Envoys, a few clients, and what goes wrong is told and takes nothing along. */
import { beforeAll, describe, expect, it } from "vitest";
import { CHURN } from "../../real-edge/churn.js";
import type { Finding, Settings, Trouble } from "../../real-edge/contract.js";
import { GATEWAY_KILL } from "../../real-edge/deaths.js";
import { DEPLOY } from "../../real-edge/planned.js";
import { runTroubles } from "../../real-edge/run-troubles.js";
import { isMissing } from "./proxy/proxy-rig.js";

const SHORT: Settings = {
	...{ clients: 24, rate: 0.5, acceptRate: 100, updates: 8, everyMs: 300 },
	...{ withinMs: 2_000, steadyMs: 0, dwellMs: 1_000, calmMs: 1_000 },
};

/** What it claims to show is not to be seen. */
const TOOTHLESS: Trouble = {
	...DEPLOY,
	name: "toothless",
	run: async (stage) => {
		stage.strike();
		const bites = [{ says: "somebody noticed", holds: false }];
		return { clients: 0, unit: { clients: 0, accepts: 100 }, times: "once", bites };
	},
};
const BROKEN: Trouble = {
	...DEPLOY,
	name: "broken",
	run: (stage) =>
		stage.until(() => false, "what never comes", 200).then(() => TOOTHLESS.run(stage)),
};

describe.skipIf(isMissing("envoy"))("a report of troubles, in short", () => {
	const found = new Map<string, Finding>();
	let proxies: readonly string[] = [];
	beforeAll(async () => {
		const troubles = [TOOTHLESS, BROKEN, GATEWAY_KILL, DEPLOY, CHURN];
		const run = await runTroubles(troubles, { settings: SHORT, say: () => undefined });
		for (const finding of run.findings) found.set(finding.trouble.name, finding);
		proxies = run.proxies;
	}, 240_000);

	it("has a gateway killed: its clients lost their links and came back, and no message was lost or repeated", () => {
		const killed = found.get("gateway-kill");
		expect(killed).toMatchObject({ failures: [], counts: { lost: 0, repeated: 0 } });
		expect(killed?.struck).toBeGreaterThan(0);
		expect(killed?.outages).toBeGreaterThanOrEqual(killed?.struck ?? 1);
		expect(killed?.fromDial?.max).toBeGreaterThan(0);
		expect(killed?.fromLoss?.max).toBeGreaterThanOrEqual(killed?.fromDial?.max ?? 0);
		expect(killed?.whole).toBeGreaterThan(0);
		expect(proxies.join()).toMatch(/^envoy \d+\.\d+\.\d+$/);
	});

	it("has a deploy: everybody moved", () => {
		const deploy = found.get("deploy");
		expect(deploy).toMatchObject({ failures: [], struck: 24, counts: { lost: 0, repeated: 0 } });
		expect(deploy?.arrivals.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(24);
	});

	it("has endpoints that come and go: Envoy took each list", () => {
		expect(found.get("endpoint-churn")).toMatchObject({ failures: [], counts: { lost: 0 } });
	});

	it("fails what struck nobody, and what it waited for in vain, and goes on", () => {
		expect(found.get("toothless")?.failures).toEqual(
			expect.arrayContaining(["It struck nobody.", "Not seen: somebody noticed."]),
		);
		expect(found.get("broken")?.failures[0]).toMatch(/^Waited 0\.2 s in vain for what never comes/);
		expect([...found.keys()].at(-1)).toBe("endpoint-churn");
	});
});
