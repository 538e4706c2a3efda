/* The shipped machines of one client, and as little of a shell as makes them run. */
import * as channels from "../../src/channels/channel.js";
import type {
	ChannelEffect,
	ChannelInput,
	LinkId,
	OutboxEffect,
	OutboxInput,
	Route,
	StoredPublish,
} from "../../src/channels/contract.js";
import * as outboxes from "../../src/channels/outbox.js";
import { OUTBOX, type OutboxPolicy } from "../../src/policy/policies.js";
import type { ServerFrame, SubscribeFrame, UnsubscribeFrame } from "../../src/protocol/frames.js";
import type { Position } from "../../src/protocol/position.js";
import type { ModelClock } from "./clock.js";
import type { Ledger } from "./ledger.js";
import type { Scenario } from "./scenario.js";

const TTL_MS = { none: 1e12, short: 1e8 };

type SendOrder = Extract<OutboxEffect, { type: "send" }>;
type DiskOrder = Extract<OutboxEffect, { type: "store" | "forget" }>;

/** What the machines order of the world. */
export interface Outside {
	ask(link: LinkId, frame: SubscribeFrame): void;
	send(order: SendOrder): void;
}

/** Ids compare as text in the order of the publishes. */
const idOf = (count: number): string => `m${count}`;

export class ModelClient {
	channel: channels.ChannelState;
	outbox: outboxes.OutboxState;
	/** Links that wait to be told to ask again. */
	deferred: readonly LinkId[] = [];
	/** What the disk has not done yet, in order; and what is on it. */
	disk: readonly DiskOrder[] = [];
	records: readonly StoredPublish[] = [];
	/** The last position that the app has seen. */
	seen: readonly Position[] = [];
	#published = 0;
	readonly #policy: OutboxPolicy;
	readonly #clock: ModelClock;
	readonly #ledger: Ledger;
	readonly #outside: Outside;
	readonly #scenario: Scenario;
	/** What the app wants of the channel now. */
	#from: Scenario["from"];
	#lanes = 0;
	/** Of a channel that was left: ids of the next one are above its own. */
	#asks = 0;

	constructor(scenario: Scenario, clock: ModelClock, ledger: Ledger, outside: Outside) {
		this.#scenario = scenario;
		this.#from = scenario.from;
		this.#clock = clock;
		this.#ledger = ledger;
		this.#outside = outside;
		this.#policy = { ...OUTBOX, persist: scenario.persist, namespace: "ann" };
		this.channel = this.#newChannel(null);
		this.outbox = outboxes.initialOutbox(this.#policy);
	}

	get published(): number {
		return this.#published;
	}

	/** Everything that decides what it does next. */
	get state(): unknown {
		const { entries, end } = this.channel.recent;
		const channel = { ...this.channel, recent: entries.slice(0, end) };
		return [
			channel,
			this.outbox,
			this.deferred,
			this.disk,
			this.records,
			this.seen,
			[this.#published, this.#from, this.#lanes, this.#asks],
		];
	}

	open(link: LinkId, via: "websocket" | "polling"): void {
		if (this.#scenario.from !== "nowhere") this.feedChannel({ type: "link-opened", link, via });
	}

	publish(): void {
		this.#published += 1;
		const id = idOf(this.#published);
		const what = { id, channel: "c", data: 0, bytes: 1, ttlMs: TTL_MS[this.#scenario.ttl] };
		this.feedOutbox({ type: "publish-requested", ...what, whenOffline: "queue" });
	}

	/** As src/client/subscriptions.ts leaves and joins: ids of a channel grow on a link. */
	comeBack(links: readonly LinkId[], current: LinkId | null): UnsubscribeFrame {
		const id = channels.lastAskId(this.channel);
		this.#asks = Math.max(this.#asks, id - (id % channels.LANES));
		this.#from = "earliest";
		this.#ledger.returned();
		this.channel = this.#newChannel(null);
		this.seen = [];
		this.deferred = [];
		for (const link of links) this.open(link, "websocket");
		if (current !== null) this.feedChannel({ type: "link-adopted", link: current });
		return { type: "unsubscribe", id, channel: "c" };
	}

	/** The process dies, and another finds what lies on the disk; what it had not done yet is not done. */
	die(): void {
		this.#ledger.restarted();
		const at = this.seen[this.#ledger.finished - 1] ?? null;
		this.channel = this.#newChannel(at);
		this.seen = this.seen.slice(0, this.#ledger.finished);
		this.outbox = outboxes.initialOutbox(this.#policy);
		this.deferred = [];
		this.disk = [];
		const now = this.#clock.now();
		const publishes = this.records.map((record) => {
			const { firstSentAt } = record;
			return { ...record, sentForMs: firstSentAt === null ? null : now - firstSentAt };
		});
		this.feedOutbox({ type: "restored", publishes });
	}

	/** Frames of one text, in order. */
	receive(link: LinkId, frame: ServerFrame): void {
		switch (frame.type) {
			case "welcome":
				this.openRoute({ link, via: "websocket" }, frame.dedupeMs);
				return this.feedChannel({ type: "link-adopted", link });
			case "subscribed":
			case "gap":
			case "message":
				return this.feedChannel({ type: frame.type, link, frame } as ChannelInput);
			case "heads":
				for (const head of Object.values(frame.heads))
					this.feedChannel({ type: "head", link, head });
				return;
			case "published":
				return this.feedOutbox({ ...frame, type: "acknowledged", link });
			case "rejected": {
				const { id, code, retryAfterMs = 0 } = frame;
				if (typeof id === "number") this.feedChannel({ type: "rejected", link, id, code });
				else this.feedOutbox({ type: "rejected", link, id, code, retryAfterMs });
				return;
			}
			default:
				return;
		}
	}

	/** Where publishes go from now on; the route before it is over. */
	openRoute(route: Route, dedupeMs: number): void {
		const before = this.outbox.route?.route.link;
		if (before !== undefined) this.feedOutbox({ type: "route-closed", link: before });
		this.feedOutbox({ type: "route-opened", route, dedupeMs });
	}

	/** Time has passed. */
	tick(): void {
		this.feedOutbox({ type: "ticked" });
		const links = this.deferred;
		this.deferred = [];
		for (const link of links) this.feedChannel({ type: "ask-again", link });
	}

	workDisk(): void {
		const [order, ...rest] = this.disk;
		if (order === undefined) return;
		this.disk = rest;
		const ids = order.publishes.map(({ id }) => id);
		const others = this.records.filter(({ id }) => !ids.includes(id));
		this.records =
			order.type === "store"
				? [...others, ...order.publishes].sort((one, other) => one.seq - other.seq)
				: others;
		this.feedOutbox({ type: order.type === "store" ? "stored" : "forgotten", ids });
	}

	feedChannel(input: ChannelInput): void {
		const before = this.channel;
		const [state, effects] = channels.transition(before, input);
		this.channel = state;
		this.#account(before, state, effects);
		for (const effect of effects) this.#obey(effect);
	}

	/** What the app has a right to, now that its position has moved. */
	#account(
		before: channels.ChannelState,
		state: channels.ChannelState,
		effects: readonly ChannelEffect[],
	): void {
		const now = channels.position(state);
		if (now === null || (state.epoch === before.epoch && state.offset === before.offset)) {
			if (now === null || !state.hasBegun || this.#ledger.hasBegun) return;
		}
		const isNew = !this.#ledger.hasBegun && state.hasBegun;
		// A channel that does not recover begins anew when it has lost every link that had answered.
		const isAnew = !state.recover && before.links.every(({ until }) => until === null);
		this.#ledger.hasBegun ||= state.hasBegun;
		if (isNew && this.#from !== null) this.#ledger.passesOver(now);
		else if ((isNew || isAnew) && effects.length === 0) this.#ledger.beginsAt(now);
		else if (state.recover && before.hasBegun && before.epoch !== state.epoch) {
			const isTold = effects.some(({ type }) => type === "tell-gap");
			if (!isTold) this.#ledger.leftUntold(`${before.epoch}`);
		}
	}

	feedOutbox(input: OutboxInput): void {
		const { elapsed } = this.#clock;
		const moment = { now: elapsed, at: this.#clock.now(), random: () => 0 };
		const [state, effects] = outboxes.transition(this.outbox, input, this.#policy, moment);
		this.outbox = state;
		for (const effect of effects) this.#obeyOutbox(effect);
	}

	#obey(effect: ChannelEffect): void {
		switch (effect.type) {
			case "ask": {
				const { link, id, from } = effect;
				return this.#outside.ask(link, { type: "subscribe", id, channel: "c", from });
			}
			case "deliver": {
				const { position } = effect.message;
				this.#ledger.delivers(effect.message);
				if (position !== null) this.seen = [...this.seen, position];
				return;
			}
			case "tell-gap":
				return this.#ledger.gap(channels.position(this.channel));
			case "deny":
				return;
			case "defer":
				this.deferred = [...this.deferred, effect.link];
				return;
			default:
				return effect satisfies never;
		}
	}

	#obeyOutbox(effect: OutboxEffect): void {
		switch (effect.type) {
			case "store":
			case "forget":
				this.disk = [...this.disk, effect];
				return;
			case "send":
				return this.#outside.send(effect);
			case "settle":
				return this.#ledger.settled(effect.id, effect.receipt.status);
			case "fail":
				return this.#ledger.settled(effect.id, "failed");
			default:
				return effect satisfies never;
		}
	}

	#newChannel(at: Position | null): channels.ChannelState {
		const from = at ?? (this.#from === "nowhere" ? null : this.#from);
		this.#lanes += 1;
		const lane = this.#lanes + this.#asks;
		return channels.initialChannel("c", { from, recover: this.#scenario.recover, lane });
	}
}
