/* What is remembered of each endpoint, so that a dead one is not dialled first each time. */
import type { Candidate, Endpoint } from "./endpoint.js";

const EJECTED_MS = 30_000;
const LONGEST_EJECTED_MS = 300_000;

type Known = readonly Candidate[];

/** It sent a welcome. Its failures are forgotten only when the link has proved stable. */
export const succeeded = (candidates: Known, url: string, now: number): Known =>
	learn(candidates, url, () => ({ ejectedUntil: null, lastGoodAt: now }));

/** It refused, stayed mute, or dropped the link before that was stable. */
export const failed = (candidates: Known, url: string, now: number): Known =>
	learn(candidates, url, ({ failures }) => ({
		failures: failures + 1,
		ejectedUntil: now + Math.min(EJECTED_MS * 2 ** failures, LONGEST_EJECTED_MS),
	}));

/** Its link has been up long enough to be called stable. */
export const proved = (candidates: Known, url: string): Known =>
	learn(candidates, url, () => ({ failures: 0, ejectedUntil: null }));

/**
 * The endpoints as candidates, each with its role, keeping what is known of the urls that were there
 * before. Of two with one url the first counts. Nothing new: the very same list.
 */
export function toCandidates(endpoints: readonly Endpoint[], previous: Known = []): Known {
	const next: Candidate[] = [];
	for (const given of endpoints) {
		if (find(next, given.url)) continue;
		const endpoint = withRole(given, next.length === 0 ? "primary" : "backup");
		const known = find(previous, given.url);
		if (known === undefined)
			next.push({ endpoint, failures: 0, ejectedUntil: null, lastGoodAt: null });
		else next.push(isSame(known.endpoint, endpoint) ? known : { ...known, endpoint });
	}
	const isUnchanged =
		next.length === previous.length && next.every((it, at) => it === previous[at]);
	return isUnchanged ? previous : next;
}

/** As it is if it has one: a copy of a copy has a shape of its own, which costs more than the object. */
const withRole = (given: Endpoint, role: NonNullable<Endpoint["role"]>): Endpoint =>
	given.role === undefined ? { ...given, role } : given;

export function find(candidates: Known, url: string): Candidate | undefined {
	return candidates.find(({ endpoint }) => endpoint.url === url);
}

function isSame(a: Endpoint, b: Endpoint): boolean {
	return a.role === b.role && a.weight === b.weight && a.zone === b.zone;
}

const learn = (
	candidates: Known,
	url: string,
	change: (known: Candidate) => Partial<Candidate>,
): Known =>
	candidates.map((known) => (known.endpoint.url === url ? { ...known, ...change(known) } : known));
