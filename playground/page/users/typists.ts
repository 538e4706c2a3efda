/* Who is typing, as a reader of a chat sees it. Pure. */

/** Name → when it is over, unless it is said again. */
export type Typists = Readonly<Record<string, number>>;

const LAST_MS = 4_000;

export function typed(typists: Typists, name: string, now: number): Typists {
	return { ...typists, [name]: now + LAST_MS };
}

/** It has said something, so it does not type any more. */
export function spoke(typists: Typists, name: string): Typists {
	const { [name]: _gone, ...others } = typists;
	return others;
}

export function typistsWords(typists: Typists, now: number): string {
	const names = Object.keys(typists).filter((name) => (typists[name] ?? 0) > now);
	const [first, second] = names;
	if (first === undefined) return "";
	if (second === undefined) return `${first} is typing…`;
	if (names.length === 2) return `${first} and ${second} are typing…`;
	return "Several people are typing…";
}
