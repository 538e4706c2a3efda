/* The model of a PoP's proxy, from the same routes that the embedded one goes by. Pure. */
import type { Target } from "../balancer.js";
import type { ArmName } from "../migration/contract.js";
import { HEALTH_PATH } from "../pop/health-path.js";
import type { Route as EdgeRoute } from "../pop/routes.js";
import { ARM_HEADER, NAME_HEADER } from "../pop/socket-watch.js";
import { checkModel } from "./model/check-model.js";
import type { Chain, Cluster, ProxyModel, Route, VirtualHost } from "./model/model.js";

export interface EdgeModelOptions {
	readonly pop: { readonly name: string; readonly region: string };
	readonly listen: Target;
	readonly routes: readonly EdgeRoute[];
	/** Which of the PoP's it is: told to gateways. */
	readonly arm: ArmName;
	/** Null: plainly, in its own region. */
	readonly applinkTls: ApplinkTls | null;
	/** Sockets. */
	readonly capacity: number;
}

/** How the main region's Applink is reached from elsewhere. */
export interface ApplinkTls {
	readonly serverName: string;
	readonly protocol: string;
}

/** Names of the files of an installation. */
export const CERTIFICATE = "edge";
export const MESH = "mesh";

export const ZONES = ["a", "b"] as const;
/** For an upgrade: a WebSocket that is up has no limit. */
const UPGRADE_WITHIN_MS = 5_000;
const WEBAPP_WITHIN_MS = 10_000;
/** Beside the sockets, for polls and checks. */
const ROOM = 500;

export function edgeModel(options: EdgeModelOptions): ProxyModel {
	const { pop, listen, routes, arm, capacity } = options;
	const limit = capacity + ROOM;
	const hosts = [...new Set(routes.map(({ host }) => host))];
	return checkModel({
		node: { id: `pop-${pop.name.toLowerCase()}`, region: pop.region, zone: ZONES[0] },
		maxConnections: limit + ROOM,
		maxHeapBytes: 1_073_741_824,
		listeners: [
			{
				name: "edge",
				...listen,
				certificate: CERTIFICATE,
				connectionLimit: limit,
				health: { path: HEALTH_PATH, cluster: "gateways" },
				chains: [...hosts.map((host) => chainOf(host, routes, arm)), nobody(hosts, routes, arm)],
			},
		],
		clusters: [gateways(limit), webapp(limit), applink(options, limit)],
	});
}

/** A label before a name is the name too: dials ask for labels that no cache has. */
const namesOf = (host: string): readonly string[] => [host, `*.${host}`];

/** Who asked for a name in TLS is there, whatever his Host says. */
const chainOf = (host: string, routes: readonly EdgeRoute[], arm: ArmName): Chain => ({
	name: nameOf(host, routes),
	serverNames: namesOf(host),
	hosts: [{ name: "any", domains: ["*"], routes: routesOf(host, routes, arm) }],
});

/** Who named nobody is where his Host says. */
const nobody = (hosts: readonly string[], routes: readonly EdgeRoute[], arm: ArmName): Chain => ({
	name: "unnamed",
	serverNames: [],
	hosts: hosts.map(
		(host): VirtualHost => ({
			name: nameOf(host, routes),
			domains: namesOf(host),
			routes: routesOf(host, routes, arm),
		}),
	),
});

const nameOf = (host: string, routes: readonly EdgeRoute[]): string =>
	routes.find((route) => route.host === host)?.name ?? host;

const routesOf = (host: string, routes: readonly EdgeRoute[], arm: ArmName): readonly Route[] =>
	routes.filter((route) => route.host === host).map((route) => routeOf(route, arm));

function routeOf({ path, to, takes, name }: EdgeRoute, arm: ArmName): Route {
	const withinMs = to === "webapp" ? WEBAPP_WITHIN_MS : UPGRADE_WITHIN_MS;
	return {
		name: to,
		match: { path: { is: "prefix", path }, takes },
		action: { is: "forward", cluster: to, withinMs },
		request: { set: { [NAME_HEADER]: name, [ARM_HEADER]: arm } },
	};
}

const COMMON = { role: "upstream", connectWithinMs: 1_000, zoneAwareFrom: null } as const;

const gateways = (limit: number): Cluster => ({
	...COMMON,
	name: "gateways",
	endpoints: "file",
	balance: "least-requests",
	retry: "once",
	maxRequests: limit,
	tls: null,
	// A gateway that accepts and hangs is hardly seen by what it does not answer to clients.
	check: { path: HEALTH_PATH, everyMs: 500, withinMs: 500, fall: 3, rise: 1 },
	outliers: { failures: 3, ejectForMs: 2_000, maxPercent: 50 },
	panicBelow: 50,
});

const webapp = (limit: number): Cluster => ({
	...COMMON,
	name: "webapp",
	endpoints: "file",
	balance: "round-robin",
	retry: "never",
	maxRequests: limit,
	tls: null,
	check: null,
	outliers: null,
	panicBelow: 0,
});

/** A ticket is good once, so nothing is tried twice. */
const applink = ({ applinkTls }: EdgeModelOptions, limit: number): Cluster => ({
	...webapp(limit),
	name: "applink",
	tls: applinkTls === null ? null : { ...applinkTls, certificate: MESH, authority: MESH },
});
