/*
 * Consistent hashing: which node has which team. Each node stands at many points of a ring, a team belongs
 * to the first point after its own: a node that goes or comes moves its own teams and no others. Pure.
 */
import { createHash } from "node:crypto";

export interface Ring {
	readonly points: readonly { readonly at: number; readonly node: string }[];
}

/** Enough for shares within some ten percent of each other. */
const POINTS = 200;

export function ringOf(nodes: readonly string[]): Ring {
	const points = nodes.flatMap((node) =>
		Array.from({ length: POINTS }, (_, n) => ({ at: hash(`${node}#${n}`), node })),
	);
	return { points: points.sort((a, b) => a.at - b.at) };
}

/** Null: there is no node. */
export function nodeOf({ points }: Ring, team: string): string | null {
	const at = hash(team);
	let [low, high] = [0, points.length];
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((points[middle]?.at ?? 0) < at) low = middle + 1;
		else high = middle;
	}
	return (points[low] ?? points[0])?.node ?? null;
}

const hash = (text: string): number => createHash("sha1").update(text).digest().readUInt32BE(0);
