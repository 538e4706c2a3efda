/*
 * The shipped channel, outbox and server half, step by step through every interleaving of small cases.
 * What is in a case: scenarios.ts. What may happen in it: world.ts. What must hold: ledger.ts, and that
 * every state in which nothing is on its way heals.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Loaded, load } from "./load.js";
import { SCENARIOS, scenarioOf } from "./scenarios.js";
import { type Searched, search, searchAllOrders } from "./search.js";

/** No scenario comes near; one that does is not searched to its end, and fails. */
const CAP = 20_000;
/** One scenario takes seconds, on a machine that has other work too. */
const TIMEOUT_MS = 120_000;

let loaded: Loaded;
let total = 0;

beforeAll(async () => {
	loaded = await load();
});

function print(name: string, { states, quiet, deepest }: Searched): void {
	total += states;
	const figures = `${states} states, ${quiet} of them quiet, ${deepest} steps deep`;
	process.stdout.write(`model · ${name}: ${figures} (${total} in all)\n`);
}

describe("every interleaving of", () => {
	it.each(SCENARIOS)("$name", { timeout: TIMEOUT_MS }, (scenario) => {
		const searched = search(loaded, scenario, CAP);
		print(scenario.name, searched);
		expect(searched.found).toBeNull();
		expect(searched.isCapped).toBe(false);
		expect(searched.quiet).toBeGreaterThan(0);
	});
});

describe("trying two actions that do not notice each other in one order only", () => {
	it.each([
		"2 publishes, 2 cuts and crashes",
		"a stored publish, a right withdrawn, a death",
		"a message over a link and a poll, a cut or a lost tail",
		"a message and an ephemeral one, a cut",
		"a publish in requests, longer than the server remembers, a cut",
		"a publish over 2 links that stay for a while, a cut",
		"2 messages of a log that takes its time, and loses its tail",
	])("leaves out no state of %s", { timeout: TIMEOUT_MS }, (name) => {
		const [fewer, all] = [search, searchAllOrders].map((each) =>
			each(loaded, scenarioOf(name), CAP),
		);
		expect(fewer?.steps).toBeLessThan(all?.steps ?? 0);
		expect([fewer?.states, fewer?.quiet]).toEqual([all?.states, all?.quiet]);
	});
});
