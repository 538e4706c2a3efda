/* The steps of a selection chain. Each takes candidates and returns those that remain, in order. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { Candidate, EndpointFilter } from "./endpoint.js";

/** Leaves out what is ejected; keeps all when nothing else is left, because a guess beats no dial. */
export function up(): EndpointFilter {
	return (candidates, { now }) => {
		const left = candidates.filter(({ ejectedUntil }) => (ejectedUntil ?? 0) <= now);
		return left.length > 0 ? left : candidates;
	};
}

/** Primaries first, otherwise in the order given. */
export function preferPrimary(): EndpointFilter {
	return sortBy(({ endpoint }) => (endpoint.role === "primary" ? 0 : 1));
}

/** The one that worked last comes first, those that never did come last. */
export function preferLastGood(): EndpointFilter {
	return sortBy(({ lastGoodAt }) => -(lastGoodAt ?? Number.NEGATIVE_INFINITY));
}

/** Every order equally likely. */
export function shuffle(): EndpointFilter {
	return (candidates, { random }) => sorted(candidates, () => random());
}

/** The first is drawn in proportion to `weight` (1 unless given), then the next among the rest; a weight of 0 comes last. */
export function weightedShuffle(): EndpointFilter {
	// The k smallest of -ln(u) / weight are a weighted sample (Efraimidis and Spirakis, 2006).
	return (candidates, { random }) =>
		sorted(candidates, ({ endpoint: { weight = 1 } }) =>
			weight > 0 ? -Math.log(1 - random()) / weight : Number.POSITIVE_INFINITY,
		);
}

/**
 * The first few, so that no more than these are dialled in one round.
 *
 * @throws RealtimeError `invalid-option` unless `count` is a positive integer.
 */
export function selectFirst(count: number): EndpointFilter {
	if (!Number.isInteger(count) || count < 1)
		throw new RealtimeError("invalid-option", `selectFirst(${count})`);
	return (candidates) => candidates.slice(0, count);
}

/** One filter after the other, as one filter. */
export function chain(filters: readonly EndpointFilter[]): EndpointFilter {
	return (candidates, context) =>
		filters.reduce((left, filter) => filter(left, context), candidates);
}

function sortBy(key: (candidate: Candidate) => number): EndpointFilter {
	return (candidates) => sorted(candidates, key);
}

/** Stable; each key is taken once, or a random one would change under the comparison. */
function sorted(
	candidates: readonly Candidate[],
	key: (candidate: Candidate) => number,
): readonly Candidate[] {
	return candidates
		.map((candidate) => ({ candidate, key: key(candidate) }))
		.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
		.map(({ candidate }) => candidate);
}
