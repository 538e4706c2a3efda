/*
 * Each of the eleven rules left out of the shipped code, and what the search finds then: a history of
 * which no step can be left out. What no search of small worlds can find, and why: docs/STATES.md.
 * That the code as it is passes the same scenarios: model.test.ts.
 */
import { describe, expect, it } from "vitest";
import { load } from "./load.js";
import { REMOVALS } from "./removals.js";
import { scenarioOf } from "./scenarios.js";
import { search } from "./search.js";
import { shorten } from "./shorten.js";

/** Most are found within a few hundred states, all within a few thousand. */
const CAP = 5_000;
const TIMEOUT_MS = 120_000;

describe("a search of small cases finds", () => {
	it.each(REMOVALS)("$rule left out: $without", { timeout: TIMEOUT_MS }, async (removal) => {
		const { rule, without, scenario: name, mutations } = removal;
		const scenario = scenarioOf(name);
		const loaded = await load(mutations);
		const { found, states } = search(loaded, scenario, CAP);
		if (found === null) throw new Error(`nothing in ${states} states of ${name}`);
		const { path, problems } = shorten(loaded, scenario, found);
		const history = path.map((step) => step.replace(/#\d+ .*/, "")).join(", ");
		const where = `${rule} · ${without} · ${name}, after ${states} states`;
		process.stdout.write(`model · ${where}:\n\t${history}: ${problems.join("; ")}\n`);
		expect(problems).not.toEqual([]);
	});

	it("one of each rule but R9, whose window no small world fills", () => {
		const rules = new Set(REMOVALS.map(({ rule }) => rule));
		const all = Array.from({ length: 11 }, (_, index) => `R${index + 1}`);
		expect(all.filter((rule) => !rules.has(rule))).toEqual(["R9"]);
	});
});
