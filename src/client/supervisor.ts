/* The composition root: every part, and when they start and stop. What happens when is in effects.ts. */

import type { LinkId } from "../channels/contract.js";
import type { Gap, PublishReceipt } from "../channels/message.js";
import { initial } from "../connection/machine.js";
import { initialMode } from "../degraded/mode.js";
import type { NameKeeping } from "../dns/contract.js";
import { openNames } from "../dns/platform.js";
import type { Endpoint } from "../endpoint/endpoint.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import { Emitter } from "../reactive/emitter.js";
import { Cell, type Unsubscribe } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";
import { AdmissionWatch } from "./admission.js";
import type { ClientEvents, PublishOptions, SharingState } from "./client.js";
import { nameDrained, woken } from "./effects.js";
import { Links } from "./links.js";
import { Machine } from "./machine.js";
import { CONNECTION, MODE, policiesOf } from "./machines.js";
import { Polling } from "./polling.js";
import { Publisher, type SendOrder } from "./publisher.js";
import { checkEndpoints, type Settings } from "./settings.js";
import type { Counts, Policies, ReportOrder, ShareKeeping, Shell } from "./shell.js";
import { Shown } from "./shown.js";
import { type SubscriptionFacts, Subscriptions } from "./subscriptions.js";
import { TokenSource } from "./token.js";

const ALONE: SharingState = { role: "alone", reason: null };
/** How long a busy server is left alone before it is asked for a channel again. */
const ASK_AGAIN_MS = 1_000;

export class Supervisor implements Shell, SubscriptionFacts {
	readonly settings: Settings;
	readonly runtime: Runtime;
	readonly events: Emitter<ClientEvents>;
	readonly connection: Shell["connection"];
	readonly mode: Shell["mode"];
	readonly token: TokenSource;
	readonly subscriptions: Subscriptions;
	readonly publisher: Publisher;
	readonly links: Links;
	readonly polling: Polling;
	readonly shown: Shown;
	readonly policies: Policies;
	readonly admission: AdmissionWatch;
	readonly names: NameKeeping | null;
	readonly counts: Counts = {
		dials: 0,
		connects: 0,
		failovers: 0,
		migrations: 0,
		polls: 0,
		bytesIn: 0,
		bytesOut: 0,
	};
	lastReport: ReportOrder = { type: "report", reason: "created", dialId: 0, endpoint: null };
	share: ShareKeeping | null = null;
	#sharing: Cell<SharingState> | null = null;
	/** While the code that shares is on its way. */
	#loading: "no" | "started" | "stopped" = "no";
	#leaving: Promise<void> | null = null;
	/** Started anew while it leaves. */
	#isResuming = false;
	/** Held before it is known who keeps the mode. */
	#holds: string[] = [];
	#watched: readonly Unsubscribe[] = [];

	constructor(settings: Settings, runtime: Runtime) {
		this.settings = settings;
		this.runtime = runtime;
		const report = (reason: unknown): void => this.report(reason);
		const world = { clock: runtime.clock, random: runtime.random, report };
		this.events = new Emitter(report);
		this.token = new TokenSource(settings.getToken, runtime);
		this.policies = policiesOf(settings, report);
		this.connection = new Machine(initial(settings.endpoints), CONNECTION, this, world);
		this.mode = new Machine(initialMode(), MODE, this, world);
		this.names = openNames(runtime, {
			changed: () => this.shown.updateEndpoints(),
			drained: () => nameDrained(this),
			report,
		});
		this.links = new Links(this, world);
		this.polling = new Polling(this);
		this.subscriptions = new Subscriptions(this, report);
		this.publisher = new Publisher(settings.outbox, runtime, world, this);
		this.shown = new Shown(this, world);
		this.admission = new AdmissionWatch(settings.reconnect.admissionUrl, runtime, (windowMs) =>
			this.connection.send({ type: "realtime-reported", windowMs }),
		);
	}

	/** Made when first asked for: most clients share nothing. */
	get sharing(): Cell<SharingState> {
		this.#sharing ??= new Cell(ALONE, (reason) => this.report(reason));
		return this.#sharing;
	}

	/** Dials, and begins to listen to the world. Resumes from `failed` and `closed` as well. */
	start(): void {
		if (this.#leaving !== null) {
			this.#isResuming = true;
			return this.shown.showConnecting();
		}
		if (this.#watched.length === 0) this.#watched = this.#watch();
		this.publisher.open().catch((reason) => this.report(reason));
		this.#isResuming = false;
		if (this.settings.share === "browser") this.#startShared();
		else this.connection.send({ type: "connect-requested" });
	}

	/** Its code is loaded when it is first needed: who does not share does not pay for it. */
	#startShared(): void {
		if (this.share !== null) return this.share.start();
		this.shown.showConnecting();
		const isLoading = this.#loading !== "no";
		this.#loading = "started";
		if (isLoading) return;
		this.sharing.set({ role: "joining" });
		import("./sharing.js").then(
			({ Sharing }) => this.#loaded(new Sharing(this)),
			() => this.#loaded(null),
		);
	}

	#loaded(share: ShareKeeping | null): void {
		const isWanted = this.#loading === "started";
		this.#loading = "no";
		if (!isWanted) return;
		this.share = share;
		const holds = this.#holds.splice(0);
		if (share === null) this.#standAlone();
		else share.start();
		for (const reason of holds) this.hold("hold", reason);
	}

	#standAlone(): void {
		this.runtime.logger.warn("share-alone", { reason: "unavailable" });
		this.sharing.set({ role: "alone", reason: "unavailable" });
		this.connection.send({ type: "connect-requested" });
		this.shown.mirror(null);
	}

	/** Ends everything that was started. What others need of it goes on until one of them has taken over. */
	async stop(): Promise<void> {
		for (const unwatch of this.#watched) unwatch();
		this.#watched = [];
		if (this.#loading === "started") this.#loading = "stopped";
		if (this.settings.share === "browser") {
			this.#leaving ??= this.#leave();
			return this.#leaving;
		}
		await this.#end();
	}

	async #leave(): Promise<void> {
		const left = this.share?.stop();
		this.shown.mirror({ connection: { status: "closed" }, mode: { mode: "normal" } });
		const queue = this.publisher.close();
		await left;
		this.share = null;
		this.sharing.set(ALONE);
		await this.#end();
		await queue;
		this.#leaving = null;
		if (this.#isResuming) return this.start();
		this.shown.mirror(null);
	}

	async #end(): Promise<void> {
		this.connection.send({ type: "close-requested" });
		this.links.stop();
		this.polling.stop();
		this.subscriptions.reset();
		this.token.stop();
		this.shown.stop();
		this.admission.stop();
		this.names?.stop();
		await this.publisher.close();
	}

	reconnect(reason: string): void {
		if (this.share?.reconnect(reason)) return;
		this.connection.send({ type: "reconnect-requested", reason });
	}

	/** Holds the mode, or lets go of it. */
	hold(change: "hold" | "release", reason: string): void {
		if (this.#loading === "started") {
			if (change === "hold") this.#holds.push(reason);
			else this.#holds = this.#holds.filter((held) => held !== reason);
			return;
		}
		if (this.share?.hold(change, reason)) return;
		this.mode.send({ type: change === "hold" ? "held" : "released", reason });
	}

	loadMore(): Promise<number> {
		return this.share?.loadMore() ?? this.polling.loadMore();
	}

	/** Ephemeral ones leave on a live link or not at all; the others go through the outbox. */
	publish(channel: string, data: unknown, options: PublishOptions): Promise<PublishReceipt> {
		if (!options.ephemeral) return this.publisher.publish(channel, data, options);
		const id = options.id ?? this.publisher.newId();
		const shared = this.share?.sendEphemeral(id, channel, data) ?? null;
		if (shared === "sent") return Promise.resolve({ status: "sent", id });
		const link = this.links.live;
		if (link === undefined || shared !== null)
			return Promise.reject(new RealtimeError("connection-lost", "Nothing is connected."));
		link.send({ type: "publish", id, channel, data, ephemeral: true });
		return Promise.resolve({ status: "sent", id });
	}

	identified(identity: string): void {
		const { queue } = this.publisher;
		if (queue.identity !== null && queue.identity !== identity)
			throw new RealtimeError("forbidden", "The token is another identity's.");
		this.publisher.claim(identity);
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

	/** A publish leaves on the route that the outbox has chosen. */
	send(order: SendOrder): void {
		if (this.share?.send(order)) return;
		if (order.route.via === "http") this.polling.publish(order);
		else this.links.send(order);
	}

	routed(): void {
		this.share?.routed();
	}

	asked(link: LinkId, frame: SubscribeFrame): void {
		if (this.share?.asked(link, frame)) return;
		if (link < 0) this.polling.asked(frame);
		else this.links.ask(link, frame);
	}

	left(frame: UnsubscribeFrame): void {
		if (this.share?.left(frame)) return;
		this.links.leave(frame);
	}

	gapFound(gap: Gap): void {
		this.links.markGap();
		this.events.emit("gap", gap);
	}

	answered(): void {
		this.share?.answered();
		this.links.settle();
	}

	deferred(link: LinkId, channel: string): void {
		const again = (): void => this.subscriptions.askAgain(link, channel);
		this.runtime.clock.setTimeout(again, ASK_AGAIN_MS, "ask-again");
	}

	#watch(): readonly Unsubscribe[] {
		const { lifecycle } = this.runtime;
		if (!lifecycle.get().online) this.mode.send({ type: "online-changed", online: false });
		return [
			lifecycle.onWake((reason) => woken(this, reason)),
			lifecycle.subscribe(({ online, frozen }, previous) => {
				if (online !== previous.online) this.mode.send({ type: "online-changed", online });
				// A page that holds a socket may not enter the back-forward cache; a frozen one cannot answer.
				if (frozen && !previous.frozen) this.links.freeze();
			}),
			this.settings.source?.endpoints.subscribe((given) => this.#readdress(given)) ??
				(() => undefined),
		];
	}

	/** A source that turns out nonsense is told of, and what it said before stands. */
	#readdress(given: readonly Endpoint[]): void {
		try {
			this.connection.send({ type: "endpoints-changed", endpoints: checkEndpoints(given) });
		} catch (reason) {
			this.report(reason);
		}
	}
}
