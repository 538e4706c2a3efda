/*
 * A filter chain as NS1's: an ordered list of filters over a record's answers, gone through for each
 * query. A filter drops answers or orders them, by their metadata, by where the asker is, or by chance.
 *
 *   primary   up ─▶ drain ─▶ shed_load ─▶ geotarget_country ─▶ select_first_n(1)
 *   backup    up ─▶ drain ─▶ shed_load ─▶ geotarget_country ─▶ select_first_n(3) ─▶ shuffle ─▶ select_first_n(1)
 *   latency   up ─▶ drain ─▶ lowest_latency ─▶ select_first_n(1)           (Route 53's part)
 */
import type { Candidate, Chain, Filter } from "./contract.js";
import {
	chooseArm,
	drain,
	geotargetCountry,
	lowestLatency,
	selectFirstN,
	shedLoad,
	shuffle,
	up,
	weightedShuffle,
} from "./filters.js";
import type { Location, Places } from "./places.js";

export interface ChainMoment {
	readonly location: Location;
	readonly places: Places;
	/** Uniform in [0, 1). */
	readonly random: () => number;
}

export interface Chosen {
	readonly candidates: readonly Candidate[];
	/** Bits of the asker's address that the choice depends on; 0: it is right for everybody. */
	readonly scopeBits: number;
}

const PLACED: readonly Filter["filter"][] = ["geotarget_country", "lowest_latency"];

export function runChain(
	chain: Chain,
	candidates: readonly Candidate[],
	moment: ChainMoment,
): Chosen {
	const left = chain.filters.reduce((before, filter) => {
		const after = apply(filter, before, moment);
		return after.length === 0 && chain.onEmpty !== "nodata" ? before : after;
	}, candidates);
	const isPlaced = chain.filters.some(({ filter }) => PLACED.includes(filter));
	return { candidates: left, scopeBits: isPlaced ? moment.location.scopeBits : 0 };
}

function apply(
	filter: Filter,
	candidates: readonly Candidate[],
	{ location: { place }, places, random }: ChainMoment,
): readonly Candidate[] {
	switch (filter.filter) {
		case "up":
			return up(candidates, filter.missing ?? "keep");
		case "drain":
			return drain(candidates, filter.service, random);
		case "choose_arm":
			return chooseArm(candidates, random);
		case "shed_load":
			return shedLoad(candidates, filter.metric, random);
		case "geotarget_country":
			return geotargetCountry(candidates, place, places);
		case "select_first_n":
			return selectFirstN(candidates, filter.n ?? 1);
		case "shuffle":
			return shuffle(candidates, random);
		case "weighted_shuffle":
			return weightedShuffle(candidates, random);
		case "lowest_latency":
			return lowestLatency(candidates, place, places);
		default:
			return filter satisfies never;
	}
}
