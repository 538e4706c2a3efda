/*
 * What any MessageLog must do, whatever it keeps its messages in: the eleven rules of docs/PROTOCOL.md
 * rest on it. A log passes when `acceptLog(name, make)` passes in a test file of its own.
 */
import { afterEach, beforeEach, describe, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { FENCES, FOLLOWERS, IDS } from "./log-rules-order.js";
import { RESTARTS } from "./log-rules-restart.js";
import { FOREIGN, NUMBERS, READS, TRIMS } from "./log-rules-storage.js";
import { type LogUnderTest, putOnTrial, type Rules, type Trial } from "./log-trial.js";

export type { LogUnderTest } from "./log-trial.js";

const RULES: Readonly<Record<string, Rules>> = {
	numbers: NUMBERS,
	"gives back": READS,
	"knows an id again": IDS,
	fences: FENCES,
	trims: TRIMS,
	"tells its followers": FOLLOWERS,
	"after a restart": RESTARTS,
	"of a foreign epoch": FOREIGN,
};

/** `make` gives a new, empty log each time. */
export function acceptLog(name: string, make: () => Promise<LogUnderTest>): void {
	describe(`${name} as a log`, () => {
		let trial: Trial;
		beforeEach(async () => {
			trial = putOnTrial(await make());
		});
		afterEach(() => trial.log[ASYNC_DISPOSE]());

		describe.each(Object.entries(RULES))("%s", (_title, rules) => {
			it.each(Object.entries(rules))("%s", (_promise, run) => run(trial));
		});
	});
}
