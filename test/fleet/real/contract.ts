/* What the processes of a fleet on real sockets are given, and what they say. Instants are the machine's wall time. */

export interface GatewayData {
	/** What the server is told, for its windows; null: none. */
	readonly acceptRate: number | null;
	/** What its door takes in a second, once it is told to count. */
	readonly acceptsPerSecond: number;
	readonly rejectCost: number;
}

export type ToGateway =
	/** With a limit from the first dial on, or without one. */
	| { readonly do: "listen"; readonly port: number; readonly isLimited: boolean }
	/** All links close with 1012 and the window. */
	| { readonly do: "leave" }
	| { readonly do: "count" };

export interface GatewayCounts {
	/** Upgrades that knocked, in order. */
	readonly arrived: number;
	readonly rejected: number;
	/** When each was let in, in ms since the door opened. */
	readonly acceptedAt: readonly number[];
}

export type FromGateway =
	| { readonly is: "ready" }
	| { readonly is: "listening"; readonly port: number; readonly at: number }
	| { readonly is: "left" }
	| ({ readonly is: "counts" } & GatewayCounts);

export interface ClientsData {
	readonly url: string;
	readonly clients: number;
	/** Started, and renewed, so many a second. */
	readonly startsPerSecond: number;
	readonly stableAfterMs: number;
}

export type ToClients =
	/** Each lets go of its link and makes another, so that it knows the window of the whole fleet. */
	| { readonly do: "renew" }
	/** What follows is the fault: counts begin. */
	| { readonly do: "watch" }
	| { readonly do: "report" };

export interface ClientsReport {
	/** When each was connected for the last time, after the fault; null: it is not. */
	readonly backAt: readonly (number | null)[];
	/** Dials since the fault. */
	readonly dials: number;
	/** Clients that lost their link. */
	readonly touched: number;
}

export type FromClients =
	| { readonly is: "started" }
	| { readonly is: "renewed" }
	| { readonly is: "watching" }
	| { readonly is: "connected"; readonly clients: number }
	| ({ readonly is: "report" } & ClientsReport);
