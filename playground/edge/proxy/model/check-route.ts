/* What is wrong with a virtual host's routes. */
import { checkName, type Lead, type Report } from "./problems.js";
import type { Action, Conditions, HeaderChanges, Match, Route } from "./model.js";
import { shadows } from "./shadowing.js";

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5, without tabs; quotes and backslashes would need another rule in each proxy. */
const VALUE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PATH = /^\/[^\s?#"'\\]*$/;
/** The proxy's own business, or the protocol's. */
const NOT_OURS = /^(:.*|host|connection|upgrade|transfer-encoding|content-length|te|trailer)$/i;

export function checkRoutes(
	place: string,
	routes: readonly Route[],
	lead: Lead,
	report: Report,
): void {
	for (const [at, route] of routes.entries()) {
		const own = `${place}/${route.name}`;
		checkName("Route", route.name, report);
		checkMatch(own, route.match, report);
		checkAction(own, route.action, lead, report);
		checkChanges(own, route.request, report);
		checkChanges(own, route.response, report);
		const before = routes.slice(0, at).find(({ match }) => shadows(match, route.match));
		if (before !== undefined)
			report(
				`${own} is never reached: "${before.name}" before it takes all of it. Put "${route.name}" first, or narrow "${before.name}".`,
			);
	}
}

function checkMatch(place: string, match: Match, report: Report): void {
	const { path, headers, query, cookies } = match;
	if (!PATH.test(path.path))
		report(`${place} has path "${path.path}": it starts with "/", no query.`);
	if (path.path !== normal(path.path))
		report(`${place} has path "${path.path}", which nobody sends: paths are made plain first.`);
	if (path.is === "under" && path.path.endsWith("/"))
		report(`${place}: "under" has a path without "/" at its end.`);
	checkConditions(`${place}, a header`, headers, VALUE, report);
	checkConditions(`${place}, a query parameter`, query, COOKIE_VALUE, report);
	checkConditions(`${place}, a cookie`, cookies, COOKIE_VALUE, report);
}

/** As both proxies make it before they look. */
const normal = (path: string): string => new URL(path.replace(/\/+/g, "/"), "http://a").pathname;

function checkConditions(
	place: string,
	conditions: Conditions = {},
	values: RegExp,
	report: Report,
): void {
	for (const [name, condition] of Object.entries(conditions)) {
		if (!TOKEN.test(name)) report(`${place} "${name}" is no name.`);
		if ("value" in condition && !values.test(condition.value))
			report(`${place} "${name}" has a value that can't be one.`);
		if ("value" in condition && condition.value === "")
			report(`${place} "${name}" has an empty value: say "present" or "absent".`);
	}
}

function checkAction(place: string, action: Action, lead: Lead, report: Report): void {
	if (action.is === "forward") {
		lead(place, action.cluster);
		if (!(action.withinMs >= 1))
			report(`${place} would wait for ever for an upgrade that hangs: withinMs is at least 1.`);
		return;
	}
	const { status, body } = action;
	if (!(Number.isInteger(status) && status >= 200 && status <= 599))
		report(`${place} answers ${status}, which is no status of an answer.`);
	if (!VALUE.test(body)) report(`${place} answers with text that doesn't fit one line.`);
}

function checkChanges(place: string, changes: HeaderChanges = {}, report: Report): void {
	const { set = {}, remove = [] } = changes;
	for (const name of [...Object.keys(set), ...remove]) {
		if (!TOKEN.test(name)) report(`${place} changes "${name}", which is no header's name.`);
		if (NOT_OURS.test(name)) report(`${place} changes "${name}", which is the proxy's own.`);
	}
	for (const [name, value] of Object.entries(set))
		if (!VALUE.test(value)) report(`${place} sets "${name}" to what can't be in a header.`);
}
