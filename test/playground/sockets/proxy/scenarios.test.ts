/* E18: the scenarios in which a real proxy has its own part, each once with Envoy and once with HAProxy. */
import { describe, expect, it } from "vitest";
import { runScenarios } from "../../../../playground/edge/scenarios/run-scenario.js";
import { scenarioNamed } from "../../../../playground/edge/scenarios/scenarios.js";
import { isMissing } from "./proxy-rig.js";

const CLIENTS = 18;
const PATIENCE_MS = 300_000;

const NAMES =
	"gateway-kill certificate-expiry panic upgrades-refused boot-storm slot-exhaustion".split(" ");
const FLAWLESS = { lost: 0, repeated: 0, outOfOrder: 0, altered: 0 };

describe.skipIf(isMissing("envoy", "haproxy")).each(["envoy", "haproxy"] as const)(
	"with %s",
	(proxy) => {
		it(
			"a gateway dies, a certificate runs out, checks fail, upgrades are refused, boots storm, places run out: nothing is lost",
			async () => {
				const scenarios = NAMES.map(scenarioNamed);
				const verdicts = await runScenarios(scenarios, { clients: CLIENTS, seed: 18, proxy });
				expect(verdicts.map(({ scenario }) => scenario)).toEqual(NAMES);
				for (const verdict of verdicts) {
					const { scenario, failures, clients, published, seconds } = verdict;
					expect({ scenario, failures }).toEqual({ scenario, failures: [] });
					expect(verdict).toMatchObject({ is: "passed", ok: true, proxy, ...FLAWLESS });
					expect(published).toBeGreaterThanOrEqual(Math.floor(clients * seconds));
				}
				const { withoutPlace = -1, refused = -1 } = verdicts.at(-1)?.figures ?? {};
				if (proxy === "envoy") expect(withoutPlace).toBe(0);
				else {
					expect(withoutPlace).toBe(2);
					expect(refused).toBeGreaterThan(0);
				}
			},
			PATIENCE_MS,
		);
	},
);

it("slot exhaustion is not run with a proxy that has no places", async () => {
	const [verdict] = await runScenarios([scenarioNamed("slot-exhaustion")], {
		...{ clients: CLIENTS, seed: 18, proxy: "embedded" },
	});
	const failures = ["Not run: it needs --proxy haproxy or envoy."];
	expect(verdict).toMatchObject({ is: "not-run", ok: false, failures });
});
