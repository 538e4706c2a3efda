import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Event, OutboxWorld } from "./outbox-world.js";

const channel = fc.constantFrom("c" as const, "d" as const);
const plain = <T extends Event["type"]>(...types: readonly T[]): fc.Arbitrary<{ type: T }> =>
	fc.record({ type: fc.constantFrom(...types) });

const EVENTS = fc.oneof(
	{ weight: 8, arbitrary: fc.record({ type: fc.constant("publish" as const), channel }) },
	{ weight: 24, arbitrary: plain("serve", "serve-newest", "answer", "disk") },
	{ weight: 5, arbitrary: plain("open", "close") },
	{ weight: 1, arbitrary: plain("crash", "disk-fails") },
	{ weight: 2, arbitrary: plain("reject", "forbid") },
	{
		weight: 3,
		arbitrary: fc.record({
			type: fc.constant("wait" as const),
			ms: fc.constantFrom(10, 600, 4_000, 300_000, 590_000),
		}),
	},
) as fc.Arbitrary<Event>;

const histories = fc.array(EVENTS, { maxLength: 150, size: "max" });

function play(persist: "memory" | "storage", events: readonly Event[]): OutboxWorld {
	const world = new OutboxWorld(persist);
	const isPlayed = ({ type }: Event): boolean => persist === "storage" || type !== "crash";
	for (const event of events.filter(isPlayed)) world.play(event);
	world.settle();
	return world;
}

describe.each(["memory", "storage"] as const)("over any history of an outbox in %s", (persist) => {
	const check = (holds: (world: OutboxWorld) => void): void => {
		const property = fc.property(histories, (events) => holds(play(persist, events)));
		fc.assert(property, { numRuns: 400, seed: 21 });
	};

	it("stores nothing twice", () => {
		check(({ log }) => {
			expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
		});
	});

	it("stores what it stores of a channel in the order of the publishes", () => {
		check(({ log }) => {
			for (const name of ["c", "d"]) {
				const ids = log.filter((stored) => stored.channel === name).map(({ id }) => Number(id));
				expect(ids).toEqual([...ids].sort((one, other) => one - other));
			}
		});
	});

	it("tells of nothing stored that is not, and of nothing failed or expired that is", () => {
		check((world) => {
			for (const [id, outcome] of world.told)
				if (outcome !== "unknown") expect(world.isStored(id)).toBe(outcome === "stored");
		});
	});

	it("ends with an empty queue, and tells of every publish once", () => {
		check(({ pending, published, told }) => {
			expect(pending).toBe(0);
			// A process that died cannot tell; of what it left on disk the next one does.
			if (persist === "memory") expect(told.size).toBe(published.length);
		});
	});
});

describe("the histories", () => {
	it("bring every outcome, so that the rest means something", () => {
		const seen = new Map<string, number>();
		for (const events of fc.sample(histories, { numRuns: 300, seed: 21 }))
			for (const outcome of new Set(play("storage", events).told.values()))
				seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
		for (const outcome of ["stored", "expired", "failed", "unknown"])
			expect(seen.get(outcome)).toBeGreaterThan(30);
	});
});
