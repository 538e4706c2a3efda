import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePlaces, distanceKm, locate } from "../../../playground/edge/dns/decide/places.js";
import { parsePrefix } from "../../../playground/edge/dns/decide/prefix.js";
import { PLACES, TABLE } from "./asking.js";

const table = (blocks: Readonly<Record<string, string>>) => ({ ...TABLE, blocks });

describe("The place of an address", () => {
	it("is the longest block's", () => {
		const places = compilePlaces(table({ "10.0.0.0/8": "US", "10.1.0.0/16": "IE" }));
		const at = (text: string) => locate(places, parsePrefix(text).bytes);
		expect(at("10.1.2.3")).toEqual({ place: "IE", scopeBits: 16 });
		expect(at("10.2.2.3")).toEqual({ place: "US", scopeBits: 15 });
		expect(at("10.128.0.1")).toEqual({ place: "US", scopeBits: 9 });
		expect(at("11.0.0.1")).toEqual({ place: null, scopeBits: 8 });
		expect(at("::1")).toEqual({ place: null, scopeBits: 0 });
	});

	it("is that of all addresses in the scope that is told", () => {
		// Few bits that differ, so that blocks lie within each other.
		const byte = fc.constantFrom(0, 1, 2, 3, 128, 255);
		const address = fc.tuple(byte, byte, byte, byte);
		const cut = (bytes: readonly number[], bits: number): readonly number[] =>
			bytes.map((value, index) => {
				const kept = Math.min(8, Math.max(0, bits - index * 8));
				return value & ~(0xff >> kept) & 0xff;
			});
		const block = fc
			.tuple(address, fc.integer({ min: 0, max: 32 }))
			.map(([bytes, bits]) => `${cut(bytes, bits).join(".")}/${bits}`);
		const blocks = fc.array(fc.tuple(block, fc.constantFrom("IE", "DE", "GB", "FR")), {
			maxLength: 8,
		});
		fc.assert(
			fc.property(blocks, address, address, (entries, asker, other) => {
				const places = compilePlaces(table(Object.fromEntries(entries)));
				const { place, scopeBits } = locate(places, Uint8Array.from(asker));
				const head = cut(asker, scopeBits);
				const neighbour = other.map(
					(value, index) =>
						(value & ~(cut([255, 255, 255, 255], scopeBits)[index] ?? 0)) | (head[index] ?? 0),
				);
				expect(locate(places, Uint8Array.from(neighbour)).place).toBe(place);
			}),
			{ numRuns: 3_000, seed: 7 },
		);
	});
});

describe("The table", () => {
	it("knows the middle of every place that it names", () => {
		expect(() => compilePlaces(TABLE)).not.toThrow();
		expect(() => compilePlaces(table({ "10.0.0.0/8": "XX" }))).toThrow(/"XX" of 10\.0\.0\.0\/8/);
	});

	it.each([
		["IE", "GB", 400, 460],
		["IE", "DE", 1_100, 1_250],
		["US-VA", "IE", 5_200, 5_800],
	])("puts %s and %s between %d and %d km apart", (a, b, least, most) => {
		expect(distanceKm(PLACES, a, b)).toBeGreaterThan(least);
		expect(distanceKm(PLACES, b, a)).toBeLessThan(most);
	});

	it.each(["10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/x", "ten", "::/129", "10.0.0/8"])(
		"turns away %s",
		(text) => {
			expect(() => compilePlaces(table({ [text]: "IE" }))).toThrow(/"/);
		},
	);
});
