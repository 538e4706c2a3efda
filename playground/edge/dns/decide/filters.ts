/* The filters, each a pure function of the answers, what is known of them, and chance as an argument. */
import type { Candidate, Filter } from "./contract.js";
import { countryOf, distanceKm, type Places } from "./places.js";
import { dataOf } from "./zone.js";

type Candidates = readonly Candidate[];
type Metric = Extract<Filter, { readonly filter: "shed_load" }>["metric"];
type Random = () => number;

/** Drops what is not up. NS1's own words differ on answers that say nothing of it: so that is a choice. */
export function up(candidates: Candidates, missing: "keep" | "drop"): Candidates {
	return candidates.filter(({ metadata }) => metadata.up ?? missing === "keep");
}

/**
 * Drops an answer for the share of questions for which it is drained, and of its addresses those that are;
 * drawn for each question. An answer without an address left is none.
 */
export function drain(candidates: Candidates, service: string, random: Random): Candidates {
	return candidates.flatMap((candidate): Candidates => {
		const drained = candidate.metadata.drained?.[service];
		if (drained === undefined) return [candidate];
		if (isDrawn(drained.whole, random)) return [];
		const { answer } = candidate;
		const all = dataOf(answer);
		const data = all.filter((each) => !isDrawn(drained.addresses[each] ?? 0, random));
		if (data.length === 0) return [];
		return [data.length === all.length ? candidate : { ...candidate, answer: { ...answer, data } }];
	});
}

/**
 * Of an answer with arms the addresses of one, first drawn with the probability of its share of the weights. One
 * of which nothing is left, since it is drained, gives way to the next: an address helps more than none.
 */
export function chooseArm(candidates: Candidates, random: Random): Candidates {
	return candidates.map((candidate) => {
		const { answer, metadata } = candidate;
		const { arms = [] } = metadata;
		if (arms.length === 0) return candidate;
		const all = dataOf(answer);
		const drawn = shuffleByWeight(arms, ({ weight }) => weight, random)
			.map(({ addresses }) => all.filter((each) => addresses.includes(each)))
			.find((data) => data.length > 0);
		return drawn === undefined ? candidate : { ...candidate, answer: { ...answer, data: drawn } };
	});
}

/** What is certain needs no chance. */
const isDrawn = (share: number, random: Random): boolean =>
	share > 0 && (share >= 1 || random() < share);

/**
 * Nothing up to the low watermark, all from the high one on; between them each query drops the answer
 * with the probability (load − low) ÷ (high − low). An answer that tells no load or marks stays.
 */
export function shedLoad(candidates: Candidates, metric: Metric, random: Random): Candidates {
	return candidates.filter(({ metadata }) => {
		const { [metric]: load, lowWatermark: low, highWatermark: high } = metadata;
		if (load === undefined || low === undefined || high === undefined) return true;
		if (load >= high) return false;
		return random() >= (load - low) / (high - low);
	});
}

/** Sorts by distance, and drops nothing. Those that say no place come last; so do all for an asker nobody knows. */
export function geotargetCountry(
	candidates: Candidates,
	place: string | null,
	places: Places,
): Candidates {
	if (place === null) return candidates;
	return sortedBy(candidates, ({ metadata: { places: stands = [] } }) =>
		Math.min(...stands.map((stand) => closeness(place, stand, places))),
	);
}

/** Sorts by the table's round trip to the answer's region; where the table is silent, distance stands in. */
export function lowestLatency(
	candidates: Candidates,
	place: string | null,
	places: Places,
): Candidates {
	if (place === null) return candidates;
	const { latencies } = places.table;
	const known = latencies[place] ?? latencies[countryOf(place)];
	return sortedBy(candidates, ({ metadata: { region, places: stands = [] } }) => {
		const measured = region === undefined ? undefined : known?.[region];
		return measured ?? Math.min(...stands.map((stand) => roundTripMs(place, stand, places)));
	});
}

export function selectFirstN(candidates: Candidates, n: number): Candidates {
	return candidates.slice(0, n);
}

/** Fisher and Yates: each order as likely as any other. */
export function shuffle(candidates: Candidates, random: Random): Candidates {
	const shuffled = [...candidates];
	for (let last = shuffled.length - 1; last > 0; last--) {
		const drawn = Math.floor(random() * (last + 1));
		const [a, b] = [shuffled[last], shuffled[drawn]] as [Candidate, Candidate];
		[shuffled[last], shuffled[drawn]] = [b, a];
	}
	return shuffled;
}

/** First with a probability of its share of the weights, and so on with the rest. No weight is none: 0. */
export function weightedShuffle(candidates: Candidates, random: Random): Candidates {
	return shuffleByWeight(candidates, ({ metadata }) => Math.max(0, metadata.weight ?? 0), random);
}

function shuffleByWeight<T>(
	all: readonly T[],
	weightOf: (each: T) => number,
	random: Random,
): readonly T[] {
	const left = [...all];
	const order: T[] = [];
	while (left.length > 0) {
		const total = left.reduce((sum, each) => sum + weightOf(each), 0);
		// Where all that is left weighs nothing it stays in its order.
		if (total <= 0) return [...order, ...left];
		let drawn = random() * total;
		const index = left.findIndex((each) => {
			drawn -= weightOf(each);
			return drawn < 0;
		});
		order.push(...left.splice(Math.max(0, index), 1));
	}
	return order;
}

/** The very part of a country comes before its country, and that before all others. */
function closeness(asker: string, stand: string, places: Places): number {
	if (asker === stand) return -2;
	if (countryOf(asker) === stand) return -1;
	return distanceKm(places, asker, stand);
}

/** Light in glass makes 200 km a millisecond, there and back. */
function roundTripMs(asker: string, stand: string, places: Places): number {
	return distanceKm(places, asker, stand) / 100;
}

/** Stable: what is equally far keeps its order. */
function sortedBy(candidates: Candidates, measure: (candidate: Candidate) => number): Candidates {
	const measured = candidates.map((candidate) => [measure(candidate), candidate] as const);
	// Infinity − Infinity is NaN, which no sort survives.
	const sorted = measured.sort(([a], [b]) => (a === b ? 0 : a - b));
	return sorted.map(([, candidate]) => candidate);
}
