/*
 * What the control API says and takes: shared by the server, the page, the stories and the tests. It
 * imports types alone, so a browser can have it.
 *
 *   GET  /state     EdgeState                        POST /actions   Action → 204, or Refusal
 *   GET  /events    EdgeState, as server-sent        GET  /history   Sample[], one a second, 10 minutes
 *                   events, four a second            POST /reports   LedgerReport → 204: a page takes part
 *   GET  /where     Where: what to dial                              in the ledger, `/events?client=<name>`
 *                                                                    says for how long: until it ends
 *
 * Every request needs our Host, `X-Playground-Token`, and, if it comes from a page, one of our Origins.
 */
import type { ClassCounts } from "../api/www.js";
import type { Conditions } from "../balancer.js";
import type { CdnFault } from "../cdn/faults.js";
import type { DnsFault } from "../dns/answering.js";
import type { DrainAction } from "../drain/action.js";
import type { DrainView } from "../drain/contract.js";
import type { MigrationAction, MigrationView } from "../migration/contract.js";
import type { LedgerState } from "./ledger-contract.js";
import type { ProxyFacts } from "./proxy-facts.js";

export type { LedgerEvent, LedgerReport, LedgerState } from "./ledger-contract.js";

export type Role = "primary" | "backup";
export const ROLES = ["primary", "backup"] as const;

/** What a proxy does with those who ask for a WebSocket: HTTP passes. */
export type Upgrades = "pass" | "refuse" | "swallow";

/** What health checks of gateways find; they work all the same. */
export type Checks = "pass" | "fail";

/** What may be done to the edge. Answered when it is done; a drain or a deploy when it has begun. */
export type Action =
	/** Its ports close, its connections are reset, its servers die; and back, with new servers. */
	| { readonly do: "kill-pop" | "restore-pop"; readonly pop: string }
	/** DNS leads elsewhere, and who is here is asked to leave within `withinMs`. `restore-pop` ends it. */
	| { readonly do: "drain-pop"; readonly pop: string; readonly withinMs: number }
	/** What its balancers do; what is not named stays. `link`: those before the clients, or the one to the main region. */
	| {
			readonly do: "set-conditions";
			readonly pop: string;
			readonly link: "clients" | "main";
			readonly conditions: Partial<Conditions>;
	  }
	/** Cuts what is connected through these balancers now. */
	| { readonly do: "cut"; readonly pop: string; readonly link: "clients" | "main" }
	| { readonly do: "set-upgrades"; readonly pop: string; readonly upgrades: Upgrades }
	| { readonly do: "set-checks"; readonly pop: string; readonly checks: Checks }
	/** `gateway`: from 0. A restored one is a new server. */
	| {
			readonly do: "kill-gateway" | "restore-gateway";
			readonly pop: string;
			readonly gateway: number;
	  }
	/** A new server takes the newcomers, the old one says goodbye to its clients within `withinMs`. */
	| { readonly do: "deploy"; readonly pop: string; readonly withinMs: number }
	/**
	 * A new process for a real proxy's, and new servers, which say goodbye to the clients of the old one within
	 * `withinMs`. Answered when the old process has gone.
	 */
	| { readonly do: "replace-proxy"; readonly pop: string; readonly withinMs: number }
	/** HAProxy's lists are loaded anew; nobody is asked to leave. */
	| { readonly do: "reload-proxy"; readonly pop: string }
	/** New servers take newcomers; the old ones close every link at once, with the window, if they have one. */
	| { readonly do: "restart-servers"; readonly pop: string }
	/**
	 * So many boots, that cold caches make slow, then so many other requests, through this PoP to the webapp.
	 * Answered when each of them has an answer.
	 */
	| {
			readonly do: "crowd";
			readonly pop: string;
			readonly boots: number;
			readonly others: number;
	  }
	/** Through this PoP to the webapp: 0.1 lets one boot in ten through, 0 none, 1 all that there is room for. */
	| { readonly do: "allow-boots"; readonly pop: string; readonly share: number }
	/** Down: no answer in DNS, no upgrades for the name anywhere, its sockets are cut. */
	| { readonly do: "set-name"; readonly name: Role; readonly up: boolean }
	/** The webapp, with poll, publish and history. */
	| { readonly do: "set-api"; readonly up: boolean }
	/** What DNS is told of a PoP; "auto": what the monitor sees. */
	| { readonly do: "flip-dns"; readonly pop: string; readonly up: boolean | "auto" }
	| { readonly do: "fault-dns"; readonly fault: DnsFault }
	/** `pattern`: "*.js"; all, if it is missing. */
	| {
			readonly do: "fault-cdn";
			readonly cdn: Role;
			readonly fault: CdnFault;
			readonly pattern?: string;
	  }
	| { readonly do: "heal-cdn"; readonly cdn: Role }
	/** New sockets a second and gateway, or none announced; servers made from now on have it, so deploy. */
	| { readonly do: "set-window"; readonly acceptRate: number | null }
	| { readonly do: "resize-fleet"; readonly clients: number }
	/** The clients of one of its threads stand still for so long, as on a computer that sleeps. */
	| { readonly do: "sleep-fleet"; readonly ms: number }
	/** What the proxy shows to newcomers; who is connected stays. */
	| {
			readonly do: "show-certificate";
			readonly pop: string;
			readonly certificate: "good" | "expired";
	  }
	| DrainAction
	| MigrationAction
	/** Every fault is taken back, every part is up; windows as configured. */
	| { readonly do: "heal" };

export type ActionName = Action["do"];

/** The body of every answer that is not 2xx. */
export interface Refusal {
	readonly code: "forbidden" | "not-found" | "bad-method" | "invalid" | "failed" | "too-large";
	/** For people: what was wrong, and what would be right. */
	readonly message: string;
}

export interface EdgeState {
	/** Of this run; another one means that the edge was started anew. No secret. */
	readonly run: string;
	/** Wall time, in ms. */
	readonly at: number;
	readonly phase: "starting" | "ready" | "failed" | "stopping" | "stopped";
	/** In the order in which they start. */
	readonly parts: readonly PartState[];
	readonly pops: readonly PopState[];
	readonly names: Readonly<Record<Role, { readonly name: string; readonly up: boolean }>>;
	readonly api: ApiState;
	readonly dns: DnsState;
	readonly cdns: readonly CdnState[];
	/** Over all PoPs, as the servers count them. */
	readonly sockets: Counts;
	readonly acceptRate: number | null;
	readonly fleet: FleetState;
	readonly ledger: LedgerState;
	/** Where browsers were led that said who they are: the newest connection by visitor and name. */
	readonly visits: readonly VisitState[];
	readonly drain: DrainView;
	readonly migration: MigrationView;
}

/** Live sockets by the name that they dialled, and clients that poll. */
export interface Counts {
	readonly primary: number;
	readonly backup: number;
	/** Clients that have polled within the last 10 s, and have no socket. */
	readonly polling: number;
	/** Sockets accepted within the last second. */
	readonly arrivals: number;
}

export interface PartState {
	/** "dns", "DUB/proxy", "IAD/log". */
	readonly name: string;
	/** "down": by an order. "failed": it did not start, or a look at it failed. Nothing restarts by itself. */
	readonly is: "waiting" | "starting" | "up" | "down" | "failed" | "stopped";
	/** Of a failure: what the system said. */
	readonly detail: string | null;
	/** How long its start took, in ms. */
	readonly startedInMs: number | null;
}

export interface PopState {
	readonly name: string;
	readonly city: string;
	readonly place: string;
	readonly isMain: boolean;
	readonly is: "up" | "down" | "draining" | "drained";
	readonly sockets: Pick<Counts, "primary" | "backup" | "arrivals">;
	readonly balancers: readonly BalancerState[];
	/** Towards the main region; null: this is it. */
	readonly link: (BalancerState & { readonly isLogNear: boolean }) | null;
	readonly upgrades: Upgrades;
	/** Of requests to the webapp, by class: those that went on, and those that were told to come again. */
	readonly admission: ClassCounts;
	/** What a real proxy says of itself; missing: it is our own, or has not been asked yet. */
	readonly proxy?: ProxyFacts;
	/** Likewise of the one behind its last balancer, where there is another. */
	readonly newArm?: ProxyFacts;
	readonly gateways: readonly GatewayState[];
	/** What DNS is told. `by`: the monitor, or somebody through this API. */
	readonly dns: { readonly up: boolean; readonly by: "monitor" | "hand"; readonly load: number };
	/** What the monitor saw last, through a balancer of the arm to which most newcomers are led. */
	readonly health: { readonly ok: boolean; readonly detail: string; readonly at: number | null };
}

export interface BalancerState {
	readonly address: string;
	readonly connections: number;
	readonly accepted: number;
	readonly bytes: { readonly up: number; readonly down: number };
	readonly conditions: Conditions;
}

export interface GatewayState {
	/** "DUB-1": the second life of a gateway keeps its name. */
	readonly name: string;
	readonly is: "up" | "down" | "draining" | "drained";
	readonly primary: number;
	readonly backup: number;
	/** Those of an old server, during a deploy. */
	readonly leaving: number;
	/** Since the edge's start. */
	readonly accepted: number;
}

export interface ApiState {
	readonly up: boolean;
	readonly polls: number;
	readonly publishes: number;
}

export interface DnsState {
	readonly fault: DnsFault;
	/** Questions since the start, and those that got no answer: it was told to be silent. */
	readonly asked: number;
	readonly unanswered: number;
	/** Of the last 10 s, by name ("primary", "backup", "api") and PoP; "none": no address. */
	readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface CdnState {
	readonly name: Role;
	readonly origin: string;
	readonly faults: readonly { readonly fault: CdnFault; readonly pattern: string }[];
	readonly requests: number;
}

/** A connection of a browser through the front, and what DNS answered for it. */
export interface VisitState {
	/** The label that it came with: "ada" of "ada.dub.primary.localhost". */
	readonly visitor: string;
	readonly name: Role | "api";
	/** As near which PoP it asked. */
	readonly from: string;
	/** Null: DNS had no address. */
	readonly pop: string | null;
	readonly address: string | null;
	readonly answers: readonly string[];
	readonly ttlMs: number;
	/** Wall time. */
	readonly askedAt: number;
	readonly isOpen: boolean;
}

export interface FleetState {
	readonly wanted: number;
	readonly clients: number;
	/** By what they say of themselves; the sockets above are the servers' count. */
	readonly connected: { readonly primary: number; readonly backup: number };
	readonly degraded: number;
	readonly offline: number;
	readonly dials: number;
	readonly failovers: number;
	readonly migrations: number;
	/** How often a client was without a link after it had one. */
	readonly outages: number;
	/** Publishes without a receipt. */
	readonly outbox: number;
	/** From a link's loss to the next link, of the last 1,000, in ms; null: none yet. */
	readonly recovery: { readonly p50: number; readonly p99: number } | null;
	readonly threads: number;
	readonly errors: number;
}

/** One a second. */
export interface Sample extends Counts {
	readonly at: number;
}

/** What to dial. */
export interface Where {
	/** For pages, through the front: "ws://primary.localhost:4701/". `from`: "dub.primary.localhost" asks as Dublin. */
	readonly browser: Endpoints;
	/** For Node: needs `dns` and `authority`. */
	readonly node: Endpoints & {
		readonly dns: string;
		readonly dohUrl: string;
		/** PEM: who signed the servers' certificates. */
		readonly authority: string;
	};
	readonly cdns: readonly string[];
	/** Whether this machine has a loopback address for each balancer. */
	readonly hasAliases: boolean;
}

interface Endpoints {
	readonly endpoints: readonly [string, string];
	readonly api: string;
}
