/* What one search covers: how much of everything may happen, and what may go wrong. */
import type { StartAt } from "../../src/protocol/position.js";

export type Fault =
	/** The client loses a link; what the gateway still holds of it may be handled late. */
	| "cut"
	/** A gateway dies with all its links and what it held, and another takes its place. */
	| "crash"
	/** The log comes back as a new epoch: with everything, without its last message, with nothing. */
	| "restart-all"
	| "restart-tail"
	| "restart-none"
	/** The log fails while a gateway handles what a client has sent. */
	| "busy"
	/** From now on the client may not publish. */
	| "deny"
	/** A gateway does not permit what a client asks for in its next text, this once. */
	| "refuse"
	/** So much time passes that what waits to be sent for the first time is not worth it any more. */
	| "expire"
	/** So much time passes that the server forgets ids and messages. */
	| "age"
	/** The client's process dies; another finds what is on its disk. */
	| "die";

export interface Scenario {
	readonly name: string;
	/** By the client, through its outbox. */
	readonly publishes: number;
	/** By somebody else. */
	readonly appends: number;
	readonly ephemerals: number;
	readonly dials: number;
	readonly polls: number;
	/** How often publishes may go over HTTP while no link is there, in requests. */
	readonly posts: number;
	/** The app leaves the channel and joins it again, and then wants all that there is. */
	readonly returns: number;
	/** Reports of the heads, which take a heartbeat's time each. */
	readonly beats: number;
	readonly faults: number;
	readonly kinds: readonly Fault[];
	/** Whether the client subscribes, and from where. */
	readonly from: StartAt | "nowhere";
	readonly recover: boolean;
	readonly persist: "memory" | "storage";
	/** Whether a publish that was never sent ends when it has waited too long. */
	readonly ttl: "none" | "short";
	/** When a link closes whose successor has answered: at once, or later, as where other channels wait. */
	readonly retires: "at-once" | "later";
	/** "steps": every call of the log is completed by an action of its own. */
	readonly log: "at-once" | "steps";
}

/** What a search can do with a world: the bundle's only export. */
export interface Model {
	create(scenario: Scenario): ModelWorld;
}

export interface ModelWorld {
	/** What may happen next. The order is always the same. */
	actions(): readonly string[];
	act(action: string): void;
	/** Runs one timer that is due; false: none is. Called until then, with all promises settled between. */
	runTimer(): boolean;
	/** Together equal for two worlds that have the same future: what is on the client's side, ... */
	clientDigest(): string;
	/** ... and what is behind the gateways, which what a client receives does not change. */
	serverDigest(): string;
	/** That gateways have. */
	readonly heldLinks: number;
	/** Nothing is on its way. */
	isQuiet(): boolean;
	/** The next thing that happens when nothing goes wrong any more; null: all is over. */
	heal(): string | null;
	/** What was promised and did not hold, so far. */
	readonly problems: readonly string[];
	/** After healing: what is missing still. */
	verdict(): readonly string[];
}
