/* What is moved from one set of proxies to another, what is seen of both, and what is decided. Types alone. */

/** Two sets of addresses for the same thing: "old" is left, "new" is moved to. */
export type ArmName = "old" | "new";

export interface ArmSeen {
	/** Probes within the window; of them, those that were answered wrongly, and those that were not in time. */
	readonly asked: number;
	readonly failed: number;
	readonly timedOut: number;
	/** Of those that were answered, in ms. */
	readonly p95Ms: number;
	/** Headers of the last answer that belong to it, one line each, sorted. Null: there was none yet. */
	readonly headers: readonly string[] | null;
	/** Connections of users at its balancers that have lasted as long as the window: who dials has yet to be heard. */
	readonly users: number;
	/** Distinct users of such sockets whom the gateways heard through it within the window. */
	readonly active: number;
	/** Sockets that the gateways have accepted through it since the step began. */
	readonly newcomers: number;
}

export type Arms = Readonly<Record<ArmName, ArmSeen>>;

export interface MigrationPolicy {
	/** In percent of newcomers, from 0 to 100. */
	readonly steps: readonly number[];
	/** How long all must be well at a step before the next. */
	readonly dwellMs: number;
	/** What is seen is of this time. */
	readonly windowMs: number;
	/** So many looks in a row that find something wrong halt it. */
	readonly badLooks: number;
	/** Fewer probes say nothing yet, and fewer users nothing of users. */
	readonly fewestProbes: number;
	readonly fewestUsers: number;
	/** The new arm's share may be so much above the old one's. */
	readonly errorShare: number;
	readonly timeoutShare: number;
	/** The new arm's p95 may be the old one's times this, and so much more. */
	readonly latencyFactor: number;
	readonly latencySlackMs: number;
	/** The new arm's share of active users may be so much below the old one's. */
	readonly activeShare: number;
	/** Of the newcomers that it was to have at the last step, it may lack such a share, and what is chance. */
	readonly lackShare: number;
}

export type MigrationState =
	/** Newcomers are led to the old arm, or to both where they are one kind. */
	| { readonly is: "idle" }
	/** `step`: which of the policy's. `bad`: looks in a row that found something wrong. */
	| { readonly is: "moving"; readonly step: number; readonly since: number; readonly bad: number }
	/** Weights stay as they are until somebody rolls back. */
	| { readonly is: "halted"; readonly step: number; readonly reasons: readonly string[] }
	| { readonly is: "done" };

export type MigrationInput = { readonly is: "seen" | "migrate" | "roll-back" };

export interface MigrationEntry {
	readonly what: "migrate" | "step" | "halted" | "migrated" | "rolled-back" | "refused";
	readonly percent: number;
	readonly why: string;
}

export interface MigrationDecided {
	readonly state: MigrationState;
	readonly audit: readonly MigrationEntry[];
	/** Who came through this arm is asked to leave, once no cache leads there any more. Null: nobody. */
	readonly goodbye: ArmName | null;
	/** Of an order: why it was not carried out, for people. */
	readonly refusal: string | null;
}

export interface MigrationView {
	readonly state: MigrationState;
	/** Of newcomers that are led to the new arm. */
	readonly percent: number;
	/** Null: nothing is looked at. */
	readonly arms: Arms | null;
	readonly policy: MigrationPolicy;
}

export type MigrationAction =
	/** Newcomers are led to each PoP's last balancer, in steps, as long as it fares no worse than the others. */
	| { readonly do: "migrate" }
	/** Everybody who comes is led to the others again, at once; who came by the new arm is asked to leave it. */
	| { readonly do: "roll-back" };
