/*
 * E15: after a fault DNS leads elsewhere, and once the last answer from before has lapsed, nobody comes any more, by
 * the servers' count. When, `npm run edge:newcomers` says.
 */
import { expect, it, onTestFinished } from "vitest";
import { CASES, type Case } from "../../../playground/edge/newcomers/cases.js";
import { Strangers } from "../../../playground/edge/newcomers/strangers.js";
import { NewcomerWatch } from "../../../playground/edge/newcomers/watch-newcomers.js";
import { until } from "../../support/until.js";
import { rigOfTest } from "./edge-rig.js";

const STRANGERS = 12;
const PATIENCE_MS = 40_000;

/** Those by order: what a busy machine makes of probes is for the command, and for test/playground/drain. */
const ORDERED = CASES.filter(({ automation, name }) => automation === "off" && name !== "kill-pop");

it.each(ORDERED.map((each): [string, Case] => [each.about, each]))(
	"when %s, who asked before comes until his answer lapses, and nobody else",
	async (_, { place, strike }) => {
		const { edge } = await rigOfTest({ ttl: 2 });
		const people = new Strangers(edge.assembly, place.pop);
		const watch = new NewcomerWatch(edge.assembly, place, people);
		onTestFinished(() => {
			people.stop();
			watch.stop();
		});
		people.start(STRANGERS);
		await until(() => watch.accepted >= STRANGERS / 2, "newcomers", PATIENCE_MS);

		await strike(edge);
		const struckAt = performance.now();
		// Everybody's last answer has lapsed, and what is under way is settled.
		await until(() => people.oldestAnswerAt > struckAt, "all to have asked again", PATIENCE_MS);
		expect(
			people.answers.filter(({ at, address }) => at > struckAt && watch.leadsHere(address)),
		).toEqual([]);

		const [came, dialled] = [watch.accepted, people.dials.all];
		await until(() => people.dials.all >= dialled + 3 * STRANGERS, "more dials", PATIENCE_MS);
		expect(watch.accepted).toBe(came);
		expect(people.dials.failed).toBe(0);
	},
	120_000,
);
