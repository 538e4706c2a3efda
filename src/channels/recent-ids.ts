/** Rule 4: ids outlive epochs, and this many of a channel are kept. */
export const RECENT = 1_000;

/**
 * The last ids of a channel, each with its publisher. A value: adding leaves the older one as it was.
 * Versions share one array that only the newest may grow, so a message costs one small object and no
 * copy; a version that is not the newest copies before it adds.
 */
export interface RecentIds {
	/** from, id, from, id, …; what lies beyond `end` belongs to newer versions. */
	readonly entries: (string | null)[];
	readonly end: number;
}

export function noIds(): RecentIds {
	return { entries: [], end: 0 };
}

export function remember(recent: RecentIds, from: string | null, id: string): RecentIds {
	const { end } = recent;
	let { entries } = recent;
	if (entries.length !== end || end >= 4 * RECENT)
		entries = entries.slice(Math.max(0, end - 2 * RECENT), end);
	const length = entries.push(from, id);
	return { entries, end: length };
}

/** Newest first: 1,000 comparisons at worst, asked for ephemeral messages and after a change of epoch. */
export function isRecent({ entries, end }: RecentIds, from: string | null, id: string): boolean {
	const oldest = Math.max(0, end - 2 * RECENT);
	for (let at = end - 1; at > oldest; at -= 2)
		if (entries[at] === id && entries[at - 1] === from) return true;
	return false;
}
