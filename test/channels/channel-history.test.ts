import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAnswered, position } from "../../src/channels/channel.js";
import { type Event, World } from "./channel-world.js";

const pick = fc.nat(7);
const EVENTS: fc.Arbitrary<Event> = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ type: fc.constant("append" as const) }) },
	{ weight: 12, arbitrary: fc.record({ type: fc.constant("receive" as const), pick }) },
	{ weight: 6, arbitrary: fc.record({ type: fc.constant("serve" as const), pick }) },
	{ weight: 3, arbitrary: fc.record({ type: fc.constantFrom("open" as const, "poll", "adopt") }) },
	{ weight: 2, arbitrary: fc.record({ type: fc.constant("close" as const), pick }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant("heads" as const) }) },
	{
		weight: 2,
		arbitrary: fc.record({ type: fc.constantFrom("lose" as const, "swap", "refuse"), pick }),
	},
	{
		weight: 1,
		arbitrary: fc.record({
			type: fc.constantFrom("break" as const, "trim"),
			count: fc.nat(4),
		}),
	},
);

function play(from: "earliest" | null, events: readonly Event[]): World {
	const world = new World(from);
	for (const event of events) world.play(event);
	world.settle();
	return world;
}

/** What was appended and past where we began, and was neither delivered nor declared missed. */
function lost({ log, delivered, excused }: World): readonly string[] {
	const told = new Set([...delivered, ...excused]);
	return [...log.kept.keys()].filter((id) => !told.has(id));
}

const histories = fc.array(EVENTS, { maxLength: 120, size: "max" });
const STARTS = ["earliest", null] as const;

describe.each(STARTS)("over any history of a channel that starts at %s", (from) => {
	const check = (holds: (world: World) => void): void => {
		const property = fc.property(histories, (events) => holds(play(from, events)));
		fc.assert(property, { numRuns: 600, seed: 11 });
	};

	it("delivers everything, or says that it cannot", () => {
		check((world) => {
			expect(lost(world)).toEqual([]);
		});
	});

	it("delivers nothing twice, across epochs and links", () => {
		check(({ delivered }) => {
			expect(new Set(delivered).size).toBe(delivered.length);
		});
	});

	it("moves forward only: by offset in an epoch, by epoch across a break", () => {
		check((world) => {
			expect(world.isInOrder).toBe(true);
		});
	});

	it("ends at the head, answered, on a healthy link", () => {
		check(({ state, log, links }) => {
			expect(position(state)).toEqual(log.head);
			expect([...links.keys()].every((link) => isAnswered(state, link))).toBe(true);
		});
	});
});

describe("over any history without a break or a trim", () => {
	const calm = fc.array(
		EVENTS.filter(({ type }) => type !== "break" && type !== "trim"),
		{ maxLength: 120, size: "max" },
	);

	it("delivers every message of the log in its order, and declares no gap", () => {
		const property = fc.property(calm, (events) => {
			const { delivered, gaps, log } = play("earliest", events);
			expect(delivered).toEqual(log.entries.map(({ id }) => id));
			expect(gaps).toBe(0);
		});
		fc.assert(property, { numRuns: 600, seed: 12 });
	});
});

describe("the histories", () => {
	it("bring breaks, trims, holes, polls and migrations, so that the rest means something", () => {
		const sample = fc.sample(histories, { numRuns: 500, seed: 11 }).map((events) => {
			const world = play("earliest", events);
			return { world, types: new Set(events.map(({ type }) => type)) };
		});
		const count = (holds: (one: (typeof sample)[number]) => boolean): number =>
			sample.filter(holds).length;
		expect(count(({ world }) => world.gaps > 0)).toBeGreaterThan(100);
		expect(count(({ world }) => world.delivered.length > 5)).toBeGreaterThan(200);
		expect(count(({ world }) => world.asks > 7)).toBeGreaterThan(40);
		for (const type of ["break", "trim", "lose", "swap", "refuse", "poll"] as const)
			expect(count(({ types }) => types.has(type))).toBeGreaterThan(250);
	});
});
