/* The shell around the machines: it has the hands, and effects.ts says what they do when. */
import type { PublishReceipt } from "../channels/message.js";
import type { ConnectionEffect, ConnectionInput, Loss } from "../connection/contract.js";
import * as connectionMachine from "../connection/machine.js";
import type { ModeEffect, ModeInput } from "../degraded/contract.js";
import * as modeMachine from "../degraded/mode.js";
import type { Endpoint, EndpointFilter } from "../endpoint/endpoint.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { classifyClose } from "../policy/close-codes.js";
import { Emitter } from "../reactive/emitter.js";
import type { Report, Unsubscribe } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";
import type { TransportEnd } from "../transport/transport.js";
import type { ClientEvents, PublishOptions } from "./client.js";
import {
	CONNECTION_ORDERS,
	connectionChanged,
	FRAMES,
	linkSettled,
	MODE_ORDERS,
	modeChanged,
	woken,
} from "./effects.js";
import { Link, type LinkFacts } from "./link.js";
import { Machine, type World } from "./machine.js";
import { Polling } from "./polling.js";
import { Publisher, type SendOrder } from "./publisher.js";
import { checkEndpoints, type Settings } from "./settings.js";
import { Shown } from "./shown.js";
import { type SubscriptionFacts, Subscriptions } from "./subscriptions.js";
import { TokenSource } from "./token.js";
import { NAME, VERSION } from "./version.js";

/** How long a busy server is left alone before it is asked for a channel again. */
const ASK_AGAIN_MS = 1_000;

type ReportOrder = Extract<ConnectionEffect, { type: "report" }>;

/** Counters that only grow; the public stats are made of them. */
export interface Counts {
	dials: number;
	connects: number;
	failovers: number;
	migrations: number;
	polls: number;
	bytesIn: number;
	bytesOut: number;
}

const newCounts = (): Counts => ({
	dials: 0,
	connects: 0,
	failovers: 0,
	migrations: 0,
	polls: 0,
	bytesIn: 0,
	bytesOut: 0,
});

export class Supervisor {
	readonly settings: Settings;
	readonly runtime: Runtime;
	readonly events: Emitter<ClientEvents>;
	readonly connection: Machine<
		connectionMachine.ConnectionMachine,
		ConnectionInput,
		ConnectionEffect
	>;
	readonly mode: Machine<modeMachine.ModeState, ModeInput, ModeEffect>;
	readonly subscriptions: Subscriptions;
	readonly publisher: Publisher;
	readonly polling: Polling;
	readonly token: TokenSource;
	readonly shown: Shown;
	readonly links = new Map<number, Link>();
	readonly counts: Counts = newCounts();
	/** The link that publishes, or null. */
	current: number | null = null;
	/** The machine's last report: why the state that follows it came about. */
	lastReport: ReportOrder = { type: "report", reason: "created", dialId: 0, endpoint: null };
	readonly #world: World;
	#lastEndpoint: string | null = null;
	#watched: Unsubscribe[] = [];

	constructor(settings: Settings, runtime: Runtime) {
		this.settings = settings;
		this.runtime = runtime;
		const report = (reason: unknown): void => this.report(reason);
		const world = { clock: runtime.clock, random: runtime.random, report };
		this.#world = world;
		this.events = new Emitter(report);
		this.token = new TokenSource(settings.getToken, runtime);
		this.connection = this.#newConnection(world);
		this.mode = this.#newMode(world);
		this.subscriptions = new Subscriptions(this.#subscriptionFacts(), report);
		this.publisher = new Publisher(settings.outbox, runtime, world, (order) => this.#send(order));
		this.polling = new Polling(this);
		this.shown = new Shown(this, world);
	}

	get isStarted(): boolean {
		return this.#watched.length > 0;
	}

	/** Dials, and begins to listen to the world. Resumes from `failed` and `closed` as well. */
	start(): void {
		if (!this.isStarted) this.#watch();
		this.publisher.open();
		this.connection.send({ type: "connect-requested" });
	}

	/** Ends everything that was started. */
	async stop(): Promise<void> {
		for (const unwatch of this.#watched) unwatch();
		this.#watched = [];
		this.connection.send({ type: "close-requested" });
		this.connection.stop();
		for (const link of [...this.links.values()]) this.hangUp(link.dialId, 1000, "closed");
		this.polling.stop();
		this.subscriptions.reset();
		this.token.stop();
		this.shown.stop();
		await this.publisher.close();
	}

	reconnect(reason: string): void {
		this.connection.send({ type: "reconnect-requested", reason });
	}

	/** Ephemeral ones leave on a live link or not at all; the others go through the outbox. */
	publish(channel: string, data: unknown, options: PublishOptions): Promise<PublishReceipt> {
		if (!options.ephemeral) return this.publisher.publish(channel, data, options);
		const link = this.current === null ? undefined : this.links.get(this.current);
		if (link === undefined)
			return Promise.reject(new RealtimeError("connection-lost", "Nothing is connected."));
		const id = options.id ?? this.publisher.newId();
		link.send({ type: "publish", id, channel, data, ephemeral: true });
		return Promise.resolve({ status: "sent", id });
	}

	dial(dialId: number, endpoint: Endpoint): void {
		this.counts.dials += 1;
		// Beside the dial: by the time that the transport is open, the token should be there.
		this.token.get().catch(() => undefined);
		const facts: LinkFacts = {
			opened: (link) => this.connection.send({ type: "opened", dialId: link.dialId }),
			received: (link, frame) => FRAMES[frame.type](this, link, frame as never),
			ended: (link, end, cause) => this.#ended(link, end, cause),
			counted: (direction, bytes) => {
				this.counts[direction] += bytes;
			},
		};
		const policy = this.settings.heartbeat;
		this.links.set(
			dialId,
			new Link({ dialId, endpoint }, facts, policy, this.runtime, this.#world),
		);
	}

	/** Hello needs the token and, with a stored outbox, the queue's own identity. */
	greet(dialId: number): void {
		Promise.all([this.token.get(), this.publisher.open()]).then(
			([token]) => {
				const { client, identity } = this.publisher.queue;
				this.links.get(dialId)?.greet({
					type: "hello",
					token,
					class: this.#lastEndpoint === null ? "boot" : "resume",
					client,
					link: this.publisher.nextLink(),
					name: NAME,
					version: VERSION,
					...(identity === null ? {} : { as: identity }),
				});
			},
			(reason) => this.#lose(dialId, { cause: RealtimeError.from(reason), blame: "nobody" }),
		);
	}

	adopt(dialId: number, previous: number | null): void {
		const link = this.links.get(dialId);
		if (link?.welcome == null) return;
		link.isResumed = this.#lastEndpoint !== null;
		this.current = dialId;
		this.counts.connects += 1;
		if (previous !== null) this.counts.migrations += 1;
		const { url } = link.endpoint;
		if (this.#lastEndpoint !== null && this.#lastEndpoint !== url) this.counts.failovers += 1;
		this.#lastEndpoint = url;
		const route = { link: dialId, via: "websocket" } as const;
		const { dedupeMs } = link.welcome;
		// Nothing may leave ahead of what an earlier process left.
		this.publisher.open().then(() => {
			if (this.current === dialId) this.publisher.routeOpened(route, dedupeMs);
		});
	}

	hangUp(dialId: number, code: number, reason: string): void {
		this.links.get(dialId)?.hangUp(code, reason);
		this.#forget(dialId);
	}

	/** The server's name for us. Throws `forbidden` if it is another than before. */
	identified(identity: string): void {
		const { queue } = this.publisher;
		if (queue.identity !== null && queue.identity !== identity)
			throw new RealtimeError("forbidden", "The token is another identity's.");
		this.publisher.claim(identity);
	}

	/** The same of a link, which ends with the client if it is somebody else's. */
	recognise(link: Link, identity: string): boolean {
		try {
			this.identified(identity);
			return true;
		} catch (reason) {
			link.hangUp(1000, "another identity");
			this.#lose(link.dialId, { cause: RealtimeError.from(reason), blame: "nobody" });
			return false;
		}
	}

	keepToken(link: Link, ttlMs: number): void {
		this.token.accept(ttlMs, (fresh) => {
			fresh.then(
				(token) => {
					if (token !== null)
						this.links.get(this.current ?? link.dialId)?.send({ type: "token", token });
				},
				(reason) => this.report(reason),
			);
		});
	}

	/** Tells of every link on which all channels have been answered. */
	settle(): void {
		for (const link of [...this.links.values()]) {
			if (link.isSettled || link.welcome === null) continue;
			if (!this.subscriptions.isSettled(link.dialId)) continue;
			link.isSettled = true;
			link.recovered = link.isResumed && !link.hasGap;
			linkSettled(this, link);
		}
	}

	report(reason: unknown): void {
		const error = RealtimeError.from(reason);
		this.runtime.logger.warn("error", { code: error.code, message: error.message });
		this.events.emit("error", error);
	}

	log(order: ReportOrder): void {
		this.lastReport = order;
		const { reason, dialId, endpoint } = order;
		this.runtime.logger.debug("transition", { reason, dialId, endpoint });
	}

	#watch(): void {
		const { lifecycle } = this.runtime;
		const source = this.settings.source?.endpoints;
		this.#watched = [
			lifecycle.onWake((reason) => woken(this, reason)),
			lifecycle.subscribe(({ online, frozen }, previous) => {
				if (online !== previous.online) this.mode.send({ type: "online-changed", online });
				if (frozen && !previous.frozen) this.#freeze();
			}),
			source?.subscribe((endpoints) => this.#readdress(endpoints)) ?? (() => undefined),
		];
		if (!lifecycle.get().online) this.mode.send({ type: "online-changed", online: false });
	}

	/** A page that holds a socket cannot enter the back-forward cache, and a frozen one cannot answer. */
	#freeze(): void {
		const cause = new RealtimeError("connection-lost", "The page was frozen.");
		for (const { dialId } of [...this.links.values()]) {
			this.links.get(dialId)?.hangUp(1000, "frozen");
			this.#lose(dialId, { cause, blame: "nobody" });
		}
	}

	/** A source that turns out nonsense is told of, and what it said before stands. */
	#readdress(given: readonly Endpoint[]): void {
		try {
			this.connection.send({ type: "endpoints-changed", endpoints: checkEndpoints(given) });
		} catch (reason) {
			this.report(reason);
		}
	}

	#newConnection(world: World): Supervisor["connection"] {
		const { reconnect, filters, endpoints } = this.settings;
		const policy = { ...reconnect, filters: filters.map((filter) => guard(filter, world.report)) };
		return new Machine(
			connectionMachine.initial(endpoints),
			{
				name: "connection",
				transition: (state, input, moment) =>
					connectionMachine.transition(state, input, policy, moment),
				dueAt: connectionMachine.dueAt,
				perform: (order) => CONNECTION_ORDERS[order.type](this, order as never),
				changed: (state, previous) => connectionChanged(this, state, previous),
			},
			world,
		);
	}

	#newMode(world: World): Supervisor["mode"] {
		const policy = { ...this.settings.degraded, hasApi: this.settings.api.length > 0 };
		return new Machine(
			modeMachine.initialMode(),
			{
				name: "mode",
				transition: (state, input, moment) => modeMachine.transition(state, input, policy, moment),
				dueAt: modeMachine.dueAt,
				perform: (order) => MODE_ORDERS[order.type](this, order as never),
				changed: () => modeChanged(this),
			},
			world,
		);
	}

	#subscriptionFacts(): SubscriptionFacts {
		return {
			asked: (link, frame) => {
				if (link < 0) this.polling.asked(frame);
				else this.links.get(link)?.send(frame);
			},
			left: (frame) => {
				for (const link of this.links.values()) link.send(frame);
			},
			gapFound: (gap) => {
				for (const link of this.links.values()) link.hasGap = true;
				this.events.emit("gap", gap);
			},
			answered: () => this.settle(),
			deferred: (link, channel) => {
				const again = (): void => this.subscriptions.askAgain(link, channel);
				this.runtime.clock.setTimeout(again, ASK_AGAIN_MS, "ask-again");
			},
		};
	}

	#ended(link: Link, end: TransportEnd, cause?: RealtimeError): void {
		const verdict = classifyClose(end);
		const isFinal = verdict.isTokenRejected && !this.token.reject();
		const final = (): RealtimeError =>
			new RealtimeError("unauthorized", "The server refused a fresh token.", {
				cause: verdict.cause,
				retryable: false,
			});
		this.#lose(link.dialId, { ...verdict, cause: cause ?? (isFinal ? final() : verdict.cause) });
	}

	#lose(dialId: number, loss: Loss): void {
		this.connection.send({ type: "lost", dialId, ...loss });
		this.#forget(dialId);
	}

	#forget(dialId: number): void {
		if (!this.links.delete(dialId)) return;
		if (this.current === dialId) this.current = null;
		this.subscriptions.closed(dialId);
		this.publisher.routeClosed(dialId);
	}

	#send({ route, publishes }: SendOrder): void {
		if (route.via === "http") return this.polling.publish({ type: "send", route, publishes });
		const link = this.links.get(route.link);
		for (const { first, ...publish } of publishes)
			link?.send({ type: "publish", ...publish, ...(first ? { first } : {}) });
	}
}

/** An app's filter that throws must not stop the dialling: its step is left out, and it is told of. */
function guard(filter: EndpointFilter, report: Report): EndpointFilter {
	return (candidates, context) => {
		try {
			return filter(candidates, context);
		} catch (reason) {
			report(reason);
			return candidates;
		}
	};
}
