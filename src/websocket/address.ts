/*
 * Where a dial goes, when a library asks for one URL and there are several endpoints: the endpoint says
 * which server and which base path, the library's URL what lies below (a room, a version, an id).
 */
import type { Endpoint } from "../endpoint/endpoint.js";

/** Without the slash at its end: what a path below it begins with. */
const baseOf = ({ pathname }: URL): string => pathname.replace(/\/$/, "");
const isBelow = (path: string, base: string): boolean =>
	path === base || path.startsWith(`${base}/`);

/**
 * The endpoint that the library was given makes way for the one that is dialled, path and query; a URL of
 * no endpoint is taken for one below any of them.
 */
export function addressOf(endpoint: Endpoint, asked: URL, endpoints: readonly Endpoint[]): string {
	const target = new URL(endpoint.url);
	const known = endpoints
		.map(({ url }) => new URL(url))
		.filter((url) => url.host === asked.host && isBelow(asked.pathname, baseOf(url)))
		.sort((a, b) => b.pathname.length - a.pathname.length)[0];
	const replaced = known ?? target;
	const base = baseOf(replaced);
	const path = isBelow(asked.pathname, base) ? asked.pathname.slice(base.length) : asked.pathname;
	const left = asked.search.startsWith(replaced.search)
		? asked.search.slice(replaced.search.length)
		: asked.search;
	const queries = [target.search, left].map((text) => text.replace(/^[?&]/, "")).filter(Boolean);
	// A bare base keeps its own slash, or its lack of one: servers tell them apart.
	const fullPath = /^\/?$/.test(path) && baseOf(target) ? target.pathname : baseOf(target) + path;
	return `${target.protocol}//${target.host}${fullPath}${queries.length ? `?${queries.join("&")}` : ""}`;
}
