/* What the fleet's threads are given, and what they tell. */
import type { LedgerReport, Where } from "../control/contract.js";

/** Where a client lives, and how it reaches the edge from there. */
export interface FleetWorld {
	readonly node: Where["node"];
	readonly hasAliases: boolean;
	/** Of balancers by address: where to connect. */
	readonly reach: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
	/** Addresses from which its neighbourhoods ask: clients are spread over them. */
	readonly neighbourhoods: readonly string[];
}

export interface FleetManners {
	/** Clients that share a channel: each hears what all of them say. */
	readonly room: number;
	/** Of each client, in messages a second. */
	readonly rate: number;
	/** Messages that a client says in one go, as often as makes its rate. */
	readonly burst: number;
	/** Of a thread, at a time, until all it said has receipts. Who is cut off while he speaks holds up others. */
	readonly mostSpeaking: number;
	/** Whether nobody of a thread says anything before all of it are in their channels. */
	readonly speaks: "at-once" | "when-all-are-there";
	/** As long a dial may take until its client gives it up: less than a busy machine needs makes twice the work. */
	readonly patienceMs: number;
	/** How many are started a second and thread, at most, when there shall be more. */
	readonly startsPerSecond: number;
	/** Of a thread, at a time: who was started, and is not in his channel yet. */
	readonly mostUnderWay: number;
	/** Who resolves names: our agents, for each connection anew, or the library, which keeps and follows them. */
	readonly names: "each-dial" | "library";
}

export interface ThreadData {
	readonly world: FleetWorld;
	readonly manners: FleetManners;
	/** It has the clients whose number leaves `thread` when divided by `threads`. */
	readonly thread: number;
	readonly threads: number;
}

export type ToThread =
	| { readonly do: "resize"; readonly clients: number }
	/** Stands still: nothing of it runs. */
	| { readonly do: "sleep"; readonly ms: number }
	/** Closes all clients, and ends. */
	| { readonly do: "stop" };

export interface ThreadCounts {
	readonly clients: number;
	readonly primary: number;
	readonly backup: number;
	readonly degraded: number;
	readonly offline: number;
	readonly dials: number;
	readonly failovers: number;
	readonly migrations: number;
	readonly outages: number;
	readonly outbox: number;
	readonly errors: number;
}

export const NOBODY: ThreadCounts = {
	clients: 0,
	primary: 0,
	backup: 0,
	degraded: 0,
	offline: 0,
	dials: 0,
	failovers: 0,
	migrations: 0,
	outages: 0,
	outbox: 0,
	errors: 0,
};

/** A link was lost, and there is another. Instants: wall time, in ms. */
export interface Recovery {
	readonly client: string;
	readonly lostAt: number;
	/** Code and message of what was known of the loss, for people. */
	readonly cause: string;
	/** Of the first dial after the loss; NaN: it was not seen. */
	readonly dialledAt: number;
	readonly backAt: number;
	readonly role: "primary" | "backup";
}

/** Four times a second. */
export interface FromThread {
	readonly counts: ThreadCounts;
	readonly reports: readonly LedgerReport[];
	readonly recoveries: readonly Recovery[];
	/** Those that have closed. */
	readonly left: readonly string[];
}
