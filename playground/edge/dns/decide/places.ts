/*
 * Who is where: blocks of addresses → places, and how far places are apart. A place is a country, or a
 * part of one: "IE", "US-VA" (ISO 3166). The table is data: see ../places.json.
 */
import { commonBits, contains, type Prefix, parsePrefix } from "./prefix.js";

export interface PlaceTable {
	/** Block → place; the longest block that fits counts. */
	readonly blocks: Readonly<Record<string, string>>;
	/** Place → latitude and longitude of its middle, in degrees. */
	readonly centroids: Readonly<Record<string, readonly number[]>>;
	/** Place → region → milliseconds of a round trip, where distance alone would tell it wrong. */
	readonly latencies: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Places {
	readonly table: PlaceTable;
	readonly blocks: readonly (Prefix & { readonly place: string })[];
}

export interface Location {
	/** Null: in no block. */
	readonly place: string | null;
	/** All addresses that share as many leading bits are at the same place. */
	readonly scopeBits: number;
}

/** Throws on a block that is none, and on a place without a middle. */
export function compilePlaces(table: PlaceTable): Places {
	const blocks = Object.entries(table.blocks).map(([text, place]) => {
		if (middleOf(table, place) === undefined)
			throw new Error(`The place "${place}" of ${text} has no centroid.`);
		return { ...parsePrefix(text), place };
	});
	return { table, blocks };
}

/**
 * Where a block lies within another one the outer answer is told for the parts around it, never for
 * all of the outer block: RFC 7871, section 7.2.1, the first of its two ways.
 */
export function locate(places: Places, address: Uint8Array): Location {
	const sameFamily = places.blocks.filter(({ bytes }) => bytes.length === address.length);
	const around = sameFamily
		.filter((block) => contains(block, address))
		.reduce<(typeof places.blocks)[number] | null>(
			(best, block) => (best === null || block.bits > best.bits ? block : best),
			null,
		);
	const outerBits = around?.bits ?? 0;
	const scopeBits = sameFamily
		.filter((block) => block.bits > outerBits)
		.map((block) => Math.min(commonBits(block.bytes, address) + 1, block.bits))
		.reduce((most, bits) => Math.max(most, bits), outerBits);
	return { place: around?.place ?? null, scopeBits };
}

/** Kilometres between the middles of two places; infinite for a place that nobody knows. */
export function distanceKm({ table }: Places, from: string, to: string): number {
	const [a, b] = [middleOf(table, from), middleOf(table, to)];
	if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
	const [latitudeA, longitudeA] = a.map(radians) as [number, number];
	const [latitudeB, longitudeB] = b.map(radians) as [number, number];
	const across = Math.sin((latitudeB - latitudeA) / 2) ** 2;
	const along = Math.sin((longitudeB - longitudeA) / 2) ** 2;
	const half = across + Math.cos(latitudeA) * Math.cos(latitudeB) * along;
	return 2 * 6_371 * Math.asin(Math.sqrt(half));
}

/** "US-VA" lies in "US". */
export function countryOf(place: string): string {
	return place.split("-", 1)[0] ?? place;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

function middleOf(table: PlaceTable, place: string): readonly number[] | undefined {
	return table.centroids[place] ?? table.centroids[countryOf(place)];
}
