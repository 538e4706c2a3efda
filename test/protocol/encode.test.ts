import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBatches, utf8Length } from "../../src/protocol/encode.js";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const frames = fc.array(
	fc.string({ unit: "binary", maxLength: 60 }).map((text) => JSON.stringify(text)),
);

describe("the length of a text in UTF-8", () => {
	it("is what the platform's encoder makes of it, lone surrogates too", () => {
		const unit = fc.constantFrom("a", "é", "€", "\ud83d\ude00", "\ud83d", "\ude00", "\0");
		const property = fc.property(fc.string({ unit }), (text) => {
			expect(utf8Length(text)).toBe(bytesOf(text));
		});
		fc.assert(property, { numRuns: 10_000, seed: 1 });
	});
});

describe("batches", () => {
	it("are one message where one is enough, and a frame of its own goes bare", () => {
		expect(encodeBatches([], 100)).toEqual([]);
		expect(encodeBatches(["{}"], 100)).toEqual(["{}"]);
		expect(encodeBatches(["{}", "1", "[]"], 100)).toEqual(["[{},1,[]]"]);
	});

	it("use the last byte that they may, and not one more", () => {
		expect(encodeBatches(["11", "22", "33"], 10)).toEqual(["[11,22,33]"]);
		expect(encodeBatches(["11", "22", "33"], 9)).toEqual(["[11,22]", "33"]);
		expect(encodeBatches(['"é"', "22"], 9)).toEqual(['["é",22]']);
		expect(encodeBatches(['"é"', "22"], 8)).toEqual(['"é"', "22"]);
	});

	it("leave a frame that is too large alone", () => {
		const large = JSON.stringify("x".repeat(50));
		expect(encodeBatches(["1", large, "2", "3"], 20)).toEqual(["1", large, "[2,3]"]);
	});

	it("hold a thousand frames at most, however small", () => {
		const many = Array.from({ length: 1_025 }, () => "1");
		const sizes = encodeBatches(many, 1e6).map((text) => [JSON.parse(text)].flat().length);
		expect(sizes).toEqual([1_024, 1]);
	});

	it("keep every frame and its place, and no limit is passed by more than one frame", () => {
		const property = fc.property(frames, fc.integer({ min: 2, max: 300 }), (some, maxBytes) => {
			const messages = encodeBatches(some, maxBytes);
			const isWithin = (text: string): boolean => bytesOf(text) <= maxBytes || some.includes(text);
			expect(messages.every(isWithin)).toBe(true);
			expect(messages.flatMap((text) => JSON.parse(text))).toEqual(some.map((f) => JSON.parse(f)));
		});
		fc.assert(property, { numRuns: 5_000, seed: 2 });
	});
});
