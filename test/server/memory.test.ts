import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextEpoch } from "../../src/server/epoch.js";
import { Queue } from "../../src/server/queue.js";
import { Remembered } from "../../src/server/remembered.js";
import { TokenBucket } from "../../src/server/token-bucket.js";

describe("Queue", () => {
	/** The same done to both. */
	const DEEDS: Readonly<
		Record<string, (queue: Queue<number>, array: number[], item: number) => void>
	> = {
		push: (queue, array, item) => {
			queue.push(item);
			array.push(item);
		},
		shift: (queue, array) => expect(queue.shift()).toBe(array.shift()),
		truncate: (queue, array, item) => {
			queue.truncate(item);
			array.splice(item);
		},
		replace: (queue, array) => {
			queue.replace((each) => each + 1);
			array.splice(0, array.length, ...array.map((each) => each + 1));
		},
	};
	const names = fc.constantFrom("push", "push", "push", "shift", "shift", "truncate", "replace");
	const steps = fc.array(fc.tuple(names, fc.nat(200)), { minLength: 200, maxLength: 400 });

	it("does what an array does", () => {
		const compare = (all: readonly (readonly [string, number])[]): void => {
			const queue = new Queue<number>();
			const array: number[] = [];
			for (const [name, item] of all) {
				DEEDS[name]?.(queue, array, item);
				expect([queue.length, queue.peek()]).toEqual([array.length, array[0]]);
			}
			expect(queue.slice(0, queue.length)).toEqual(array);
			expect(queue.slice(2, 5)).toEqual(array.slice(2, 5));
		};
		fc.assert(fc.property(steps, compare), { seed: 3, numRuns: 30 });
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
		const ms = 20;
		const remember = (gaps: readonly number[]): void => {
			const memory = new Remembered<number>(ms, 0);
			const setAt: number[] = [];
			let now = 0;
			const look = (at: number, n: number): void => {
				if (now - at < ms) expect(memory.get(`${n}`)).toBe(n);
				else if (now - at >= 2 * ms) expect(memory.get(`${n}`)).toBeUndefined();
			};
			for (const [n, gap] of gaps.entries()) {
				now += gap;
				memory.set(`${n}`, n, now);
				setAt.push(now);
				setAt.forEach(look);
			}
		};
		const gaps = fc.array(fc.nat(30), { minLength: 1, maxLength: 80 });
		fc.assert(fc.property(gaps, remember), { seed: 4, numRuns: 200 });
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
