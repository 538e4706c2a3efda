/*
 * Who may share: tabs of the same version, with the same options and the same user. All of it goes into
 * one text, whose digest is the group's name; so others cannot even hear each other.
 */
import type { Endpoint } from "../endpoint/endpoint.js";

/** Grows with what tabs say to each other. */
const BUS_VERSION = 1;

export interface GroupOptions {
	readonly version: string;
	readonly endpoints: readonly Endpoint[];
	readonly api: readonly string[];
	/** The text of each function: another chain is another choice of endpoints. */
	readonly filters: readonly string[];
	readonly policies: readonly object[];
	/** Of a token, never the token itself. Null: there is none, or the namespace says who it is. */
	readonly tokenDigest: string | null;
}

/** The same text for the same options, in whichever order they were written. */
export function groupText(options: GroupOptions): string {
	return JSON.stringify([BUS_VERSION, sorted(options)]);
}

export function groupName(digest: string): string {
	return `holdfast/share/${digest}`;
}

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).filter(([, field]) => field !== undefined);
	return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sorted(field)]);
}
