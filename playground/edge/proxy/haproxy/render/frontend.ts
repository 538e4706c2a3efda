/* A listener as a frontend of HAProxy. */
import type { Action, Chain, HeaderChanges, Listener, Route } from "../../model/model.js";
import type { HaproxyLayout } from "./layout.js";
import { conditionsOf, format, limitVariable, quoted, variable } from "./words.js";

/** An allow-list, as Envoy's: no address, no query, no header but Host. */
const LOG = [
	'"time":"%[date,ltime(%Y-%m-%dT%H:%M:%SZ)]"',
	'"method":"%[var(txn.method),json(utf8s)]"',
	'"host":"%[var(txn.name),json(utf8s)]"',
	'"path":"%[var(txn.path),json(utf8s)]"',
	'"route":"%[var(txn.route)]"',
	'"code":%ST',
	'"flags":"%ts"',
	'"upstream":"%b/%s"',
	'"bytesIn":%U',
	'"bytesOut":%B',
	'"ms":%Ta',
	'"handshakeMs":%Tr',
];

export function renderFrontend(listener: Listener, layout: HaproxyLayout): readonly string[] {
	const { name, host, port, certificate, chains, connectionLimit, health } = listener;
	const tls = certificate === null ? "" : ` ssl crt ${layout.secret(certificate)} alpn http/1.1`;
	const routes = chains.flatMap((chain) => routesOf(chain));
	return [
		`frontend ${name}`,
		`bind ${host}:${port}${tls}`,
		// Higher than the limit: at its own, HAProxy would not refuse but let them wait.
		`maxconn ${connectionLimit + 100}`,
		`tcp-request connection reject if { fe_conn,sub(${limitVariable(name)}) gt 0 }`,
		`log-format '{${LOG.join(",")}}'`,
		...(health === null
			? []
			: [`monitor-uri ${health.path}`, `monitor fail if { nbsrv(${health.cluster}) lt 1 }`]),
		"http-request deny deny_status 400 if { path -m sub -i %2f %5c }",
		// As Envoy does: an offer of HTTP/2 is passed over, an upgrade to anything else is refused.
		"http-request del-header Upgrade if { req.fhdr(upgrade) -i -m str h2c }",
		"http-request del-header HTTP2-Settings",
		"http-request deny deny_status 403 if { req.fhdr(upgrade) -m found } !{ req.fhdr(upgrade) -i -m str websocket }",
		"http-request normalize-uri fragment-strip",
		"http-request normalize-uri path-merge-slashes",
		"http-request normalize-uri path-strip-dot",
		"http-request normalize-uri path-strip-dotdot full",
		"http-request set-var(txn.method) method",
		"http-request set-var(txn.path) path",
		"http-request set-var(txn.name) req.hdr(host),field(1,:),lower",
		...variables(routes.map(({ route }) => route)),
		...choose("chain", "ssl_fc_sni,lower", serverNames(chains)),
		...chains.flatMap((chain) => choose("host", "var(txn.name)", domains(chain))),
		...routes.map(({ host, route }) => takes(host, route)),
		"http-request return status 404 if !{ var(txn.route) -m found }",
		`http-request set-header X-Forwarded-For %[src]`,
		`http-request set-header X-Forwarded-Proto ${certificate === null ? "http" : "https"}`,
		"http-request set-header X-Request-Id %[uuid()]",
		...routes.flatMap(({ host, route }) => effects(`${host}/${route.name}`, route)),
		// Last: HAProxy warns of rules that are written after these, since it looks at them before.
		...routes.flatMap(({ host, route }) => leads(`${host}/${route.name}`, route.action)),
	];
}

interface Placed {
	readonly host: string;
	readonly route: Route;
}

const routesOf = ({ name, hosts }: Chain): readonly Placed[] =>
	hosts.flatMap((host) => host.routes.map((route) => ({ host: `${name}/${host.name}`, route })));

interface Candidate {
	readonly domain: string;
	readonly is: string;
	/** "": always. */
	readonly given: string;
}

const serverNames = (chains: readonly Chain[]): readonly Candidate[] =>
	chains.flatMap(({ name, serverNames: names }) =>
		(names.length === 0 ? ["*"] : names).map((domain) => ({ domain, is: name, given: "" })),
	);

const domains = ({ name, hosts }: Chain): readonly Candidate[] =>
	hosts.flatMap((host) =>
		host.domains.map((domain) => ({
			domain,
			is: `${name}/${host.name}`,
			given: ` { var(txn.chain) -m str ${name} }`,
		})),
	);

/** Exact names first, longer wildcards before shorter ones, "*" last. */
function choose(what: string, fetch: string, all: readonly Candidate[]): readonly string[] {
	const rank = ({ domain }: Candidate): number =>
		domain.startsWith("*") ? domain.length : Number.POSITIVE_INFINITY;
	return [...all]
		.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)))
		.map(({ domain, is, given }) => {
			const fits = domain.startsWith("*.") ? `-m end ${domain.slice(1)}` : `-m str ${domain}`;
			const asked = domain === "*" ? "" : ` { ${fetch} ${fits} }`;
			return `http-request set-var(txn.${what}) str(${is}) if !{ var(txn.${what}) -m found }${given}${asked}`;
		});
}

function variables(routes: readonly Route[]): readonly string[] {
	const lines = routes.flatMap(({ match: { query = {}, cookies = {} } }) => [
		...Object.keys(query).map((name) => `${variable("query", name)}) url_param(${name})`),
		...Object.keys(cookies).map((name) => `${variable("cookie", name)}) req.cook(${name})`),
	]);
	return [...new Set(lines)].map((line) => `http-request set-var(${line}`);
}

function takes(host: string, { name, match }: Route): string {
	return [
		`http-request set-var(txn.route) str(${host}/${name})`,
		`if !{ var(txn.route) -m found } { var(txn.host) -m str ${host} } ${conditionsOf(match)}`,
	].join(" ");
}

function effects(route: string, { action, request, response }: Route): readonly string[] {
	const only = `if { var(txn.route) -m str ${route} }`;
	return [
		...changes("http-request", request).map((change) => `${change} ${only}`),
		...changes("http-response", response).map((change) => `${change} ${only}`),
		...act(action, response).map((line) => `${line} ${only}`),
	];
}

function changes(side: string, { set = {}, remove = [] }: HeaderChanges = {}): readonly string[] {
	return [
		...remove.map((name) => `${side} del-header ${name}`),
		...Object.entries(set).map(([name, value]) => `${side} set-header ${name} ${format(value)}`),
	];
}

/** An answer of the proxy's own meets no `http-response` rule: its headers go along. */
function act(action: Action, { set = {} }: HeaderChanges = {}): readonly string[] {
	switch (action.is) {
		case "forward":
			return [];
		case "answer": {
			const { status, body } = action;
			const headers = Object.entries(set).map(([name, value]) => ` hdr ${name} ${format(value)}`);
			const content = body === "" ? "" : ` content-type text/plain string ${quoted(body)}`;
			return [`http-request return status ${status}${content}${headers.join("")}`];
		}
		default:
			return action satisfies never;
	}
}

const leads = (route: string, action: Action): readonly string[] =>
	action.is === "forward"
		? [`use_backend ${action.cluster} if { var(txn.route) -m str ${route} }`]
		: [];
