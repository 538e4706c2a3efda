/* The client's parts as they see each other: what effects.ts may reach, and no more. */
import type { LinkId } from "../channels/contract.js";
import type { ConnectionEffect, ConnectionInput } from "../connection/contract.js";
import type { ConnectionMachine, ConnectionPolicy } from "../connection/machine.js";
import type { ConnectionState } from "../connection/projection.js";
import type { ModeEffect, ModeInput } from "../degraded/contract.js";
import type { ModePolicy, ModeState } from "../degraded/mode.js";
import type { NameKeeping } from "../dns/contract.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import type { SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import type { StartAt } from "../protocol/position.js";
import type { Emitter } from "../reactive/emitter.js";
import type { Cell } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";
import type { AdmissionWatch } from "./admission.js";
import type { ClientEvents, ServiceMode, SharingState } from "./client.js";
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
	/** Null: this client has a connection of its own, as far as is known yet. */
	readonly share: ShareKeeping | null;
	readonly sharing: Cell<SharingState>;
	/** The connection machine's last report: why the state that follows it came about. */
	lastReport: ReportOrder;
	report(reason: unknown): void;
	log(order: ReportOrder): void;
	/** The server's name for us. Throws `forbidden` if it is another than before. */
	identified(identity: string): void;
	reconnect(reason: string): void;
	/** Polls now; resolves with how many messages came. */
	loadMore(): Promise<number>;
}

/** One connection for all tabs. What returns a boolean says whether another tab's connection, or a tap, deals with it. */
export interface ShareKeeping {
	/** Joins the others, or resumes the connection that failed. */
	start(): void;
	/** Resolves once another tab has taken over, or nothing is to be taken over. */
	stop(): Promise<void>;
	asked(link: LinkId, frame: SubscribeFrame): boolean;
	left(frame: UnsubscribeFrame): boolean;
	/** A publish is on its way: false where it goes by our own link. */
	send(order: SendOrder): boolean;
	/** Null: by our own link, or not at all. */
	sendEphemeral(id: string, channel: string, data: unknown): "sent" | "unconnected" | null;
	/** What the other tabs want of the next poll. */
	pollAsks(): Readonly<Record<string, { id: number; from: StartAt }>>;
	pollingStopped(): void;
	/** The outbox has another route, or none. */
	routed(): void;
	/** Something was answered on a link. */
	answered(): void;
	connectionChanged(): void;
	reconnect(reason: string): boolean;
	wake(reason: string): void;
	hold(change: "hold" | "release", reason: string): boolean;
	/** Null: poll by ourselves. */
	loadMore(): Promise<number> | null;
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
	ask(dialId: LinkId, frame: SubscribeFrame | UnsubscribeFrame): void;
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

/** What another tab's client shows. */
export interface Mirrored {
	readonly connection: ConnectionState;
	readonly mode: ServiceMode;
}

/** Keeps the public values in step. */
export interface ShownKeeping {
	readonly connection: Cell<ConnectionState>;
	readonly mode: Cell<ServiceMode>;
	/** Shows another tab's connection in the place of our own; null: our own again. */
	mirror(seen: Mirrored | null): void;
	showConnecting(): void;
	updateConnection(): void;
	updateEndpoints(): void;
	updateMode(): void;
	updateBanner(): void;
}
