/* A part of the edge, and what can be done to it. */
import type { Action, EdgeState } from "../../edge/control/contract.js";

export interface Part {
	/** "DUB", "cdn-primary". */
	readonly id: string;
	readonly label: string;
	/** What it is, in a few words. */
	readonly about: string;
	/** Opens its verbs, in the menu of all parts. */
	readonly key: string;
	readonly verbs: readonly Verb[];
}

export interface Verb {
	readonly id: string;
	readonly label: string;
	/** What it does to users of the part. */
	readonly help: string;
	/** In the menu of its part. */
	readonly key: string;
	readonly act: readonly Action[];
	/** Whether it is in force; missing: it happens, and is over. */
	readonly isOn?: (state: EdgeState) => boolean;
}
