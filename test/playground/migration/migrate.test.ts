/* E11, the decisions: steps with a gate, halt and rollback. Weights in DNS are in test/playground/dns/filters.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	beginMigration,
	MIGRATION,
	type Migration,
	type MigrationInput,
	migrate,
	type Side,
} from "../../../playground/edge/migration/migrate.js";

const EVERY_MS = 1_000;
const well: Side = { attempts: 100, failures: 0, p99Ms: 20, users: 100 };
const seen = (next: Partial<Side> = {}, old: Partial<Side> = {}): MigrationInput => ({
	is: "seen",
	seen: { old: { ...well, ...old }, next: { ...well, ...next } },
});

/** Looks once a second until it is told to stop; with the weights that DNS was told. */
function run(
	inputs: (second: number) => MigrationInput,
	seconds: number,
	from = beginMigration(MIGRATION, 0),
) {
	let state: Migration = from.state;
	const told = from.weights === null ? [] : [from.weights.next];
	let second = 0;
	for (; second < seconds && state.is === "moving"; second++) {
		const step = migrate(state, inputs(second), MIGRATION, (second + 1) * EVERY_MS);
		state = step.state;
		if (step.weights !== null) told.push(step.weights.next);
	}
	return { state, told, seconds: second };
}

describe("a migration", () => {
	it("goes in steps of 0, 10, 25, 50, 75 and 100 percent, a minute each, where all is well", () => {
		const { state, told, seconds } = run(() => seen(), 1_000);
		expect(told).toEqual([0, 10, 25, 50, 75, 100]);
		expect(state).toEqual({ is: "moved" });
		expect(seconds).toBe(360);
	});

	it("does not go on before enough was seen on the new side", () => {
		const { told } = run(() => seen({ attempts: 1, users: 1 }), 100);
		expect(told).toEqual([0, 10]);
	});

	const fewer = { old: { attempts: 900, users: 900, failures: 0 } };
	it.each<[string, Partial<Side>, string]>([
		[
			"errors",
			{ failures: 5, users: 95 },
			"5.0 % of attempts fail on the new side, 0.0 % on the old",
		],
		["a timeout", { p99Ms: 5_000 }, "an upgrade takes 5000 ms (p99) on the new side, 20 ms"],
		[
			"a header that it drops, so that nobody is known behind it",
			{ users: 60 },
			"60.0 % of those let in by the new side are seen as active, 100.0 % by the old one",
		],
	])("halts within ten seconds of %s, and says why", (_, change, why) => {
		const strikesAt = 90;
		const { state, told, seconds } = run(
			(second) => (second < strikesAt ? seen({}, fewer.old) : seen(change, fewer.old)),
			1_000,
		);
		expect(state).toMatchObject({ is: "halted", step: 1 });
		expect(state.is === "halted" && state.why).toContain(why);
		expect(seconds - strikesAt).toBeLessThanOrEqual(10);
		expect(told).toEqual([0, 10]);
	});

	it("does not halt where the old side is as bad, or for one failure among few", () => {
		expect(
			run(() => seen({ failures: 5, users: 95 }, { failures: 5, users: 95 }), 400).state.is,
		).toBe("moved");
		expect(run(() => seen({ attempts: 5, failures: 1, users: 4 }), 50).state.is).toBe("moving");
	});

	it("judges the new side alone where nobody is left on the old one", () => {
		const nobody = { attempts: 0, users: 0, p99Ms: 0 };
		const last = {
			state: { is: "moving", step: 5, since: 0, attempts: 0 } as const,
			weights: null,
		};
		expect(run(() => seen({}, nobody), 100, last).state.is).toBe("moved");
		expect(run(() => seen({ users: 90 }, nobody), 100, last).state.is).toBe("halted");
	});

	it("goes on from where it halted when it is told to, and holds the step anew", () => {
		const halted: Migration = { is: "halted", step: 2, why: "errors" };
		expect(migrate(halted, seen(), MIGRATION, 5).state).toBe(halted);
		const { state, weights } = migrate(halted, { is: "resumed" }, MIGRATION, 5);
		expect(state).toEqual({ is: "moving", step: 2, since: 5, attempts: 0 });
		expect(weights).toBeNull();
	});

	it("rolls back by one command, from anywhere", () => {
		const states: readonly Migration[] = [
			{ is: "moving", step: 3, since: 0, attempts: 0 },
			{ is: "halted", step: 3, why: "errors" },
			{ is: "moved" },
		];
		for (const state of states) {
			const step = migrate(state, { is: "rolled-back" }, MIGRATION, 1);
			expect(step.weights).toEqual({ old: 100, next: 0 });
			expect(step.state.is).toBe("back");
			expect(migrate(step.state, seen(), MIGRATION, 2)).toEqual({
				state: step.state,
				weights: null,
			});
		}
	});

	it("refuses steps that lead nowhere", () => {
		for (const steps of [[], [0, 50], [0, 50, 50, 100], [-1, 100]])
			expect(() => beginMigration({ ...MIGRATION, steps }, 0)).toThrow("rise to 100 percent");
	});

	it("never moves anybody more after what was bad, and weights are always 100 in all", () => {
		const side = fc.record({
			attempts: fc.integer({ min: 20, max: 500 }),
			bad: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(side, { minLength: 1, maxLength: 400 }), (looks) => {
				let { state, weights } = beginMigration(MIGRATION, 0);
				let isBad = false;
				for (const [second, { attempts, bad }] of looks.entries()) {
					const failures = bad ? Math.ceil(attempts / 10) : 0;
					const next = { attempts, failures, users: attempts - failures };
					({ state, weights } = migrate(state, seen(next), MIGRATION, (second + 1) * EVERY_MS));
					if (isBad || bad) expect(weights).toBeNull();
					if (weights !== null) expect(weights.old + weights.next).toBe(100);
					isBad ||= bad;
				}
				if (isBad) expect(state.is).toBe("halted");
			}),
			{ seed: 11, numRuns: 200 },
		);
	});
});
