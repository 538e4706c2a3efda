/*
 * E10: one table of requests, asked of Envoy and of HAProxy: each has to do what the table says, and both the
 * same in all that a client or a server can see, but for what is declared below.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Envoy } from "../../../../playground/edge/proxy/envoy/envoy.js";
import { freePort } from "../../../../playground/edge/tools/free-port.js";
import { Haproxy } from "../../../../playground/edge/proxy/haproxy/haproxy.js";
import { until } from "../../../support/until.js";
import { newMaterial, newRoot } from "../../proxy/sockets-model.js";
import { CLUSTERS, tableModel } from "../../proxy/table-model.js";
import { type Answer, ask, type Question, type Where } from "./ask.js";
import { envoyTool, haproxyTool, isMissing } from "./proxy-rig.js";
import { StubUpstream } from "./stub-upstream.js";

interface Row extends Question {
	readonly name: string;
	/** A cluster, or the status with which the proxy itself answers. */
	readonly to: string | number;
	/** As they reach the server; null: they don't. */
	readonly seen?: Readonly<Record<string, string | null>>;
	/** As they reach the client. */
	readonly told?: Readonly<Record<string, string | null>>;
	/** As the server has it. */
	readonly url?: string;
}

const WSS = "wss.edge.test";
const up = { upgrade: true } as const;

const ROWS: readonly Row[] = [
	// SNI
	{
		name: "a name by SNI",
		sni: WSS,
		host: WSS,
		...up,
		to: "gateways",
		seen: { "x-edge-name": "primary" },
	},
	{ name: "a label before it", sni: `x.${WSS}`, host: `x.${WSS}`, ...up, to: "gateways" },
	{ name: "SNI in capitals", sni: "WSS.Edge.Test", host: WSS, ...up, to: "gateways" },
	{ name: "SNI before Host", sni: WSS, host: "api.edge.test", ...up, to: "gateways" },
	{ name: "the longer wildcard of SNI", sni: `x.eu.${WSS}`, host: WSS, ...up, to: "backups" },
	{ name: "two labels before it", sni: `a.b.eu.${WSS}`, host: WSS, ...up, to: "backups" },
	{
		name: "a wildcard that is not the name itself",
		sni: `eu.${WSS}`,
		host: WSS,
		...up,
		to: "gateways",
	},
	{ name: "SNI of no chain, then Host", sni: "other.test", path: "/v2", to: "webapp" },
	{ name: "no SNI, then Host", path: "/v2", to: "webapp" },
	// Host
	{ name: "Host with a port", host: "api.edge.test:8443", path: "/v2", to: "webapp" },
	{ name: "Host in capitals", host: "API.edge.TEST", path: "/v2", to: "webapp" },
	{ name: "Host by wildcard", host: "acme.edge.test", to: "tenant" },
	{ name: "the longer wildcard of Host", host: "x.admin.edge.test", to: "admin" },
	{ name: "the same without its label", host: "admin.edge.test", to: "tenant" },
	{ name: "a Host that is nobody's", host: "evil.test", path: "/v2", to: 404 },
	{ name: "Host of a chain, not by SNI", host: WSS, ...up, to: "tenant" },
	// Paths
	{ name: "an exact path, answered", sni: WSS, path: "/old", to: 410, told: { "x-moved": "yes" } },
	{ name: "not quite the exact path", sni: WSS, path: "/older", ...up, to: "gateways" },
	{ name: "an exact path with a query", sni: WSS, path: "/old?a=1", to: 410 },
	{ name: "under a path, itself", path: "/v2", to: "webapp", seen: { "x-edge-name": "api" } },
	{ name: "under a path, below", path: "/v2/a/b", to: "webapp" },
	{ name: "under a path, not beside", path: "/v2x", to: 404 },
	{ name: "a prefix, beside", path: "/imgs/1.png", to: "images" },
	{ name: "a path in capitals", path: "/V2", to: 404 },
	{ name: "another host's path", host: "acme.edge.test", path: "/old", to: "tenant" },
	// What would slip past a rule
	{ name: "dots climb before rules look", path: "/api/../v2/x", to: "webapp", url: "/v2/x" },
	{ name: "dots climb no higher than the root", path: "/../../v2", to: "webapp", url: "/v2" },
	{ name: "a dot is nothing", path: "/./v2", to: "webapp", url: "/v2" },
	{ name: "two slashes are one", path: "//v2//x", to: "webapp", url: "/v2/x" },
	{ name: "a slash in disguise", path: "/v2%2f..%2fadmin", to: 400 },
	{ name: "a backslash in disguise", path: "/v2%5c..", to: 400 },
	// Upgrades and requests
	{ name: "a request where upgrades go", sni: WSS, to: 404 },
	{ name: "an upgrade where requests go", path: "/v2", ...up, to: 404 },
	{ name: "a POST", path: "/upload", method: "POST", to: "uploads" },
	{
		name: "an upgrade to something else",
		path: "/v2",
		headers: { Upgrade: "other", Connection: "Upgrade" },
		to: 403,
	},
	{
		name: "an offer of HTTP/2, which is passed over",
		path: "/v2",
		headers: {
			Upgrade: "h2c",
			Connection: "Upgrade, HTTP2-Settings",
			"HTTP2-Settings": "AAMAAABk",
		},
		to: "webapp",
		seen: { upgrade: null },
	},
	// Headers
	{ name: "a header", path: "/v2", headers: { "X-Tenant": "beta" }, to: "beta" },
	{
		name: "a header's name in lower case",
		path: "/v2",
		headers: { "x-tenant": "beta" },
		to: "beta",
	},
	{
		name: "a header's value in capitals",
		path: "/v2",
		headers: { "X-Tenant": "BETA" },
		to: "webapp",
	},
	{ name: "a header's prefix", path: "/v2", headers: { "X-Tenant": "t-7" }, to: "tenant" },
	{ name: "one present, one absent", path: "/", headers: { "X-Client": "ios" }, to: "mobile" },
	{
		name: "one present, one not absent",
		path: "/",
		headers: { "X-Client": "ios", "X-Web": "1" },
		to: 404,
	},
	// Queries
	{ name: "a query", path: "/v2?beta=1", to: "beta" },
	{ name: "a query among others", path: "/v2?a=b&beta=1&c=d", to: "beta" },
	{ name: "another value", path: "/v2?beta=2", to: "webapp" },
	{ name: "the first of two values", path: "/v2?beta=2&beta=1", to: "webapp" },
	{ name: "a query that is there", path: "/v2?debug=x", to: "admin" },
	{ name: "a query whose name only begins so", path: "/v2?debugger=x", to: "webapp" },
	{ name: "a query in disguise is not decoded", path: "/v2?bet%61=1", to: "webapp" },
	// Cookies
	{
		name: "a cookie",
		sni: WSS,
		...up,
		headers: { Cookie: "canary=on" },
		to: "beta",
		seen: { "x-edge-name": "canary" },
	},
	{
		name: "a cookie among others",
		sni: WSS,
		...up,
		headers: { Cookie: "a=b; canary=on; c=d" },
		to: "beta",
	},
	{
		name: "a cookie's other value",
		sni: WSS,
		...up,
		headers: { Cookie: "canary=off" },
		to: "gateways",
	},
	{
		name: "a cookie whose name ends so",
		sni: WSS,
		...up,
		headers: { Cookie: "xcanary=on" },
		to: "gateways",
	},
	{ name: "a cookie's prefix", path: "/v2", headers: { Cookie: "ring=blue" }, to: "beta" },
	{ name: "a cookie that is absent", path: "/login", to: "backups" },
	{
		name: "a cookie that is not absent",
		path: "/login",
		headers: { Cookie: "session=1" },
		to: 404,
	},
	// Headers out
	{
		name: "a client's own name is dropped",
		sni: WSS,
		...up,
		headers: { "X-Edge-Name": "api" },
		to: "gateways",
		seen: { "x-edge-name": "primary" },
	},
	{
		name: "a header is removed",
		sni: WSS,
		...up,
		headers: { "X-Debug": "1" },
		to: "gateways",
		seen: { "x-debug": null },
	},
	{
		name: "and only where it says so",
		path: "/v2",
		headers: { "X-Debug": "1" },
		to: "webapp",
		seen: { "x-debug": "1" },
	},
	{
		name: "who came is not who he says",
		path: "/v2",
		headers: { "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "http" },
		to: "webapp",
		seen: { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" },
	},
	{
		name: "no client steers Envoy",
		path: "/v2",
		headers: { "X-Envoy-Upstream-Rq-Timeout-Ms": "1", "X-Envoy-Max-Retries": "9" },
		to: "webapp",
		seen: { "x-envoy-max-retries": null },
	},
	{
		name: "answers' headers, set and removed",
		path: "/img/a",
		to: "images",
		told: { "x-served": "100% images", "x-inner": null },
	},
	{
		name: "and not those of other routes",
		path: "/v2",
		to: "webapp",
		told: { "x-served": null, "x-inner": "kept inside" },
	},
	// Listeners
	{ name: "health, by any name", sni: WSS, path: "/.edge/health", to: 200 },
	{
		name: "another listener's rules",
		plain: true,
		host: "api.edge.test",
		path: "/v2",
		to: "uploads",
		seen: { "x-forwarded-proto": "http", "x-edge-name": null },
	},
	{ name: "another listener has no such health", plain: true, path: "/.edge/health", to: 404 },
	{ name: "another listener has no such route", plain: true, path: "/api/", to: 404 },
];

/** What differs and may: by header, towards the server and towards the client. */
const DECLARED = {
	seen: {
		"x-envoy-upstream-rq-timeout-ms":
			"a client's own reaches the server through HAProxy, to which it means nothing",
		"x-envoy-max-retries": "the same",
		connection: "a hop's own: HAProxy says keep-alive, Envoy nothing",
	},
	told: {
		"x-envoy-upstream-healthchecked-cluster": "Envoy names itself in its health",
		date: "Envoy adds it to its own answers",
		connection: "a hop's own",
		"keep-alive": "a hop's own",
		"content-length": "of the proxy's own answers, whose words differ",
		"content-type": "the same",
		"cache-control": "HAProxy adds no-cache to its own 400 and 503",
		"x-seen": "it holds what the server saw, which is compared itself",
	},
} as const;

const proxies: Record<"envoy" | "haproxy", Where> = {} as never;
const running: { stop(): Promise<void> }[] = [];
const answers = new Map<string, Answer>();

describe.skipIf(isMissing("envoy", "haproxy"))("a request", () => {
	beforeAll(async () => {
		const { authority, material } = await newMaterial();
		const stubs = CLUSTERS.map((name) => new StubUpstream(name));
		for (const stub of stubs) await stub.start();
		running.push(...stubs);
		for (const kind of ["envoy", "haproxy"] as const) {
			const [port, plainPort] = [await freePort(), await freePort()];
			const model = tableModel(port, plainPort);
			const root = await newRoot();
			const proxy =
				kind === "envoy"
					? new Envoy({ path: envoyTool?.path ?? kind, root, model, material })
					: new Haproxy({ path: haproxyTool?.path ?? kind, root, model, material });
			running.push(proxy);
			await proxy.start();
			for (const { name, endpoint } of stubs)
				await proxy.setEndpoints({ cluster: name, endpoints: [endpoint] });
			proxies[kind] = { port, plainPort, authority: authority.cert };
			const isWell = async (): Promise<boolean> => {
				const health = await ask(proxies[kind], { sni: WSS, path: "/.edge/health" });
				const last = await ask(proxies[kind], { host: "x.admin.edge.test" });
				return health.status === 200 && last.status === 200;
			};
			await until(isWell, `${kind} to know its endpoints`);
		}
	});
	afterAll(async () => {
		for (const each of running.reverse()) await each.stop();
	});

	describe.each(["envoy", "haproxy"] as const)("through %s", (kind) => {
		it.each(ROWS)("$name: $to", async (row) => {
			const answer = await ask(proxies[kind], row);
			answers.set(`${kind} ${row.name}`, answer);
			if (typeof row.to === "number") {
				expect(answer.status).toBe(row.to);
				expect(answer.seen).toBeNull();
			} else {
				expect(answer.seen?.cluster ?? answer.status).toBe(row.to);
				expect(answer.status).toBe(row.upgrade ? 101 : 200);
			}
			for (const [name, value] of Object.entries(row.seen ?? {}))
				expect(answer.seen?.headers[name] ?? null).toBe(
					kind === "haproxy" && name in DECLARED.seen
						? (answer.seen?.headers[name] ?? null)
						: value,
				);
			for (const [name, value] of Object.entries(row.told ?? {}))
				expect(answer.headers[name] ?? null).toBe(value);
			if (row.url !== undefined) expect(answer.seen?.url).toBe(row.url);
		});
	});

	it("is the same through both, but for what is declared, and all that is declared is met", () => {
		const undeclared: string[] = [];
		const met = new Set<string>();
		for (const { name } of ROWS) {
			const [one, other] = [answers.get(`envoy ${name}`), answers.get(`haproxy ${name}`)];
			if (one === undefined || other === undefined) throw new Error(`${name} was not asked`);
			if (one.status !== other.status) undeclared.push(`${name}: status`);
			if (one.seen?.url !== other.seen?.url) undeclared.push(`${name}: url`);
			if (one.seen?.method !== other.seen?.method) undeclared.push(`${name}: method`);
			for (const side of ["seen", "told"] as const)
				for (const header of differing(headersOf(one, side), headersOf(other, side))) {
					if (header in DECLARED[side]) met.add(`${side} ${header}`);
					else undeclared.push(`${name}: ${side} ${header}`);
				}
		}
		expect(undeclared).toEqual([]);
		const declared = (["seen", "told"] as const).flatMap((side) =>
			Object.keys(DECLARED[side]).map((header) => `${side} ${header}`),
		);
		expect([...met].sort()).toEqual(declared.sort());
	});
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function headersOf(answer: Answer, side: "seen" | "told"): Readonly<Record<string, string>> {
	const headers = side === "seen" ? (answer.seen?.headers ?? {}) : answer.headers;
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, UUID.test(value) ? "a UUID" : value]),
	);
}

function differing(
	one: Readonly<Record<string, string>>,
	other: Readonly<Record<string, string>>,
): readonly string[] {
	const names = new Set([...Object.keys(one), ...Object.keys(other)]);
	return [...names].filter((name) => one[name] !== other[name]);
}
