/* Zones, records and chains as their operator writes them. */
import type { RecordType } from "./message.js";

/** The names are NS1's, but for `drain`, `choose_arm` and the last. */
export type Filter =
	| { readonly filter: "up"; readonly missing?: "keep" | "drop" }
	/** Ours: what is drained of this service, by `drained`. */
	| { readonly filter: "drain"; readonly service: string }
	/** Ours: of each answer the addresses of one of its `arms`, by weight. */
	| { readonly filter: "choose_arm" }
	| { readonly filter: "shed_load"; readonly metric: "loadavg" | "connections" | "requests" }
	| { readonly filter: "geotarget_country" }
	| { readonly filter: "select_first_n"; readonly n?: number }
	| { readonly filter: "shuffle" }
	| { readonly filter: "weighted_shuffle" }
	| { readonly filter: "lowest_latency" };

export interface Chain {
	readonly filters: readonly Filter[];
	/**
	 * When a filter would drop the last answer: `failopen` passes it over, as Envoy does in a panic,
	 * since a name without addresses helps nobody; `nodata` takes it at its word. @default "failopen"
	 */
	readonly onEmpty?: "failopen" | "nodata";
}

/** An answer with what is known of it now. */
export interface Candidate {
	readonly answer: Answer;
	readonly metadata: Metadata;
}

/** What is known of an answer beside its data. All of it can change while the server runs. */
export interface Metadata {
	readonly up?: boolean;
	/** Share of a weighted shuffle. */
	readonly weight?: number;
	/** By service: what leads elsewhere. */
	readonly drained?: Readonly<Record<string, Drained>>;
	/** Sets of its addresses between which newcomers are weighed. None: all of its addresses are given. */
	readonly arms?: readonly Arm[];
	/** Today's load by metric, in the unit of the watermarks. */
	readonly loadavg?: number;
	readonly connections?: number;
	readonly requests?: number;
	/** Up to here none is shed. */
	readonly lowWatermark?: number;
	/** From here all is shed; between the two, in proportion. */
	readonly highWatermark?: number;
	/** Where it stands: countries, or parts of them as "US-VA". */
	readonly places?: readonly string[];
	/** For latency routing: "eu-west-1". */
	readonly region?: string;
}

export interface Arm {
	readonly addresses: readonly string[];
	readonly weight: number;
}

/** Shares of the questions, from 0 to 1. */
export interface Drained {
	/** That don't get the answer at all. */
	readonly whole: number;
	/** By address: that get the answer without it. */
	readonly addresses: Readonly<Record<string, number>>;
}

/** One thing that a chain keeps or drops: a region with all its addresses, say. */
export interface Answer {
	/** By which metadata is set while the server runs; several answers may share one. */
	readonly feed?: string;
	/** One record each: addresses for A and AAAA, names for CNAME and NS, text for TXT. */
	readonly data: string | readonly string[];
	readonly metadata?: Metadata;
}

export interface RecordSet {
	/** Relative to the zone: "@" is the zone itself, "*" any name below that has no records of its own. */
	readonly name: string;
	readonly type: Exclude<RecordType, "SOA">;
	/** Seconds. @default 60 */
	readonly ttl?: number;
	readonly answers: readonly Answer[];
	/** Without one, all answers are given, in order. */
	readonly chain?: Chain;
}

export interface Zone {
	readonly name: string;
	/** Of the start of authority. @default 1 */
	readonly serial?: number;
	/** Seconds for which a name's absence may be remembered (RFC 2308). @default 60 */
	readonly negativeTtl?: number;
	readonly records: readonly RecordSet[];
}
