/* What troubles are, what is seen while one lasts, and what is found. Types alone. */
import type { EdgeConfig } from "../../playground/edge/config.js";
import type { Action, EdgeState, LedgerState } from "../../playground/edge/control/contract.js";
import type { Recovery } from "../../playground/edge/fleet/contract.js";

export interface Settings {
	readonly clients: number;
	/** Of each client, in messages a second. */
	readonly rate: number;
	/** New sockets a second that each gateway announces to take. */
	readonly acceptRate: number;
	/** Lists of endpoints, while they come and go. */
	readonly updates: number;
	/** Between two of them. */
	readonly everyMs: number;
	/** Over which servers that leave say goodbye. */
	readonly withinMs: number;
	/** How long names must have given the same answers before one is changed. */
	readonly steadyMs: number;
	/** At each step of the migration. */
	readonly dwellMs: number;
	/** How long nobody may have moved before a trouble begins. */
	readonly calmMs: number;
}

/** An edge is started for each: what its proxies are. */
export type WorldName = "envoy" | "hot-restart" | "migration";

export interface World {
	readonly name: WorldName;
	readonly config: (settings: Settings) => Partial<EdgeConfig>;
}

export interface Trouble {
	readonly name: string;
	readonly title: string;
	/** What is done, for the report. */
	readonly about: string;
	readonly world: WorldName;
	/** Sudden: links are lost. Planned: each client dials first, and nobody is without a link. */
	readonly kind: "sudden" | "planned";
	/** Does it, and resolves when everybody is back. Rejects, saying what was awaited, when it never happens. */
	readonly run: (stage: Stage) => Promise<Struck>;
	/** Takes it back. */
	readonly repair: (stage: Stage) => Promise<void>;
}

/** What a trouble may do, and see. */
export interface Stage {
	readonly settings: Settings;
	readonly before: EdgeState;
	readonly state: () => EdgeState;
	readonly act: (action: Action) => Promise<void>;
	/** It strikes now: times count from here. */
	readonly strike: () => void;
	readonly until: (
		holds: (state: EdgeState) => boolean,
		what: string,
		patienceMs?: number,
	) => Promise<void>;
	readonly pause: (ms: number) => Promise<void>;
	/** Since everybody was connected for the first time. */
	readonly ageMs: () => number;
	readonly say: (what: string) => void;
}

export interface Struck {
	/** Clients that were on what was struck, by the servers. */
	readonly clients: number;
	/** N and C of its N/C: clients that were struck at once, and what the gateways that had them announce. */
	readonly unit: { readonly clients: number; readonly accepts: number };
	/** What shows that it has bitten. */
	readonly bites: readonly Bite[];
	/** Struck once: times of return count from the strike. Again and again: each from its loss. */
	readonly times: "once" | "again and again";
}

export interface Bite {
	readonly says: string;
	readonly holds: boolean;
}

/** By the servers, fifty times a second. */
export interface Sight {
	/** Wall time, in ms. */
	readonly at: number;
	readonly sockets: number;
	/** Since the edge's start. */
	readonly accepted: number;
}

/** What is told of one trouble, when it is over. */
export interface Told {
	readonly trouble: Pick<Trouble, "name" | "title" | "about" | "world" | "kind">;
	readonly clients: number;
	/** Null: it did not get so far. */
	readonly struck: Struck | null;
	/** From when on messages count: wall time, as all instants. */
	readonly beganAt: number;
	/** Null: it never struck. */
	readonly struckAt: number | null;
	/** When all were back, as it was seen; null: they never were. */
	readonly wholeAt: number | null;
	readonly endedAt: number;
	readonly recoveries: readonly Recovery[];
	readonly sights: readonly Sight[];
	readonly ledger: { readonly before: LedgerState; readonly after: LedgerState };
	/** What went wrong on the way. */
	readonly failures: readonly string[];
	/** What was not as it should be, and no failure. */
	readonly remarks: readonly string[];
}

export interface Spread {
	readonly count: number;
	readonly p50: number;
	readonly p90: number;
	readonly p99: number;
	readonly max: number;
}

/** All times in ms. */
export interface Finding extends Pick<Told, "trouble" | "clients" | "remarks"> {
	readonly struck: number;
	readonly bites: readonly Bite[];
	readonly seconds: number;
	readonly counts: Counts;
	/** Times that a client was without a link. */
	readonly outages: number;
	/** What clients said of them, and how often. */
	readonly causes: Readonly<Record<string, number>>;
	/** Of each client that was without a link: for how long in all. */
	readonly without: Spread | null;
	/** From a loss to the next link. */
	readonly fromLoss: Spread | null;
	/** From the first dial after a loss to the next link. */
	readonly fromDial: Spread | null;
	/** From the strike to the next link. */
	readonly fromStrike: Spread | null;
	/** Of the next links, those on the backup's name. */
	readonly onBackup: number;
	/** From the strike until everybody was back; of one that strikes again and again, the longest outage. */
	readonly wholeMs: number | null;
	readonly unit: Struck["unit"] | null;
	/** As a multiple of N/C. */
	readonly whole: number | null;
	readonly sockets: { readonly fewest: number; readonly most: number };
	/** Of planned moves: how long a client had two links, on average. */
	readonly overlapMs: number | null;
	/** Sockets taken in, second by second since the strike, until all were back. */
	readonly arrivals: readonly number[];
	/** For charts: when so many shares were back, or had moved, since the strike; in seconds. */
	readonly curve: readonly (readonly [seconds: number, share: number])[];
	/** For charts: of outages, in seconds. */
	readonly lengths: readonly (readonly [seconds: number, share: number])[];
	/** Empty: it struck, and nothing was lost or repeated. */
	readonly failures: readonly string[];
}

export type Counts = Readonly<
	Record<
		"stored" | "unstored" | "delivered" | "lost" | "repeated" | "outOfOrder" | "late" | "altered",
		number
	>
>;
