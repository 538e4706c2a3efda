import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	dueAt,
	laggards,
	newRace,
	type Race,
	type RaceEffect,
	type RaceInput,
	transition,
} from "../../src/endpoint/race.js";
import { seededRandom } from "../../src/testing.js";
import { percentile } from "../support/statistics.js";

/** One address: how long its connect takes, and how long its welcome after that. */
interface Path {
	readonly connectMs: number | "refused";
	readonly welcomeMs: number | "closed";
}
const NEVER = Number.POSITIVE_INFINITY;
const good = (rttMs = 1): Path => ({ connectMs: rttMs, welcomeMs: 3 * rttMs });
const HOLE: Path = { connectMs: NEVER, welcomeMs: NEVER };
const MUTE: Path = { connectMs: 1, welcomeMs: NEVER };
const REFUSED: Path = { connectMs: "refused", welcomeMs: NEVER };

interface Seen {
	readonly welcomedAt: number;
	readonly winner: number;
	readonly upgrades: number;
	readonly starts: readonly { readonly index: number; readonly at: number }[];
	readonly gaveUpAt: number;
	readonly laggards: readonly number[];
}

/** Plays a race against paths, to its end or to its deadline. */
function play(paths: readonly Path[], untilMs = 4_000): Seen {
	const facts: { at: number; input: RaceInput }[] = [{ at: 0, input: { type: "begun" } }];
	const starts: { index: number; at: number }[] = [];
	let race: Race = newRace(paths.length);
	let upgrades = 0;
	for (let at = 0; at <= untilMs; ) {
		facts.sort((a, b) => a.at - b.at);
		const next = facts[0];
		const due = dueAt(race);
		at = Math.min(next?.at ?? NEVER, due);
		if (at > untilMs) break;
		const input =
			next?.at === at ? (facts.shift()?.input as RaceInput) : { type: "ticked" as const };
		if (input.type === "welcomed") {
			const slow = laggards(race, at).filter((index) => index !== input.index);
			return {
				welcomedAt: at,
				winner: input.index,
				upgrades,
				starts,
				gaveUpAt: NEVER,
				laggards: slow,
			};
		}
		const [after, effects] = transition(race, input, at);
		race = after;
		for (const effect of effects) {
			if (effect.type === "give-up")
				return { welcomedAt: NEVER, winner: -1, upgrades, starts, gaveUpAt: at, laggards: [] };
			const { index } = effect;
			const { connectMs, welcomeMs } = paths[index] as Path;
			if (effect.type === "connect") {
				starts.push({ index, at });
				if (connectMs === "refused") facts.push({ at: at + 1, input: { type: "failed", index } });
				else if (connectMs < NEVER)
					facts.push({ at: at + connectMs, input: { type: "connected", index } });
			} else {
				upgrades += 1;
				if (welcomeMs === "closed") facts.push({ at: at + 5, input: { type: "failed", index } });
				else if (welcomeMs < NEVER)
					facts.push({ at: at + welcomeMs, input: { type: "welcomed", index } });
			}
		}
	}
	return { welcomedAt: NEVER, winner: -1, upgrades, starts, gaveUpAt: NEVER, laggards: [] };
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
	return items
		.map((item) => ({ item, key: random() }))
		.sort((a, b) => a.key - b.key)
		.map(({ item }) => item);
}

describe("S17: a race of addresses", () => {
	it("takes the first where it is well, and starts no other", () => {
		expect(play([good(), good(), good()])).toMatchObject({
			winner: 0,
			upgrades: 1,
			starts: [{ index: 0, at: 0 }],
			laggards: [],
		});
	});

	it("starts 250 ms apart until one connects, and breaks none off", () => {
		const { starts, winner, welcomedAt } = play([HOLE, good(400), good(400)]);
		expect(starts.map(({ at }) => at)).toEqual([0, 250, 500]);
		// The second connects at 650 ms, whatever has been started by then.
		expect([winner, welcomedAt]).toEqual([1, 650 + 1_200]);
	});

	it("adds at most 300 ms at p99 when one of three addresses is a black hole", () => {
		const random = seededRandom(17);
		const added = Array.from({ length: 2_000 }, () => {
			const paths = shuffled([HOLE, good(20), good(20)], random);
			return play(paths).welcomedAt - 80;
		});
		expect(percentile(added, 0.99)).toBeLessThanOrEqual(300);
		expect(Math.min(...added)).toBe(0);
	});

	it("adds at most 1.3 s when one of three accepts and stays mute", () => {
		const random = seededRandom(18);
		const added = Array.from({ length: 2_000 }, () => {
			const paths = shuffled([MUTE, good(20), good(20)], random);
			return play(paths).welcomedAt - 80;
		});
		expect(Math.max(...added)).toBeLessThanOrEqual(1_300);
	});

	it("connects over a path of 400 ms, which a cut at 250 ms never would", () => {
		const { winner, upgrades, welcomedAt } = play([good(400), good(400)]);
		expect([winner, upgrades, welcomedAt]).toEqual([0, 1, 1_600]);
	});

	it("shows the server at most 1.02 upgrades a dial, over paths of 1 to 800 ms", () => {
		const random = seededRandom(19);
		let upgrades = 0;
		for (let dial = 0; dial < 5_000; dial += 1) {
			const paths = Array.from({ length: 3 }, () => good(1 + random() * 799));
			upgrades += play(paths, 20_000).upgrades;
		}
		expect(upgrades / 5_000).toBeLessThanOrEqual(1.02);
	});

	it("goes on at once after a refusal, and gives up after the last", () => {
		expect(play([REFUSED, REFUSED, good()])).toMatchObject({ winner: 2, welcomedAt: 6 });
		expect(play([REFUSED, REFUSED]).gaveUpAt).toBe(2);
		expect(play([{ connectMs: 1, welcomeMs: "closed" }, good()])).toMatchObject({ winner: 1 });
	});

	it("waits six connect times for the welcome of a path that is slow", () => {
		const slow: Path = { connectMs: 300, welcomeMs: 1_750 };
		expect(play([slow, HOLE])).toMatchObject({ winner: 0, upgrades: 1 });
	});

	it("still takes the mute one's welcome, if that comes first", () => {
		const late: Path = { connectMs: 1, welcomeMs: 1_500 };
		const seen = play([late, { connectMs: 1, welcomeMs: 1_000 }]);
		expect(seen).toMatchObject({ winner: 0, upgrades: 2, welcomedAt: 1_501 });
	});

	it("names those that had their chance: overtaken, or mute", () => {
		expect(play([HOLE, good()]).laggards).toEqual([0]);
		expect(play([MUTE, good()]).laggards).toEqual([0]);
		expect(play([good(200), good()]).laggards).toEqual([]);
	});

	it("does not call one mute whose welcome lies unread: a tick that is late asks for patience", () => {
		let [race] = transition(newRace(2), { type: "begun" }, 0);
		[race] = transition(race, { type: "connected", index: 0 }, 1);
		expect(dueAt(race)).toBe(1_001);
		let effects: readonly RaceEffect[];
		[race, effects] = transition(race, { type: "ticked" }, 3_000);
		expect([effects, dueAt(race)]).toEqual([[], 3_100]);
		[race, effects] = transition(race, { type: "ticked" }, 3_300);
		expect(effects).toEqual([{ type: "connect", index: 1 }]);
	});

	it("calls nobody mute who waits for our hello, and gives patience once it is said", () => {
		let [race] = transition(newRace(2), { type: "begun" }, 0);
		[race] = transition(race, { type: "connected", index: 0 }, 1);
		[race] = transition(race, { type: "opened", index: 0 }, 5);
		expect(dueAt(race)).toBe(NEVER);
		[race] = transition(race, { type: "greeted", index: 0 }, 3_000);
		expect(dueAt(race)).toBe(4_000);
		expect(laggards(transition(race, { type: "ticked" }, 4_000)[0], 4_000)).toEqual([0]);
	});

	it("has one speaker at a time, one start an address, and always something due or under way", () => {
		const facts = fc.array(
			fc.record({
				type: fc.constantFrom("ticked", "connected", "failed", "opened", "greeted"),
				index: fc.nat(3),
				afterMs: fc.nat(600),
			}),
			{ maxLength: 60 },
		);
		fc.assert(
			fc.property(facts, fc.integer({ min: 1, max: 4 }), (inputs, count) => {
				let now = 0;
				let [race, effects] = transition(newRace(count), { type: "begun" }, now);
				const started = new Set<number>();
				for (const { type, index, afterMs } of inputs) {
					now += afterMs;
					for (const effect of effects)
						if (effect.type === "connect") {
							expect(started.has(effect.index)).toBe(false);
							started.add(effect.index);
						}
					if (race.isOver) {
						expect(race.attempts.every(({ status }) => status === "failed")).toBe(true);
						return;
					}
					const speakers = race.attempts.filter(({ status }) => status === "greeting");
					expect(speakers.length).toBeLessThanOrEqual(1);
					const isUnderWay = race.attempts.some(({ status }) =>
						["connecting", "mute", "greeting"].includes(status),
					);
					expect(dueAt(race) < NEVER || isUnderWay).toBe(true);
					effects = [];
					if (index >= count || !started.has(index)) continue;
					[race, effects] = transition(race, { type, index } as RaceInput, now);
				}
			}),
			{ seed: 17, numRuns: 5_000 },
		);
	});
});
