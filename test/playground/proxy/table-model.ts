/* A model with a rule of each kind, that the golden files show and the route tests ask both proxies about. */
import type {
	Cluster,
	Match,
	ProxyModel,
	Route,
} from "../../../playground/edge/proxy/model/model.js";

export const cluster = (name: string, changes: Partial<Cluster> = {}): Cluster => ({
	name,
	role: "upstream",
	endpoints: "file",
	balance: "round-robin",
	connectWithinMs: 1_000,
	retry: "never",
	maxRequests: 1_000,
	tls: null,
	check: null,
	outliers: null,
	panicBelow: 50,
	zoneAwareFrom: null,
	...changes,
});

export const under = (path: string): Match["path"] => ({ is: "under", path });
const prefix = (path: string): Match["path"] => ({ is: "prefix", path });
const exact = (path: string): Match["path"] => ({ is: "exact", path });

export const forward = (
	name: string,
	to: string,
	match: Partial<Match> & Pick<Match, "path">,
	changes: Pick<Route, "request" | "response"> = {},
): Route => ({
	name,
	match: { takes: "any", ...match },
	action: { is: "forward", cluster: to, withinMs: 5_000 },
	...changes,
});

export const CLUSTERS = "gateways backups webapp beta images uploads mobile tenant admin".split(
	" ",
);

const WSS: readonly Route[] = [
	{
		name: "gone",
		match: { path: exact("/old"), takes: "any" },
		action: { is: "answer", status: 410, body: "moved on" },
		response: { set: { "X-Moved": "yes" } },
	},
	forward(
		"canary",
		"beta",
		{ path: prefix("/"), takes: "upgrades", cookies: { canary: { is: "exact", value: "on" } } },
		{ request: { set: { "X-Edge-Name": "canary" } } },
	),
	forward(
		"sockets",
		"gateways",
		{ path: prefix("/"), takes: "upgrades" },
		{ request: { set: { "X-Edge-Name": "primary" }, remove: ["X-Debug"] } },
	),
];

const API: readonly Route[] = [
	forward("beta-header", "beta", {
		path: under("/v2"),
		headers: { "X-Tenant": { is: "exact", value: "beta" } },
	}),
	forward("tenant-prefix", "tenant", {
		path: under("/v2"),
		headers: { "X-Tenant": { is: "prefix", value: "t-" } },
	}),
	forward("beta-query", "beta", {
		path: under("/v2"),
		query: { beta: { is: "exact", value: "1" } },
	}),
	forward("debug-query", "admin", { path: under("/v2"), query: { debug: { is: "present" } } }),
	forward("beta-cookie", "beta", {
		path: under("/v2"),
		cookies: { ring: { is: "prefix", value: "b" } },
	}),
	forward(
		"images",
		"images",
		{ path: prefix("/img") },
		{ response: { set: { "X-Served": "100% images" }, remove: ["X-Inner"] } },
	),
	forward("upload", "uploads", { path: exact("/upload"), takes: "requests" }),
	forward("mobile", "mobile", {
		path: prefix("/"),
		headers: { "X-Client": { is: "present" }, "X-Web": { is: "absent" } },
	}),
	forward(
		"v2",
		"webapp",
		{ path: under("/v2"), takes: "requests" },
		{ request: { set: { "X-Edge-Name": "api" } } },
	),
	forward("rest", "webapp", { path: prefix("/api/"), takes: "requests" }),
	forward("no-session", "backups", {
		path: exact("/login"),
		cookies: { session: { is: "absent" } },
	}),
];

export const tableModel = (port: number, plainPort: number): ProxyModel => ({
	node: { id: "table", region: "eu-west-1", zone: "a" },
	maxConnections: 2_000,
	maxHeapBytes: 1_073_741_824,
	clusters: CLUSTERS.map((name) => cluster(name)),
	listeners: [
		{
			name: "edge",
			host: "127.0.0.1",
			port,
			certificate: "edge",
			connectionLimit: 1_000,
			health: { path: "/.edge/health", cluster: "gateways" },
			chains: [
				{
					name: "primary",
					serverNames: ["wss.edge.test", "*.wss.edge.test"],
					hosts: [{ name: "any", domains: ["*"], routes: WSS }],
				},
				{
					name: "eu",
					serverNames: ["*.eu.wss.edge.test"],
					hosts: [
						{
							name: "any",
							domains: ["*"],
							routes: [forward("all", "backups", { path: prefix("/") })],
						},
					],
				},
				{
					name: "rest",
					serverNames: [],
					hosts: [
						{ name: "api", domains: ["api.edge.test"], routes: API },
						{
							name: "tenants",
							domains: ["*.edge.test"],
							routes: [forward("all", "tenant", { path: prefix("/") })],
						},
						{
							name: "admin",
							domains: ["*.admin.edge.test"],
							routes: [forward("all", "admin", { path: prefix("/") })],
						},
					],
				},
			],
		},
		{
			name: "plain",
			host: "127.0.0.1",
			port: plainPort,
			certificate: null,
			connectionLimit: 100,
			health: null,
			chains: [
				{
					name: "all",
					serverNames: [],
					hosts: [
						{
							name: "all",
							domains: ["*"],
							routes: [forward("v2", "uploads", { path: under("/v2") })],
						},
					],
				},
			],
		},
	],
});
