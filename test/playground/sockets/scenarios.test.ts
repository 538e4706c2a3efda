/*
 * E18: every scenario of the library, with few clients, on edges that several of them share; those in which a
 * real proxy has a part of its own are in `proxy/scenarios.test.ts` too, slot exhaustion there alone.
 */
import { expect, it } from "vitest";
import type { Scenario } from "../../../playground/edge/scenarios/contract.js";
import { drainOf } from "../../../playground/edge/scenarios/drain-2000.js";
import { runScenarios } from "../../../playground/edge/scenarios/run-scenario.js";
import { SCENARIOS } from "../../../playground/edge/scenarios/scenarios.js";
import type { Story } from "../../../playground/edge/stories/contract.js";

const CLIENTS = 18;
const PATIENCE_MS = 420_000;

/** Those that share an edge; one that has its own is too large for a test. */
const SHARED = SCENARIOS.filter(({ edge }) => edge === null);

it(
	"every scenario passes: its fault bites, enough is published through it, and nothing is lost or repeated",
	async () => {
		const verdicts = await runScenarios(SHARED, { clients: CLIENTS, seed: 18 });
		expect(verdicts.map(({ scenario }) => scenario)).toEqual(SHARED.map(({ name }) => name));
		for (const verdict of verdicts) {
			const { scenario, failures, clients, published, seconds } = verdict;
			expect({ scenario, failures }).toEqual({ scenario, failures: [] });
			const flawless = { lost: 0, repeated: 0, outOfOrder: 0, altered: 0 };
			expect(verdict).toMatchObject({ is: "passed", ok: true, ...flawless });
			expect(published).toBeGreaterThanOrEqual(Math.floor(clients * seconds));
		}
	},
	PATIENCE_MS,
);

it("a PoP that is drained in batches moves everybody once, and nobody is without a link", async () => {
	// At five a second and gateway 60 clients take 7.2 s. How many come in which second the large one says.
	const { measure: _, ...small } = drainOf("drain-60", 60, 5);
	const [verdict] = await runScenarios([small], {
		clients: null,
		seed: 12,
	});
	const flawless = { lost: 0, repeated: 0, outOfOrder: 0, altered: 0 };
	expect(verdict).toMatchObject({ failures: [], is: "passed", clients: 60, ...flawless });
}, 180_000);

it("a scenario whose fault strikes nobody fails", async () => {
	const story: Story = {
		id: "harmless",
		title: "Nothing",
		about: "Nothing is broken.",
		bite: { says: "something broke", holds: () => false },
		steps: [],
	};
	const harmless: Scenario = {
		...{ name: "harmless", about: story.about, proxies: null, clients: 3, story },
		edge: { config: {}, manners: { rate: 2 } },
	};
	const [verdict] = await runScenarios([harmless], { clients: 3, seed: 1 });
	expect(verdict).toMatchObject({
		is: "failed",
		ok: false,
		failures: ["It struck nobody: something broke."],
	});
}, 120_000);
