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
import type { Unsubscribe } from "../reactive/readable.js";
import type { Runtime } from "../runtime/runtime.js";
import { AdmissionWatch } from "./admission.js";
import type { ClientEvents, PublishOptions } from "./client.js";
import { nameDrained, woken } from "./effects.js";
import { Links } from "./links.js";
import { Machine } from "./machine.js";
import { CONNECTION, MODE, policiesOf } from "./machines.js";
import { Polling } from "./polling.js";
import { Publisher, type SendOrder } from "./publisher.js";
import { checkEndpoints, type Settings } from "./settings.js";
import type { Counts, Policies, ReportOrder, Shell } from "./shell.js";
import { Shown } from "./shown.js";
import { type SubscriptionFacts, Subscriptions } from "./subscriptions.js";
import { TokenSource } from "./token.js";

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

	/** Dials, and begins to listen to the world. Resumes from `failed` and `closed` as well. */
	start(): void {
		if (this.#watched.length === 0) this.#watched = this.#watch();
		this.publisher.open().catch((reason) => this.report(reason));
		this.connection.send({ type: "connect-requested" });
	}

	/** Ends everything that was started. */
	async stop(): Promise<void> {
		for (const unwatch of this.#watched) unwatch();
		this.#watched = [];
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
		this.connection.send({ type: "reconnect-requested", reason });
	}

	/** Ephemeral ones leave on a live link or not at all; the others go through the outbox. */
	publish(channel: string, data: unknown, options: PublishOptions): Promise<PublishReceipt> {
		if (!options.ephemeral) return this.publisher.publish(channel, data, options);
		const link = this.links.live;
		if (link === undefined)
			return Promise.reject(new RealtimeError("connection-lost", "Nothing is connected."));
		const id = options.id ?? this.publisher.newId();
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
		if (order.route.via === "http") this.polling.publish(order);
		else this.links.send(order);
	}

	asked(link: LinkId, frame: SubscribeFrame): void {
		if (link < 0) this.polling.asked(frame);
		else this.links.ask(link, frame);
	}

	left(frame: UnsubscribeFrame): void {
		this.links.leave(frame);
	}

	gapFound(gap: Gap): void {
		this.links.markGap();
		this.events.emit("gap", gap);
	}

	answered(): void {
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
