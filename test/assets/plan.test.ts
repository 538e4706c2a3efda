import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	failed,
	inOrder,
	isAvoided,
	restored,
	succeeded,
	unknownOrigins,
} from "../../src/assets/origins.js";
import {
	dueAt,
	type FetchEffect,
	type FetchInput,
	type FetchState,
	initialFetch,
	transition,
} from "../../src/assets/plan.js";

const POLICY = { hedgeAfterMs: 3_000, timeoutMs: 20_000, rounds: 3 };

/** Plays inputs at instants, and tells the orders in short. */
function play(origins: readonly string[], random = () => 0.5) {
	let state: FetchState = initialFetch(origins);
	const told: string[] = [];
	const tell = (effect: FetchEffect): string => {
		switch (effect.type) {
			case "fetch":
				return `${effect.isRepeat ? "again" : "ask"} ${effect.flight.origin}#${effect.flight.id}`;
			case "abandon":
				return `abandon #${effect.id}`;
			case "blame":
				return `blame ${effect.origin}: ${effect.failure}`;
			default:
				return `end ${effect.id}`;
		}
	};
	const send = (input: FetchInput, now: number): readonly string[] => {
		const [next, effects] = transition(state, input, POLICY, { now, random });
		state = next;
		const lines = effects.map(tell);
		told.push(...lines);
		return lines;
	};
	return { send, told, due: () => dueAt(state, POLICY), state: () => state };
}

const failure = (id: number, why: "status" | "refused" | "integrity" = "status") =>
	({ type: "failed", id, failure: why }) as const;

describe("The plan", () => {
	it("asks the first origin, and at 3 s the next one too; the first that is right wins", () => {
		const { send, due } = play(["A", "B", "C"]);
		expect([send({ type: "started" }, 0), due()]).toEqual([["ask A#0"], 3_000]);
		expect([send({ type: "ticked" }, 2_999), due()]).toEqual([[], 3_000]);
		expect([send({ type: "ticked" }, 3_000), due()]).toEqual([["ask B#1"], 6_000]);
		expect(send({ type: "ticked" }, 6_000)).toEqual(["ask C#2"]);
		expect(send({ type: "verified", id: 1 }, 6_100)).toEqual([
			"blame A: slow",
			"abandon #0",
			"abandon #2",
			"end 1",
		]);
		expect(due()).toBe(Number.POSITIVE_INFINITY);
	});

	it("asks the next origin at once when one fails, without a pause in the first round", () => {
		const { send } = play(["A", "B", "C"]);
		send({ type: "started" }, 0);
		expect(send(failure(0), 10)).toEqual(["blame A: status", "ask B#1"]);
		expect(send(failure(1, "refused"), 20)).toEqual(["blame B: refused", "ask C#2"]);
		expect(send({ type: "verified", id: 2 }, 30)).toEqual(["end 2"]);
	});

	it("alternates back and forth, with pauses that grow, and ends after three rounds", () => {
		const { send, told, due } = play(["A", "B"]);
		send({ type: "started" }, 0);
		const pauses: number[] = [];
		for (let id = 0, now = 10; told.at(-1) !== "end null"; id++, now += 10) {
			send(failure(id), now);
			if (told.at(-1)?.startsWith("blame") && due() !== Number.POSITIVE_INFINITY) {
				pauses.push(due() - now);
				now = due();
				send({ type: "ticked" }, now);
			}
		}
		const asked = told.filter((line) => /ask|again/.test(line));
		expect(asked).toEqual([
			"ask A#0",
			"ask B#1",
			"again A#2",
			"again B#3",
			"again A#4",
			"again B#5",
		]);
		expect(pauses).toEqual([250, 500, 1_000, 2_000]);
	});

	it("pauses with full jitter: anything down to nothing", () => {
		const { send, due } = play(["A"], () => 0);
		send({ type: "started" }, 0);
		send(failure(0), 100);
		expect(due()).toBe(100);
	});

	it("gives a try up at its deadline, however long a sleep made of it, and counts that as a failure", () => {
		const { send } = play(["A", "B"]);
		send({ type: "started" }, 0);
		send({ type: "ticked" }, 3_000);
		expect(send({ type: "ticked" }, 90_000)).toEqual([
			"abandon #0",
			"blame A: timeout",
			"abandon #1",
			"blame B: timeout",
		]);
	});

	it("leaves an origin out that the budget denies, and ends when it denies all", () => {
		const { send } = play(["A", "B"], () => 0);
		send({ type: "started" }, 0);
		send(failure(0), 0);
		send(failure(1), 0);
		expect(send({ type: "ticked" }, 0)).toEqual(["again A#2"]);
		expect(send({ type: "denied", id: 2 }, 0)).toEqual(["again B#3"]);
		expect(send({ type: "denied", id: 3 }, 0)).toEqual(["end null"]);
	});

	it("waits for an origin that asks for it, up to 30 s, and asks the others meanwhile", () => {
		const { send, due } = play(["A", "B"], () => 0);
		send({ type: "started" }, 0);
		send({ type: "failed", id: 0, failure: "status", retryAfterMs: 8_000 }, 0);
		send(failure(1), 0);
		expect(send({ type: "ticked" }, 0)).toEqual(["again B#2"]);
		send({ type: "denied", id: 2 }, 0);
		expect(due()).toBe(8_000);
		expect(send({ type: "ticked" }, 8_000)).toEqual(["again A#3"]);
		const patient = play(["A"], () => 0);
		patient.send({ type: "started" }, 0);
		patient.send({ type: "failed", id: 0, failure: "status", retryAfterMs: 31_000 }, 0);
		expect(patient.send({ type: "ticked" }, 0)).toEqual(["end null"]);
	});

	it("abandons all when it is stopped, and nothing that comes later changes it", () => {
		const { send, state } = play(["A", "B"]);
		send({ type: "started" }, 0);
		expect(send({ type: "stopped" }, 5)).toEqual(["abandon #0", "end null"]);
		const ended = state();
		for (const input of [{ type: "verified", id: 0 }, failure(0), { type: "ticked" }] as const)
			expect(send(input, 9_000)).toEqual([]);
		expect(state()).toBe(ended);
	});

	it("over 20,000 random histories: one try an origin at a time, one end, and never parked", () => {
		const step = fc.record({
			pick: fc.nat(5),
			what: fc.constantFrom("fail", "verify", "tick", "deny", "late"),
			waitMs: fc.nat(25_000),
			retryAfterMs: fc.constantFrom(0, 0, 1_000, 60_000),
		});
		const histories = fc.record({
			origins: fc.integer({ min: 1, max: 4 }),
			draws: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
			steps: fc.array(step, { maxLength: 30 }),
		});
		const check = fc.property(histories, ({ origins, draws, steps }) => {
			let draw = 0;
			const random = () => draws[draw++ % draws.length] as number;
			const names = Array.from({ length: origins }, (_, n) => `o${n}`);
			let state = initialFetch(names);
			let now = 0;
			let ends = 0;
			const begun: number[] = [];
			const send = (input: FetchInput): void => {
				const [next, effects] = transition(state, input, POLICY, { now, random });
				state = next;
				for (const effect of effects) {
					if (effect.type === "fetch") begun.push(effect.flight.id);
					if (effect.type === "end") ends++;
				}
				const flying = state.flights.map(({ origin }) => origin);
				expect(new Set(flying).size).toBe(flying.length);
				const isParked =
					state.phase === "asking" && dueAt(state, POLICY) === Number.POSITIVE_INFINITY;
				expect(isParked).toBe(false);
			};
			send({ type: "started" });
			for (const { pick, what, waitMs, retryAfterMs } of steps) {
				now += waitMs;
				const { id = -1 } = state.flights[pick % Math.max(1, state.flights.length)] ?? {};
				if (what === "fail") send({ type: "failed", id, failure: "status", retryAfterMs });
				else if (what === "verify") send({ type: "verified", id });
				else if (what === "deny") send({ type: "denied", id });
				else if (what === "late") send({ type: "failed", id: pick - 6, failure: "status" });
				else send({ type: "ticked" });
			}
			// Whatever happened, time alone brings it to its end.
			for (let turn = 0; state.phase !== "ended" && turn < 100; turn++) {
				now = Math.max(now, dueAt(state, POLICY));
				send({ type: "ticked" });
			}
			expect([ends, state.phase, new Set(begun).size]).toEqual([1, "ended", begun.length]);
			expect(begun.length).toBeLessThanOrEqual(origins * POLICY.rounds);
		});
		fc.assert(check, { seed: 20, numRuns: 20_000 });
	});
});

describe("What is known of origins", () => {
	const known = unknownOrigins(["A", "B", "C"]);
	const MINUTES_5 = 300_000;

	it("puts a bad one last for five minutes", () => {
		const next = failed(known, "A", "status", 1_000);
		expect(inOrder(next, 1_000)).toEqual(["B", "C", "A"]);
		expect(inOrder(next, 1_000 + MINUTES_5 - 1)).toEqual(["B", "C", "A"]);
		expect(inOrder(next, 1_000 + MINUTES_5)).toEqual(["A", "B", "C"]);
	});

	it("asks first who has been bad for longest, when all are", () => {
		let next = known;
		for (const [at, origin] of ["C", "A", "B"].entries())
			next = failed(next, origin, "timeout", at);
		expect(inOrder(next, 10)).toEqual(["C", "A", "B"]);
	});

	it.each([
		["refused", true],
		["timeout", true],
		["slow", true],
		["status", true],
		["mime", true],
		["oversized", true],
		["integrity", true],
		["missing", false],
	] as const)("%s: bad at once: %s", (failure, isBad) => {
		const [status] = failed(known, "A", failure, 5);
		expect(status && isAvoided(status, 6)).toBe(isBad);
	});

	it("takes three missing files in a row for a bad origin", () => {
		let next = known;
		for (let count = 1; count <= 3; count++) {
			expect(inOrder(next, 6)[0]).toBe("A");
			next = failed(next, "A", "missing", 5);
		}
		expect(inOrder(next, 6)[0]).toBe("B");
	});

	it("forgives for a file that was asked for after the failure, not for one from before it", () => {
		const bad = failed(known, "A", "integrity", 1_000);
		expect(succeeded(bad, "A", 999)).toBe(bad);
		expect(succeeded(bad, "A", 1_001)).toEqual(known);
		expect(succeeded(known, "A", 1)).toBe(known);
	});

	it.each<[string, unknown]>([
		["nothing", undefined],
		["no list", { A: 1 }],
		["nulls", [null, null]],
		["an instant that is no number", [{ origin: "A", failures: 1, avoidUntil: "x" }]],
		["failures that are no number", [{ origin: "A", failures: "1", avoidUntil: 2_000 }]],
		["an origin that is none any more", [{ origin: "Z", failures: 1, avoidUntil: 2_000 }]],
		["what is over", [{ origin: "A", failures: 1, avoidUntil: 999 }]],
		[
			"a clock that has been set back",
			[{ origin: "A", failures: 1, avoidUntil: 1_001 + MINUTES_5 }],
		],
	])("restores nothing from %s", (_what, stored) => {
		expect(restored(["A", "B"], stored, 1_000)).toEqual(unknownOrigins(["A", "B"]));
	});

	it("restores what was stored", () => {
		const bad = failed(known, "B", "refused", 1_000);
		const stored: unknown = JSON.parse(JSON.stringify(bad));
		expect(restored(["A", "B", "C"], stored, 2_000)).toEqual(bad);
	});
});
