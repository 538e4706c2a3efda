import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../src/server/epoch.js";
import { Queue } from "../../src/server/queue.js";
import { Remembered } from "../../src/server/remembered.js";
import { TokenBucket } from "../../src/server/token-bucket.js";

describe("Queue", () => {
	const step = fc.oneof(
		fc.record({ type: fc.constant("push" as const), item: fc.nat() }),
		fc.record({ type: fc.constantFrom("shift" as const, "replace" as const), item: fc.nat() }),
		fc.record({ type: fc.constant("truncate" as const), item: fc.nat(200) }),
	);

	it("does what an array does", () => {
		const steps = fc.array(step, { minLength: 200, maxLength: 400 });
		fc.assert(
			fc.property(steps, (all) => {
				const queue = new Queue<number>();
				let array: number[] = [];
				for (const { type, item } of all) {
					if (type === "push") array.push(item);
					if (type === "push") queue.push(item);
					if (type === "shift") expect(queue.shift()).toBe(array.shift());
					if (type === "truncate") array = array.slice(0, item);
					if (type === "truncate") queue.truncate(item);
					if (type === "replace") array = array.map((each) => each + 1);
					if (type === "replace") queue.replace((each) => each + 1);
					expect(queue.length).toBe(array.length);
					expect(queue.peek()).toBe(array[0]);
				}
				expect(queue.slice(0, queue.length)).toEqual(array);
				expect(queue.slice(2, 5)).toEqual(array.slice(2, 5));
			}),
			{ seed: 3, numRuns: 40 },
		);
	});

	it("keeps no more than twice what is in it", () => {
		const queue = new Queue<number>();
		for (let n = 0; n < 1_000; n++) queue.push(n);
		for (let n = 0; n < 100_000; n++) {
			queue.push(n);
			queue.shift();
		}
		expect(queue.length).toBe(1_000);
		expect(queue.slice(0, 1)).toEqual([99_000]);
	});
});

describe("Remembered", () => {
	it("keeps each entry for its time at least, and twice as long at most", () => {
		const gaps = fc.array(fc.nat(30), { minLength: 1, maxLength: 80 });
		fc.assert(
			fc.property(gaps, (all) => {
				const ms = 20;
				const memory = new Remembered<number>(ms, 0);
				const setAt = new Map<string, number>();
				let now = 0;
				for (const [n, gap] of all.entries()) {
					now += gap;
					memory.set(`${n}`, n, now);
					setAt.set(`${n}`, now);
					for (const [key, at] of setAt) {
						if (now - at < ms) expect(memory.get(key)).toBe(Number(key));
						if (now - at >= 2 * ms) expect(memory.get(key)).toBeUndefined();
					}
				}
			}),
			{ seed: 4, numRuns: 300 },
		);
	});

	it("forgets what it is told to, young or old", () => {
		const memory = new Remembered<number>(10, 0);
		memory.set("old", 1, 0);
		memory.set("kept", 5, 0);
		memory.set("young", 2, 10);
		memory.forget((value) => value < 5);
		expect(["old", "young", "kept"].map((key) => memory.get(key))).toEqual([
			undefined,
			undefined,
			5,
		]);
		expect(memory.size).toBe(1);
	});
});

describe("nextEpoch", () => {
	it("grows as text, whatever the clock does", () => {
		const instants = fc.array(fc.integer({ min: 0, max: 36 ** 9 - 1_000 }), { minLength: 2 });
		const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
		fc.assert(
			fc.property(instants, chance, (all, random) => {
				let epoch = nextEpoch(null, 0, () => 0.999);
				for (const now of all) {
					const next = nextEpoch(epoch, now, () => random);
					expect(next > epoch).toBe(true);
					expect(next).toMatch(/^[0-9a-z]{15}$/);
					epoch = next;
				}
			}),
			{ seed: 5, numRuns: 300 },
		);
	});

	it("of one instant tells two logs apart", () => {
		expect(nextEpoch(null, 1, () => 0.1)).not.toBe(nextEpoch(null, 1, () => 0.2));
	});
});

describe("TokenBucket", () => {
	it("gives ten seconds' worth at once, and then its rate", () => {
		const bucket = new TokenBucket(5, 0);
		expect(bucket.take(50, 0)).toBe(true);
		expect(bucket.take(1, 0)).toBe(false);
		expect(bucket.waitMs(1)).toBe(200);
		expect(bucket.take(1, 199)).toBe(false);
		expect(bucket.take(1, 200)).toBe(true);
		expect(bucket.take(5, 1_200)).toBe(true);
		expect(bucket.take(1, 1_200)).toBe(false);
	});

	it("holds no more than it began with", () => {
		const bucket = new TokenBucket(5, 0);
		expect(bucket.isFull(0)).toBe(true);
		expect(bucket.take(51, 1_000_000)).toBe(false);
		expect(bucket.take(50, 1_000_000)).toBe(true);
		expect(bucket.isFull(1_001_000)).toBe(false);
		expect(bucket.isFull(1_010_000)).toBe(true);
	});
});
