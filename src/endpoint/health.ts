/* What is remembered of each endpoint, so that a dead one is not dialled first each time. */
import type { Candidate, Endpoint } from "./endpoint.js";

const EJECTED_MS = 30_000;
const LONGEST_EJECTED_MS = 300_000;

/** It sent a welcome. Its failures are forgotten only when the link has proved stable. */
export function succeeded(
	candidates: readonly Candidate[],
	url: string,
	now: number,
): readonly Candidate[] {
	return update(candidates, url, (known) => ({ ...known, ejectedUntil: null, lastGoodAt: now }));
}

/** It refused, stayed mute, or dropped the link before that was stable. */
export function failed(
	candidates: readonly Candidate[],
	url: string,
	now: number,
): readonly Candidate[] {
	return update(candidates, url, (known) => {
		const ejectedMs = Math.min(EJECTED_MS * 2 ** known.failures, LONGEST_EJECTED_MS);
		return { ...known, failures: known.failures + 1, ejectedUntil: now + ejectedMs };
	});
}

/** Its link has been up long enough to be called stable. */
export function proved(candidates: readonly Candidate[], url: string): readonly Candidate[] {
	return update(candidates, url, (known) =>
		known.failures === 0 && known.ejectedUntil === null
			? known
			: { ...known, failures: 0, ejectedUntil: null },
	);
}

/**
 * The endpoints as candidates, each with its role, keeping what is known of the urls that were there
 * before. Of two with one url the first counts. Nothing new: the very same list.
 */
export function toCandidates(
	endpoints: readonly Endpoint[],
	previous: readonly Candidate[] = [],
): readonly Candidate[] {
	const next: Candidate[] = [];
	for (const given of endpoints) {
		if (find(next, given.url)) continue;
		const role = given.role ?? (next.length === 0 ? "primary" : "backup");
		const endpoint: Endpoint = { ...given, role };
		const known = find(previous, given.url);
		if (known === undefined)
			next.push({ endpoint, failures: 0, ejectedUntil: null, lastGoodAt: null });
		else next.push(isSame(known.endpoint, endpoint) ? known : { ...known, endpoint });
	}
	const isUnchanged =
		next.length === previous.length && next.every((it, at) => it === previous[at]);
	return isUnchanged ? previous : next;
}

export function find(candidates: readonly Candidate[], url: string): Candidate | undefined {
	return candidates.find(({ endpoint }) => endpoint.url === url);
}

function isSame(a: Endpoint, b: Endpoint): boolean {
	return a.role === b.role && a.weight === b.weight && a.zone === b.zone;
}

function update(
	candidates: readonly Candidate[],
	url: string,
	change: (known: Candidate) => Candidate,
): readonly Candidate[] {
	const known = find(candidates, url);
	if (known === undefined) return candidates;
	const changed = change(known);
	return changed === known ? candidates : candidates.map((it) => (it === known ? changed : it));
}
