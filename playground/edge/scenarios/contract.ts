/* A scenario is a story that is run by a command, on an edge of its own, and judged more strictly. */
import type { EdgeConfig, ProxyKind } from "../config.js";
import type { Action } from "../control/contract.js";
import type { FleetManners } from "../fleet/contract.js";
import type { Story, Verdict } from "../stories/contract.js";
import type { Figures, Sight } from "./sights.js";

export interface Scenario {
	/** Of the command. */
	readonly name: string;
	readonly story: Story;
	/** What it shows, in a sentence. */
	readonly about: string;
	/** That it can be played with; the first one, where the command names none. Null: any, or the embedded one. */
	readonly proxies: readonly [ProxyKind, ...ProxyKind[]] | null;
	/** Of its fleet, where the command says nothing; null: as many as most have. */
	readonly clients: number | null;
	/** An edge that is unlike that of the others; null: theirs will do, and they share it. */
	readonly edge: ScenarioEdge | null;
	/** Done before its clients come. @default nothing */
	readonly prepare?: readonly Action[];
	/** Done once its clients have come, by how long they took. @default nothing */
	readonly paced?: (come: Coming) => readonly Action[];
	/** Of what was seen while it ran. */
	readonly measure?: (sights: readonly Sight[]) => Measured;
}

export interface Coming {
	readonly clients: number;
	readonly tookMs: number;
}

export interface Measured {
	readonly figures: Figures;
	/** What of them is not as it must be. */
	readonly failures: readonly string[];
}

export interface ScenarioEdge {
	readonly config: Partial<EdgeConfig>;
	readonly manners: Partial<FleetManners>;
}

/** Machine-readable; `failures` has the reasons in words. */
export interface ScenarioVerdict extends Omit<Verdict, "story"> {
	readonly scenario: string;
	readonly proxy: ProxyKind;
	/** "failed": it ran, and `failures` says what was wrong. "not-run": this edge, or this machine, has not what it needs. */
	readonly is: "passed" | "failed" | "not-run";
	readonly seed: number;
	/** Of the seconds that it may take. */
	readonly isInTime: boolean;
	/** Measured by the scenario, with what they are in their names. */
	readonly figures: Readonly<Record<string, number>>;
}

/** E18 */
export const MOST_SECONDS = 60;
