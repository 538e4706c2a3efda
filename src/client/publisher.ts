/* The outbox at work: its machine, its records, and the promise of each publish. */
import type { OutboxEffect, OutboxInput, Route, StoredPublish } from "../channels/contract.js";
import type { PublishReceipt } from "../channels/message.js";
import * as machine from "../channels/outbox.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { OutboxPolicy } from "../policy/policies.js";
import { utf8Length } from "../protocol/encode.js";
import type { PublishedFrame, RejectedFrame } from "../protocol/frames.js";
import { Cell } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";
import type { PublishOptions } from "./client.js";
import { LinkNumbers } from "./link-numbers.js";
import { type Definition, Machine, type World } from "./machine.js";
import { newQueue, OutboxStore, type QueueIdentity } from "./outbox-store.js";
import { type Carried, type PublishEnd, Promises } from "./promises.js";
import { invalid } from "./settings.js";
import { toJson } from "./to-json.js";

export type SendOrder = Extract<OutboxEffect, { type: "send" }>;

/** Takes publishes to where the route says. */
export interface Carrier {
	send(order: SendOrder): void;
	/** The route is another one now, or none. */
	routed(): void;
}

type OutboxMachine = Machine<machine.OutboxState, OutboxInput, OutboxEffect, Publisher>;

const OUTBOX: Definition<Publisher, machine.OutboxState, OutboxInput, OutboxEffect> = {
	name: "outbox",
	transition: (state, input, moment, { policy }) =>
		machine.transition(state, input, policy, moment),
	dueAt: machine.dueAt,
	perform: (publisher, effect) => publisher.perform(effect),
	changed: (publisher, state) => publisher.changes.set(state),
};

export class Publisher {
	readonly policy: OutboxPolicy;
	readonly changes: Cell<machine.OutboxState>;
	readonly #runtime: Runtime;
	readonly #world: World;
	readonly #carrier: Carrier;
	readonly #promises: Promises;
	#machine: OutboxMachine;
	#queue: QueueIdentity;
	#store: OutboxStore | null = null;
	/** What came before an earlier process's queue had been read: it waits, or it would be sent ahead. */
	#late: OutboxInput[] | null = null;
	#opening: Promise<void> = Promise.resolve();
	#route: Route | null = null;
	/** How long the route's server remembers ids. */
	dedupeMs = 0;
	/** Of hellos, and of publishes over HTTP. */
	readonly links = new LinkNumbers(
		() => this.queue.link,
		(step) => this.#nextLink(step),
	);
	#ids = 0;

	constructor(policy: OutboxPolicy, runtime: Runtime, world: World, carrier: Carrier) {
		this.policy = policy;
		this.#runtime = runtime;
		this.#world = world;
		this.#carrier = carrier;
		this.#queue = newQueue(runtime.random);
		this.#promises = new Promises(world.report);
		this.#machine = this.#newMachine();
		this.changes = new Cell(this.#machine.state, world.report);
	}

	get queue(): QueueIdentity {
		return this.#store?.queue ?? this.#queue;
	}

	get size(): number {
		return machine.entries(this.#machine.state).length;
	}

	/** Resolves when the queue's own identity is known: no hello before. */
	open(): Promise<void> {
		const { persist, namespace = "" } = this.policy;
		if (persist === "memory" || this.#store !== null) return this.#opening;
		const store = new OutboxStore(namespace, this.#runtime, this.#world.report);
		this.#store = store;
		this.#late = [];
		this.#opening = store
			.open((publishes) => this.#restore(publishes))
			// Storage that cannot even be read will fail each write, and each publish says so.
			.catch(this.#world.report)
			.then(() => this.#catchUp());
		return this.#opening;
	}

	#nextLink(step: number): number {
		if (this.#store !== null) return this.#store.nextLink(step);
		this.#queue.link += step;
		return this.#queue.link;
	}

	/** The server has named us: the queue is this publisher's from now on. */
	claim(identity: string): void {
		this.#queue.identity = identity;
		this.#store?.claim(identity).catch(this.#world.report);
	}

	/** Nothing leaves ahead of what an earlier process left: what comes too early waits for that. */
	routeOpened(route: Route, dedupeMs: number): void {
		this.links.answered(route.link);
		if (this.#route !== null) this.routeClosed(this.#route.link);
		this.#route = route;
		this.dedupeMs = dedupeMs;
		this.#tell({ type: "route-opened", route, dedupeMs });
		this.#carrier.routed();
	}

	/** Of a link that is not the route, nothing is told. */
	routeClosed(link: number): void {
		this.links.answered(link);
		if (this.#route?.link !== link) return;
		this.#route = null;
		this.#tell({ type: "route-closed", link });
		this.#carrier.routed();
	}

	get route(): Route | null {
		return this.#route;
	}

	answered(link: number, frame: PublishedFrame | RejectedFrame): void {
		if (frame.type === "published") this.#tell({ ...frame, type: "acknowledged", link });
		else if (typeof frame.id === "string") {
			const { id, code, retryAfterMs = 0 } = frame;
			this.#tell({ type: "rejected", link, id, code, retryAfterMs });
		}
	}

	/** What the server would close the link for is refused in its place. */
	refuse(link: number, id: string): void {
		this.answered(link, { type: "rejected", id, code: "too-large" });
	}

	publish(channel: string, data: unknown, options: PublishOptions): Promise<PublishReceipt> {
		const { whenOffline = "queue", ttlMs = this.policy.ttlMs, id = this.newId(), signal } = options;
		const json = toJson(data);
		// A copy, so that what the app changes afterwards is not what is sent.
		const copy: unknown = JSON.parse(json);
		const bytes = utf8Length(json);
		if (signal?.aborted) return Promise.reject(signal.reason);
		if (this.#promises.has(id)) throw invalid(`A publish with the id ${id} is pending.`);
		return new Promise((resolve, reject) => {
			this.#promises.add(id, { resolve, reject });
			signal?.addEventListener(
				"abort",
				() => this.#tell({ type: "withdrawn", id, cause: signal.reason as RealtimeError }),
				{ once: true },
			);
			const what = { id, channel, data: copy, bytes, ttlMs, whenOffline };
			this.#tell({ type: "publish-requested", ...what });
		});
	}

	/** A publish of another tab's goes out in our order, and `ended` hears how. A second time, it only listens. */
	carry(publish: Carried, ended: (end: PublishEnd) => void): void {
		this.#promises.carry(publish.id, ended);
		const bytes = utf8Length(JSON.stringify(publish.data));
		const what = { ...publish, bytes, ttlMs: this.policy.ttlMs, whenOffline: "queue" } as const;
		this.#tell({ type: "publish-requested", ...what });
	}

	/** What tabs that opened after this one leave when they die becomes ours too. */
	inheritOthers(): void {
		const store = this.#store;
		const inherit = async (): Promise<void> => {
			await this.#opening;
			if (this.#store === store) await store?.inheritOthers((left) => this.#restore(left));
		};
		inherit().catch(this.#world.report);
	}

	/** Other tabs' publishes are another leader's now. */
	disown(): void {
		const ids = this.#promises.carried;
		if (ids.length > 0) this.#tell({ type: "disowned", ids });
		this.#promises.dropCarried();
	}

	/** Of a publish that is sent now: how long ago it may have been stored already. */
	sentForMs(id: string): number | null {
		return machine.sentForMs(this.#machine.state, id, this.#runtime.clock.monotonic());
	}

	newId(): string {
		this.#ids += 1;
		const word = Math.floor(this.#runtime.random() * 2 ** 32).toString(36);
		return `${this.queue.client}-${this.#ids.toString(36)}-${word}`;
	}

	async clear(): Promise<void> {
		await this.open();
		this.#tell({ type: "cleared" });
	}

	/** Publishes in storage stay there; all promises end. */
	async close(): Promise<void> {
		const store = this.#store;
		this.#machine.stop();
		this.#machine = this.#newMachine();
		this.#route = null;
		this.#store = null;
		this.#late = null;
		this.changes.set(this.#machine.state);
		this.#promises.close();
		await store?.close();
	}

	#newMachine(): OutboxMachine {
		return new Machine(machine.initialOutbox(this.policy), OUTBOX, this, this.#world);
	}

	#tell(input: OutboxInput): void {
		if (this.#late === null) this.#machine.send(input);
		else this.#late.push(input);
	}

	#catchUp(): void {
		const late = this.#late ?? [];
		this.#late = null;
		for (const input of late) this.#machine.send(input);
	}

	#restore(publishes: readonly StoredPublish[]): void {
		const now = this.#runtime.clock.now();
		// Their tab is gone, and its records are ours.
		for (const { id } of publishes) this.#promises.inherit(id);
		const aged = publishes.map((publish) => ({
			...publish,
			sentForMs: publish.firstSentAt === null ? null : now - publish.firstSentAt,
		}));
		this.#machine.send({ type: "restored", publishes: aged });
	}

	/** Carries out one order of the outbox. */
	perform(effect: OutboxEffect): void {
		switch (effect.type) {
			case "send":
				return this.#carrier.send(effect);
			case "store":
				return this.#keep(effect.publishes);
			case "forget":
				return this.#drop(effect.publishes);
			case "settle":
			case "fail":
				return this.#promises.end(effect);
			default:
				return effect satisfies never;
		}
	}

	#keep(publishes: readonly StoredPublish[]): void {
		const ids = publishes.map(({ id }) => id);
		const current = this.#machine;
		const tell = (input: OutboxInput): void => {
			if (this.#machine === current) current.send(input);
		};
		(this.#store?.write(this.#promises.own(publishes)) ?? Promise.resolve()).then(
			() => tell({ type: "stored", ids }),
			(reason) => tell({ type: "store-failed", ids, cause: RealtimeError.from(reason) }),
		);
	}

	#drop(publishes: readonly StoredPublish[]): void {
		const ids = publishes.map(({ id }) => id);
		const current = this.#machine;
		const forgotten = (): void => {
			if (this.#machine === current) current.send({ type: "forgotten", ids });
		};
		// A record that cannot be deleted is found again after a restart and known by its id.
		(this.#store?.remove(this.#promises.own(publishes)) ?? Promise.resolve())
			.catch(this.#world.report)
			.then(forgotten);
	}
}
