/*
 * A story is data: steps with a caption, what is done, and what is waited for. The page, the tests and the
 * recording run the same ones; nothing here knows Node or a page.
 */
import type { Action, EdgeState, Role } from "../control/contract.js";

export interface View {
	readonly now: EdgeState;
	/** When the story began. */
	readonly before: EdgeState;
	/** When this step began. */
	readonly step: EdgeState;
	/** Of this step: the most sockets that came within a second, the fewest that the servers had. */
	readonly arrivals: number;
	readonly fewestSockets: number;
	/** The most arrivals of earlier steps, by their `id`. */
	readonly earlier: Readonly<Record<string, number>>;
	/** Whether a CDN answers, for a story that looks at them. */
	readonly cdns: Readonly<Record<Role, boolean>>;
}

export interface Condition {
	/** For people: "nobody is left in Dublin". */
	readonly says: string;
	readonly holds: (view: View) => boolean;
}

export interface Step {
	/** Under which later steps find what was seen of it. */
	readonly id: string;
	/** A sentence, present tense: shown while it runs. */
	readonly caption: string;
	/** Asked when the step begins. */
	readonly act: (now: EdgeState) => readonly Action[];
	/** All of them together; otherwise one after the other, each when the one before is done. */
	readonly isAtOnce?: true;
	readonly until: Condition;
	/** More than a busy machine needs. */
	readonly withinMs: number;
}

export interface Story {
	/** In the page's URL. */
	readonly id: string;
	readonly title: string;
	/** What it shows, in a sentence. */
	readonly about: string;
	readonly steps: readonly Step[];
	/** Some time during the story: otherwise its fault has struck nobody, and it proves nothing. */
	readonly bite: Condition;
	/** Whether it looks at the CDNs: they are asked once a second then. */
	readonly watchesCdns?: boolean;
}

export interface Verdict {
	readonly story: string;
	readonly ok: boolean;
	/** Why not. */
	readonly failures: readonly string[];
	readonly seconds: number;
	readonly clients: number;
	/** Delivered while it ran; at least clients × seconds are asked for. */
	readonly messages: number;
	/** Receipts that say stored, while it ran. */
	readonly published: number;
	readonly lost: number;
	readonly repeated: number;
	readonly outOfOrder: number;
	readonly late: number;
	readonly altered: number;
	readonly steps: readonly {
		readonly caption: string;
		readonly tookMs: number;
		/** The most sockets that came within a second. */
		readonly arrivals: number;
	}[];
}
