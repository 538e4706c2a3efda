/* The client's parts as they see each other: what effects.ts may reach, and no more. */
import type { LinkId } from "../channels/contract.js";
import type { ConnectionEffect, ConnectionInput } from "../connection/contract.js";
import type { ConnectionMachine, ConnectionPolicy } from "../connection/machine.js";
import type { ModeEffect, ModeInput } from "../degraded/contract.js";
import type { ModePolicy, ModeState } from "../degraded/mode.js";
import type { NameKeeping } from "../dns/contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import type { SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import type { Emitter } from "../reactive/emitter.js";
import type { Runtime } from "../runtime/runtime.js";
import type { AdmissionWatch } from "./admission.js";
import type { ClientEvents } from "./client.js";
import type { Link } from "./link.js";
import type { Machine } from "./machine.js";
import type { Publisher, SendOrder } from "./publisher.js";
import type { Settings } from "./settings.js";
import type { Subscriptions } from "./subscriptions.js";
import type { TokenSource } from "./token.js";

export type ReportOrder = Extract<ConnectionEffect, { type: "report" }>;

/** Figures that only grow; the public stats are made of them. */
export interface Counts {
	dials: number;
	connects: number;
	failovers: number;
	migrations: number;
	polls: number;
	bytesIn: number;
	bytesOut: number;
}

/** What the two machines go by that decide for the whole client. */
export interface Policies {
	readonly connection: ConnectionPolicy;
	readonly mode: ModePolicy;
}

export interface Shell {
	readonly settings: Settings;
	readonly runtime: Runtime;
	readonly events: Emitter<ClientEvents>;
	readonly connection: Machine<ConnectionMachine, ConnectionInput, ConnectionEffect, Shell>;
	readonly mode: Machine<ModeState, ModeInput, ModeEffect, Shell>;
	readonly token: TokenSource;
	readonly subscriptions: Subscriptions;
	readonly publisher: Publisher;
	readonly links: LinkKeeping;
	readonly polling: PollKeeping;
	readonly shown: ShownKeeping;
	readonly policies: Policies;
	readonly admission: AdmissionWatch;
	/** In Node. Null where the platform resolves names. */
	readonly names: NameKeeping | null;
	readonly counts: Counts;
	/** The connection machine's last report: why the state that follows it came about. */
	lastReport: ReportOrder;
	report(reason: unknown): void;
	log(order: ReportOrder): void;
	/** The server's name for us. Throws `forbidden` if it is another than before. */
	identified(identity: string): void;
	reconnect(reason: string): void;
}

/** Opens, greets, adopts and drops links. */
export interface LinkKeeping {
	/** The link that publishes, or none. */
	readonly live: Link | undefined;
	dial(dialId: LinkId, endpoint: Endpoint): void;
	greet(dialId: LinkId): void;
	adopt(dialId: LinkId, previous: LinkId | null): void;
	hangUp(dialId: LinkId, code: number, reason: string): void;
	/** Whether the link's server takes us for whom we were taken before; if not, the client ends. */
	recognise(link: Link, identity: string): boolean;
	keepToken(link: Link, ttlMs: number): void;
	/** Tells of every link on which all channels have been answered by now. */
	settle(): void;
	/** Asks every live peer for a sign of life. */
	probe(): void;
	send(order: SendOrder): void;
	ask(dialId: LinkId, frame: SubscribeFrame): void;
	leave(frame: UnsubscribeFrame): void;
	/** A gap was found, on whichever link: what lives now has not recovered all. */
	markGap(): void;
}

/** Carries out polls and publishes over HTTP. */
export interface PollKeeping {
	poll(order: Extract<ModeEffect, { type: "poll" }>): void;
	stop(): void;
	loadMore(): Promise<number>;
}

/** Keeps the public values in step. */
export interface ShownKeeping {
	updateConnection(): void;
	updateEndpoints(): void;
	updateMode(): void;
	updateBanner(): void;
}
