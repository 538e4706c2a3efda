/* What things are called in Redis. JSON's text of a name is another one for each name, and has no NUL. */

/** The keys that the scripts take, in their order, and the name that followers listen to. */
export function keysOf(
	prefix: string,
	channel: string,
): { readonly keys: readonly string[]; readonly feed: string } {
	const name = JSON.stringify(channel);
	const of = (kind: string): string => `${prefix}${kind}:${name}`;
	return {
		keys: [`${prefix}log`, of("channel"), of("stream"), of("ids"), of("old-ids")],
		feed: of("feed"),
	};
}

/** An id counts for its publisher alone; null is nobody's name. */
export function idKey(from: string | null, id: string): string {
	return `i${JSON.stringify([from, id])}`;
}

/** Where the newest link of a client is noted. */
export function clientKey(from: string | null, client: string): string {
	return `c${JSON.stringify([from, client])}`;
}
