/* Conditions and words of HAProxy's configuration. */
import type { Condition, Conditions, Match, PathMatch } from "../../model/model.js";

/** In double quotes, where a dollar sign would name the environment. */
export const quoted = (text: string): string => `"${text.replaceAll("$", "\\$")}"`;
/** In a format, where a percent sign begins what is filled in. */
export const format = (text: string): string => quoted(text.replaceAll("%", "%%"));

/** All have to hold. */
export function conditionsOf({ path, takes, headers, query, cookies }: Match): string {
	return [
		pathOf(path),
		...(takes === "any" ? [] : [takes === "upgrades" ? UPGRADE : `!${UPGRADE}`]),
		...each(headers, (name) => `req.fhdr(${name})`),
		...each(query, (name) => `var(${variable("query", name)})`),
		...each(cookies, (name) => `var(${variable("cookie", name)})`),
	].join(" ");
}

const UPGRADE = "{ req.fhdr(upgrade) -i -m str websocket }";

function pathOf(path: PathMatch): string {
	switch (path.is) {
		case "exact":
			return `{ path -m str ${quoted(path.path)} }`;
		case "prefix":
			return `{ path -m beg ${quoted(path.path)} }`;
		case "under":
			return `{ path -m reg ${quoted(`^${literal(path.path)}(/|$)`)} }`;
		default:
			return path satisfies never;
	}
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "[$&]");

function each(all: Conditions = {}, fetch: (name: string) => string): readonly string[] {
	return Object.entries(all).map(([name, condition]) => one(fetch(name), condition));
}

function one(fetch: string, condition: Condition): string {
	switch (condition.is) {
		case "exact":
			return `{ ${fetch} -m str ${quoted(condition.value)} }`;
		case "prefix":
			return `{ ${fetch} -m beg ${quoted(condition.value)} }`;
		case "present":
			return `{ ${fetch} -m found }`;
		case "absent":
			return `!{ ${fetch} -m found }`;
		default:
			return condition satisfies never;
	}
}

/** A condition on the fetch itself would look at all of that name; a variable has the first. */
export function variable(of: "query" | "cookie", name: string): string {
	const safe = name.replace(/[^A-Za-z0-9]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}`);
	return `txn.${of}_${safe}`;
}

/** A variable of the process, which the runtime API can set: no reload lowers a limit. */
export const limitVariable = (listener: string): string =>
	`proc.limit_${listener.replaceAll("-", "_")}`;
