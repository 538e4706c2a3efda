/* What a measurement of the side-by-side bench is. */
import type { PeerName } from "./peers/names.js";
import type { Lacks } from "./peers/peer.js";

/** Infinity: not within the limit. `none`: nothing to measure, and why. */
export type Outcome = number | { readonly none: string };

export interface Figure {
	readonly key: string;
	/** With its unit. */
	readonly title: string;
	readonly better: "less" | "more";
	/** As a multiple of whose; null: of nobody's, a count. */
	readonly against: "raw ws" | "holdfast" | null;
	readonly digits: number;
	/** What "never" means here, in seconds; null: it always ends. */
	readonly limitS?: number;
}

export interface Measure {
	readonly name: string;
	readonly title: string;
	/** How, in a sentence or two. */
	readonly how: string;
	readonly figures: readonly Figure[];
	/** What a peer must have for it. */
	readonly needs: readonly (keyof Lacks)[];
	/** All peers at once, where they mostly wait; else one after the other, since they are compared in processor time. */
	readonly turns: "all at once" | "one by one";
	measure(peer: PeerName, repeat: number): Promise<Readonly<Record<string, Outcome>>>;
}
