/*
 * What a proxy is told, whichever proxy it is: one model, from which the configurations of Envoy and of
 * HAProxy are written.
 *
 *    listener ── by SNI ──▶ chain ── by Host ──▶ virtual host ── first that matches ──▶ route ──▶ cluster
 *
 * A rule lives in its virtual host, a host in its chain, a chain in its listener: none sees another's.
 * Exact names come before wildcards, longer wildcards before shorter ones, "*" last; a request that no
 * route takes gets 404.
 */

export interface ProxyModel {
	readonly node: ProxyNode;
	readonly listeners: readonly Listener[];
	readonly clusters: readonly Cluster[];
	/** Over all listeners: one more is reset before TLS. */
	readonly maxConnections: number;
	/** From nine tenths of it no new connection is taken: 6 MB and 50 kB a WebSocket are what Envoy needs. */
	readonly maxHeapBytes: number;
}

export interface ProxyNode {
	/** "pop-dub-1" */
	readonly id: string;
	/** Zone-aware routing compares its own zone's share with the endpoints'. */
	readonly region: string;
	readonly zone: string;
}

export interface Listener {
	/** In statistics, logs and runtime keys. */
	readonly name: string;
	readonly host: string;
	readonly port: number;
	/** Name of a certificate that is a file of the installation. Null: plain. */
	readonly certificate: string | null;
	/** One more is reset before TLS: a refusal has to cost less than what it refuses. */
	readonly connectionLimit: number;
	/** Answered by the proxy for any name: 200 while the cluster has an endpoint that is well, else 503. */
	readonly health: { readonly path: string; readonly cluster: string } | null;
	readonly chains: readonly Chain[];
}

/** What a connection meets, by the name that it asked for in TLS. */
export interface Chain {
	readonly name: string;
	/** "a.test", "*.a.test" (one label or more). Empty: whoever no other chain takes, and who names nobody. */
	readonly serverNames: readonly string[];
	readonly hosts: readonly VirtualHost[];
}

export interface VirtualHost {
	readonly name: string;
	/** "a.test", "*.a.test", "*"; of the Host header, without its port. */
	readonly domains: readonly string[];
	readonly routes: readonly Route[];
}

export interface Route {
	readonly name: string;
	readonly match: Match;
	readonly action: Action;
	/** Towards the endpoint. A client's own of these names is dropped. */
	readonly request?: HeaderChanges;
	/** Towards the client. */
	readonly response?: HeaderChanges;
}

export interface Match {
	readonly path: PathMatch;
	/** "upgrades": to a WebSocket; "requests": all else. */
	readonly takes: "upgrades" | "requests" | "any";
	readonly headers?: Conditions;
	/** As they are in the URL, not decoded; the first of a name. */
	readonly query?: Conditions;
	readonly cookies?: Conditions;
}

/** By name; all have to hold. */
export type Conditions = Readonly<Record<string, Condition>>;

export type PathMatch =
	| { readonly is: "exact"; readonly path: string }
	/** "/a" takes "/ab" too. */
	| { readonly is: "prefix"; readonly path: string }
	/** "/a" takes "/a" and "/a/b", not "/ab". */
	| { readonly is: "under"; readonly path: string };

export type Condition =
	| { readonly is: "exact"; readonly value: string }
	| { readonly is: "prefix"; readonly value: string }
	| { readonly is: "present" }
	| { readonly is: "absent" };

export type Action =
	| {
			readonly is: "forward";
			readonly cluster: string;
			/** For the answer, or the 101 of an upgrade; a WebSocket that is up has no limit. */
			readonly withinMs: number;
	  }
	| { readonly is: "answer"; readonly status: number; readonly body: string };

export interface HeaderChanges {
	readonly set?: Readonly<Record<string, string>>;
	readonly remove?: readonly string[];
}

export interface Cluster {
	readonly name: string;
	/** "file": a file of its own, replaced while the proxy runs. */
	readonly endpoints: "file" | readonly Endpoint[];
	/** "none": nothing leads there; its zones are compared with others'. */
	readonly role: "upstream" | "own-fleet";
	readonly balance: "round-robin" | "least-requests";
	readonly connectWithinMs: number;
	/** "once": at another endpoint, where the first refused or failed before it answered. A body would be sent twice. */
	readonly retry: "once" | "never";
	/** At a time, WebSockets included: one more gets 503 at once. */
	readonly maxRequests: number;
	/** Mutual TLS; null: plain. */
	readonly tls: UpstreamTls | null;
	/** Active; null: none. */
	readonly check: HealthCheck | null;
	/** What it answers to clients counts; null: it doesn't. */
	readonly outliers: Outliers | null;
	/** Percent; fewer well than that, and all are used: a check that is wrong must not end the service. */
	readonly panicBelow: number;
	/** From so many endpoints on, those of the own zone come first. Null: zones count for nothing. */
	readonly zoneAwareFrom: number | null;
}

export interface UpstreamTls {
	readonly serverName: string;
	readonly protocol: string;
	/** Names of files of the installation. */
	readonly certificate: string;
	readonly authority: string;
}

export interface HealthCheck {
	readonly path: string;
	readonly everyMs: number;
	readonly withinMs: number;
	/** In a row. */
	readonly fall: number;
	readonly rise: number;
}

export interface Outliers {
	/** Answers 502 to 504, or none, in a row. */
	readonly failures: number;
	readonly ejectForMs: number;
	/** Of the endpoints, at most. */
	readonly maxPercent: number;
}

export interface Endpoint {
	readonly host: string;
	readonly port: number;
	readonly zone: string;
}

/** What a cluster's file says. */
export interface EndpointSet {
	readonly cluster: string;
	readonly endpoints: readonly Endpoint[];
}
