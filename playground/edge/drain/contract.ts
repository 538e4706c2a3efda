/*
 * What may be drained, what is known of it, and what the daemon is asked, decides and writes down. Types
 * alone, so that a page can have them.
 */

export type Service = "primary" | "backup" | "api";
export const SERVICES: readonly Service[] = ["primary", "backup", "api"];

/** "off": nothing is probed. "watch": it says in the audit log what it would do. "on": it does it. */
export type Automation = "off" | "watch" | "on";
export const AUTOMATIONS: readonly Automation[] = ["off", "watch", "on"];

/** A PoP, or one of its zones, as a whole or for one service. */
export interface Target {
	readonly pop: string;
	/** "DUB-a": one balancer of the PoP. Null: all of it. */
	readonly zone: string | null;
	/** Null: all of them. */
	readonly service: Service | null;
}

/** How fast it goes: so many percent at once, then so long until the next step. */
export interface Pace {
	readonly stepPercent: number;
	readonly everyMs: number;
}

export interface Drain {
	/** "DUB", "DUB-a", "DUB/primary", "DUB-a/api". */
	readonly id: string;
	readonly target: Target;
	readonly by: "hand" | "automation";
	/** For people. */
	readonly reason: string;
	readonly pace: Pace;
	readonly stage: Stage;
}

export type Stage =
	| { readonly is: "draining"; readonly percent: number; readonly nextAt: number }
	/** DNS leads nobody here. `goodbyeAt`: when who is still connected is asked to leave; null: nobody is. */
	| { readonly is: "drained"; readonly goodbyeAt: number | null; readonly isEmpty: boolean }
	| { readonly is: "undraining"; readonly percent: number; readonly nextAt: number };

/** Of a zone, by its probes: hysteresis, so that nothing flaps. See health.ts. */
export type Health =
	| { readonly is: "well" }
	| { readonly is: "suspect" | "faulty" | "recovering"; readonly since: number };

export interface ZoneHealth {
	readonly health: Health;
	/** When it turned faulty, of late: who flaps has to be well for longer. */
	readonly faults: readonly number[];
}

export interface DrainPolicy {
	readonly automation: Automation;
	/** How often each zone is probed, and how long an answer may take. */
	readonly probeEveryMs: number;
	readonly probeTimeoutMs: number;
	/** Over which failures are counted, and with how many probes at least. */
	readonly windowMs: number;
	readonly fewestProbes: number;
	/** A share of failures from which a zone is suspect, and for how long before it is faulty. */
	readonly enterShare: number;
	readonly enterMs: number;
	/** A share of failures up to which a faulty zone recovers, and for how long before it is well. */
	readonly leaveShare: number;
	readonly leaveMs: number;
	/** Each fault within this time doubles `leaveMs`, up to `mostLeaveMs`. */
	readonly flapMs: number;
	readonly mostLeaveMs: number;
	/** What is left may be as full as this: from there on DNS sheds newcomers. */
	readonly mostLoad: number;
	/** Of the automation; an order by hand brings its own. */
	readonly pace: Pace;
	/** Of an answer in DNS: so long it may be used after it was changed. */
	readonly ttlMs: number;
	/** Sockets a second that a gateway takes in; null: nobody knows. */
	readonly acceptRate: number | null;
}

export interface ZoneSeen {
	readonly zone: string;
	/** Probes within the window, and those of them that failed. */
	readonly asked: number;
	readonly failed: number;
}

export interface PopSeen {
	readonly pop: string;
	readonly zones: readonly ZoneSeen[];
	/** Whether DNS calls it up, drains apart. */
	readonly isUp: boolean;
	/** Live, as its gateways count; and of the fullest of them. */
	readonly sockets: number;
	readonly mostOfAGateway: number;
	/** Sockets that it can hold. */
	readonly capacity: number;
}

export type Seen = readonly PopSeen[];

export interface DaemonState {
	readonly automation: Automation;
	readonly drains: readonly Drain[];
	/** By zone; who is not in it is well. */
	readonly health: Readonly<Record<string, ZoneHealth>>;
	/** Undrained by hand while faulty: left alone until it was well again. */
	readonly released: readonly string[];
	/** Said once, and not again until it has changed. */
	readonly told: readonly string[];
}

export type Input =
	| { readonly is: "seen" }
	| {
			readonly is: "drain";
			readonly target: Target;
			readonly pace: Pace;
			readonly reason: string;
	  }
	| { readonly is: "undrain"; readonly target: Target; readonly pace: Pace }
	| { readonly is: "automation"; readonly automation: Automation };

export type Effect =
	/** New servers take the newcomers; the old ones ask everybody to leave within this time. */
	{ readonly do: "say-goodbye"; readonly pop: string; readonly withinMs: number };

export interface AuditEntry {
	readonly what:
		| "drain"
		| "step"
		| "drained"
		| "goodbye"
		| "empty"
		| "undrain"
		| "undrained"
		| "refused"
		| "held"
		| "would-drain"
		| "would-undrain"
		| "automation"
		| "migrate"
		| "halted"
		| "migrated"
		| "rolled-back";
	/** Of the drain, or "migration"; null: of none. */
	readonly id: string | null;
	readonly by: "hand" | "automation";
	/** Of newcomers that DNS leads elsewhere. */
	readonly percent: number | null;
	readonly why: string;
}

export interface Decided {
	readonly state: DaemonState;
	readonly effects: readonly Effect[];
	readonly audit: readonly AuditEntry[];
	/** Of an order: why it was not carried out, for people. */
	readonly refusal: string | null;
}

export interface AuditLine extends AuditEntry {
	/** Wall time, in ISO 8601. */
	readonly at: string;
}

export interface Zone {
	/** "DUB-a" */
	readonly zone: string;
	readonly pop: string;
	/** Of its balancer. */
	readonly address: string;
}

/** All that a plan needs, and what people want to know. */
export interface DrainView {
	readonly state: DaemonState;
	readonly seen: Seen;
	readonly zones: readonly Zone[];
	readonly policy: DrainPolicy;
	/** The last few lines. */
	readonly audit: readonly AuditLine[];
	/** Why the audit log's file is not whole; null: it is, or there is none. */
	readonly trouble: string | null;
}
