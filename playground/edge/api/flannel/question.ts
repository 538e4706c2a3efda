/* What is asked of Flannel, and of the directory behind it: which users or channels of a team. Pure. */

export type Kind = "users" | "channels";

export interface Question {
	readonly team: string;
	readonly kind: Kind;
	readonly ids: readonly string[];
}

/** What the directory has of a user or a channel. */
export interface Entry {
	readonly id: string;
	readonly name: string;
	/** Grows with each change. */
	readonly version: number;
}

const MAX_IDS = 100;
const ID = /^[A-Z][A-Z0-9]{1,20}$/;

/** Of `/T1/users?ids=U1,U2`; null: it is none. */
export function readQuestion(rest: string): Question | null {
	const [path = "", query = ""] = rest.split("?", 2);
	const [, team = "", kind] = /^\/([^/]+)\/(users|channels)$/.exec(path) ?? [];
	const ids = [...new Set((new URLSearchParams(query).get("ids") ?? "").split(","))];
	if (!ID.test(team) || ids.length > MAX_IDS || !ids.every((id) => ID.test(id))) return null;
	return { team, kind: kind as Kind, ids };
}

/** Where the log tells what has changed in a team. */
export const changesOf = (team: string): string => `flannel:${team}`;

/** What it tells. */
export interface Change {
	readonly kind: Kind;
	readonly id: string;
}

export function readChange(data: unknown): Change | null {
	if (typeof data !== "object" || data === null) return null;
	const { kind, id } = data as Partial<Record<string, unknown>>;
	if ((kind !== "users" && kind !== "channels") || typeof id !== "string") return null;
	return { kind, id };
}
