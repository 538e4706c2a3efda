/* The virtual hosts of a chain for Envoy, and their routes. */
import type {
	Action,
	Chain,
	Condition,
	Conditions,
	HeaderChanges,
	Listener,
	Match,
	PathMatch,
	ProxyModel,
	Route,
} from "../../model/model.js";
import { type Json, seconds, typed } from "./typed.js";

export function renderRoutes(model: ProxyModel, listener: Listener, chain: Chain): Json {
	const scheme = listener.certificate === null ? "http" : "https";
	return {
		name: `${listener.name}/${chain.name}`,
		ignore_port_in_host_matching: true,
		// A client's own is replaced, not added to.
		request_headers_to_add: [
			...settings({
				"X-Forwarded-For": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
				"X-Forwarded-Proto": scheme,
			}),
		],
		request_headers_to_remove: ["x-envoy-external-address"],
		virtual_hosts: chain.hosts.map(({ name, domains, routes }) => ({
			name,
			domains,
			routes: routes.map((route) => renderRoute(model, route, `${chain.name}/${name}`)),
		})),
	};
}

function renderRoute(model: ProxyModel, route: Route, place: string): Json {
	const { name, match, action, request = {}, response = {} } = route;
	return {
		name: `${place}/${name}`,
		match: renderMatch(match),
		...renderAction(model, action, match.takes),
		...renderChanges("request", request),
		...renderChanges("response", response),
	};
}

function renderMatch({ path, takes, headers, query, cookies }: Match): Json {
	const all = [...upgrade(takes), ...conditions(headers)];
	return {
		...pathOf(path),
		...(all.length === 0 ? {} : { headers: all }),
		...(query === undefined ? {} : { query_parameters: conditions(query) }),
		...(cookies === undefined ? {} : { cookies: cookies && cookiesOf(cookies) }),
	};
}

function pathOf(path: PathMatch) {
	switch (path.is) {
		case "exact":
			return { path: path.path };
		case "prefix":
			return { prefix: path.path };
		case "under":
			return { path_separated_prefix: path.path };
		default:
			return path satisfies never;
	}
}

function upgrade(takes: Match["takes"]): readonly Json[] {
	if (takes === "any") return [];
	const isWebSocket = { name: "upgrade", string_match: { exact: "websocket", ignore_case: true } };
	if (takes === "upgrades") return [isWebSocket];
	return [{ ...isWebSocket, invert_match: true, treat_missing_header_as_empty: true }];
}

function conditions(all: Conditions = {}): readonly Json[] {
	return Object.entries(all).map(([name, condition]) => ({ name, ...conditionOf(condition) }));
}

function conditionOf(condition: Condition) {
	switch (condition.is) {
		case "exact":
			return { string_match: { exact: condition.value } };
		case "prefix":
			return { string_match: { prefix: condition.value } };
		case "present":
			return { present_match: true };
		case "absent":
			return { present_match: false };
		default:
			return condition satisfies never;
	}
}

/** A cookie's matcher knows no presence: any value is one, and the inverse is its absence. */
function cookiesOf(all: Conditions): readonly Json[] {
	return Object.entries(all).map(([name, condition]) => {
		if (condition.is === "exact" || condition.is === "prefix")
			return { name, ...conditionOf(condition) };
		const any = { name, string_match: { safe_regex: { regex: ".*" } } };
		return condition.is === "absent" ? { ...any, invert_match: true } : any;
	});
}

function renderAction(model: ProxyModel, action: Action, takes: Match["takes"]) {
	if (action.is === "answer") {
		const { status, body } = action;
		return { direct_response: { status, body: { inline_string: body } } };
	}
	const { cluster, withinMs } = action;
	const retry = model.clusters.find(({ name }) => name === cluster)?.retry === "once";
	return {
		route: {
			cluster,
			// For the 101 too: a WebSocket that is up is not touched. None would wait for ever.
			timeout: seconds(withinMs),
			// Overrides stream_idle_timeout.
			idle_timeout: "0s",
			...(takes === "requests"
				? { upgrade_configs: [{ upgrade_type: "websocket", enabled: false }] }
				: {}),
			...(retry ? { retry_policy: RETRY } : {}),
		},
	};
}

/** Before an answer only: it hides an endpoint that refuses, or answers 502 to 504. */
const RETRY: Json = {
	retry_on: "connect-failure,refused-stream,reset,gateway-error",
	num_retries: 1,
	retry_host_predicate: [
		{
			name: "previous_hosts",
			typed_config: typed("retry.host.previous_hosts.v3.PreviousHostsPredicate"),
		},
	],
	host_selection_retry_max_attempts: 3,
};

function renderChanges(side: "request" | "response", { set, remove }: HeaderChanges) {
	return {
		...(set === undefined ? {} : { [`${side}_headers_to_add`]: settings(escaped(set)) }),
		...(remove === undefined ? {} : { [`${side}_headers_to_remove`]: remove }),
	};
}

function settings(headers: Readonly<Record<string, string>>): readonly Json[] {
	return Object.entries(headers).map(([key, value]) => ({
		header: { key, value },
		append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
		keep_empty_value: true,
	}));
}

/** A percent sign begins what Envoy fills in. */
const escaped = (set: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
	Object.fromEntries(
		Object.entries(set).map(([name, value]) => [name, value.replaceAll("%", "%%")]),
	);
