/* Who listens to what: one channel machine a channel, shared by its subscriptions. */
import * as machine from "../channels/channel.js";
import type { ChannelEffect, ChannelInput, LinkId } from "../channels/contract.js";
import type { Gap, Message, SubscriptionState } from "../channels/message.js";
import type { ServerFrame, SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import type { Position } from "../protocol/position.js";
import { DISPOSE } from "../reactive/disposable.js";
import { Cell, type Report } from "../reactive/readable.js";
import type { SubscribeOptions, Subscription } from "./client.js";
import { invalid } from "./settings.js";

/** What subscriptions want of the supervisor. */
export interface SubscriptionFacts {
	/** To be sent on that link, or put into that poll. */
	asked(link: LinkId, frame: SubscribeFrame): void;
	left(frame: UnsubscribeFrame): void;
	gapFound(gap: Gap): void;
	/** All that is open may be answered now. */
	answered(): void;
	/** The server was busy: `askAgain` after a while. */
	deferred(link: LinkId, channel: string): void;
}

/** Sees what links bring before the channels do. What returns true deals with it. */
export interface LinkTap {
	opened(link: LinkId, via: Message<unknown>["via"]): void;
	adopted(link: LinkId): void;
	closed(link: LinkId): void;
	received(link: LinkId, frame: ChannelFrame): boolean;
	rejected(link: LinkId, frame: Rejected): boolean;
	headed(link: LinkId, heads: Readonly<Record<string, Position>>): void;
}

interface Listener {
	readonly call: (message: Message<never>) => void;
	readonly onGap: ((gap: Gap) => void) | undefined;
	readonly state: Cell<SubscriptionState>;
}

interface Channel {
	readonly name: string;
	state: machine.ChannelState;
	listeners: readonly Listener[];
}

export type ChannelFrame = Extract<ServerFrame, { type: "subscribed" | "message" | "gap" }>;
type Rejected = Extract<ServerFrame, { type: "rejected" }>;

export class Subscriptions {
	/** Messages handed to listeners so far. */
	delivered = 0;
	tap: LinkTap | null = null;
	readonly #channels = new Map<string, Channel>();
	#links: readonly { readonly link: LinkId; readonly via: Message<unknown>["via"] }[] = [];
	readonly #facts: SubscriptionFacts;
	readonly #report: Report;
	#current: LinkId | null = null;
	#fresh: Channel[] = [];
	#lanes = 0;
	/** What the ids of new channels are above: a multiple of the lanes. */
	#asks = 0;

	constructor(facts: SubscriptionFacts, report: Report) {
		this.#facts = facts;
		this.#report = report;
	}

	get size(): number {
		return this.#channels.size;
	}

	subscribe(name: string, call: Listener["call"], options: SubscribeOptions): Subscription {
		const channel = this.#join(name, options);
		const state = new Cell<SubscriptionState>(
			machine.subscriptionState(channel.state),
			this.#report,
		);
		const listener: Listener = { call, onGap: options.onGap, state };
		channel.listeners = [...channel.listeners, listener];
		const unsubscribe = (): void => {
			if (state.get().status === "unsubscribed") return;
			options.signal?.removeEventListener("abort", unsubscribe);
			channel.listeners = channel.listeners.filter((other) => other !== listener);
			state.set({ status: "unsubscribed" });
			if (channel.listeners.length === 0) this.#plan(channel);
		};
		options.signal?.addEventListener("abort", unsubscribe);
		if (options.signal?.aborted) unsubscribe();
		return { state, unsubscribe, [DISPOSE]: unsubscribe };
	}

	/** Asks for every channel on that link. */
	opened(link: LinkId, via: Message<unknown>["via"]): void {
		this.tap?.opened(link, via);
		this.#links = [...this.#links, { link, via }];
		this.#all({ type: "link-opened", link, via });
	}

	adopted(link: LinkId): void {
		this.tap?.adopted(link);
		this.#current = link;
		this.#all({ type: "link-adopted", link });
	}

	closed(link: LinkId): void {
		if (!this.#isOpen(link)) return;
		this.tap?.closed(link);
		this.#links = this.#links.filter((other) => other.link !== link);
		if (this.#current === link) this.#current = null;
		this.#all({ type: "link-closed", link });
	}

	/** Whether every channel has been answered on that link. */
	isSettled(link: LinkId): boolean {
		for (const { state } of this.#channels.values())
			if (!machine.isAnswered(state, link)) return false;
		return true;
	}

	received(link: LinkId, frame: ChannelFrame): void {
		if (this.tap?.received(link, frame) !== true) this.receive(link, frame);
	}

	/** Past the tap. */
	receive(link: LinkId, frame: ChannelFrame): void {
		const channel = this.#channels.get(frame.channel);
		if (channel === undefined) return;
		this.#step(channel, { type: frame.type, link, frame } as ChannelInput);
		if (frame.type === "subscribed") this.#facts.answered();
	}

	/** An ask that the server turned down; its id tells which. */
	rejected(link: LinkId, frame: Rejected): void {
		if (this.tap?.rejected(link, frame) !== true) this.refuse(link, frame);
	}

	/** Past the tap. */
	refuse(link: LinkId, frame: Rejected): void {
		for (const channel of this.#channels.values())
			this.#step(channel, { type: "rejected", link, id: frame.id as number, code: frame.code });
		this.#facts.answered();
	}

	headed(link: LinkId, heads: Readonly<Record<string, Position>>): void {
		this.tap?.headed(link, heads);
		for (const [name, head] of Object.entries(heads)) {
			const channel = this.#channels.get(name);
			if (channel !== undefined) this.#step(channel, { type: "head", link, head });
		}
	}

	askAgain(link: LinkId, name: string): void {
		const channel = this.#channels.get(name);
		if (channel !== undefined && this.#isOpen(link))
			this.#step(channel, { type: "ask-again", link });
	}

	/** How many messages lie between what we hold and these heads. */
	countBehind(heads: Readonly<Record<string, Position>>): number {
		let behind = 0;
		for (const [name, head] of Object.entries(heads)) {
			const channel = this.#channels.get(name);
			const held = channel === undefined ? null : machine.position(channel.state);
			if (held !== null && held.epoch === head.epoch)
				behind += Math.max(0, head.offset - held.offset);
		}
		return behind;
	}

	/** Everything ends; subscriptions live on and ask again on the next link. */
	reset(): void {
		for (const { link } of this.#links) this.closed(link);
	}

	#isOpen(link: LinkId): boolean {
		return this.#links.some((other) => other.link === link);
	}

	/** One that was left in this very turn lives on if it does what is asked; if not, it is another one. */
	#join(name: string, options: SubscribeOptions): Channel {
		const { from = "now", recover = true } = options;
		const channel = this.#channels.get(name);
		if (channel === undefined) return this.#add(name, options);
		if (channel.listeners.length > 0) {
			if (from === "now") return channel;
			throw invalid("`from` belongs to the first subscription of a channel; use history().");
		}
		if (from === "now" && channel.state.recover === recover) return channel;
		this.#remove(channel);
		return this.#add(name, options);
	}

	#add(name: string, { from = "now", recover = true }: SubscribeOptions): Channel {
		const start = from === "now" ? null : from;
		this.#lanes += 1;
		const lane = this.#lanes + this.#asks;
		const state = machine.initialChannel(name, { from: start, recover, lane });
		const channel: Channel = { name, state, listeners: [] };
		this.#channels.set(name, channel);
		this.#plan(channel);
		return channel;
	}

	/** At the end of the turn: ten thousand changes of mind in one tick are one frame, or none. */
	#plan(channel: Channel): void {
		if (this.#fresh.length === 0) queueMicrotask(() => this.#settle());
		this.#fresh.push(channel);
	}

	#settle(): void {
		const fresh = new Set(this.#fresh);
		this.#fresh = [];
		for (const channel of fresh) {
			const isKnown = this.#channels.get(channel.name) === channel;
			if (isKnown && channel.listeners.length === 0) this.#remove(channel);
			else if (isKnown && !machine.isOpen(channel.state)) this.#open(channel);
		}
		this.#facts.answered();
	}

	#open(channel: Channel): void {
		for (const { link, via } of this.#links) {
			if (via === "polling") continue;
			this.#step(channel, { type: "link-opened", link, via });
			if (link === this.#current) this.#step(channel, { type: "link-adopted", link });
		}
	}

	#remove(channel: Channel): void {
		this.#channels.delete(channel.name);
		if (!machine.isOpen(channel.state)) return;
		const id = machine.lastAskId(channel.state);
		// Ids of a channel grow on a link, also where it is joined again.
		this.#asks = Math.max(this.#asks, id - (id % machine.LANES));
		this.#facts.left({ type: "unsubscribe", id, channel: channel.name });
	}

	#all(input: ChannelInput): void {
		for (const channel of this.#channels.values())
			if (channel.listeners.length > 0) this.#step(channel, input);
	}

	#step(channel: Channel, input: ChannelInput): void {
		const shown = machine.subscriptionState(channel.state);
		const [state, effects] = machine.transition(channel.state, input);
		channel.state = state;
		for (const effect of effects) this.#perform(channel, effect);
		const next = machine.subscriptionState(state);
		if (next !== shown) for (const listener of channel.listeners) listener.state.set(next);
	}

	#perform(channel: Channel, effect: ChannelEffect): void {
		switch (effect.type) {
			case "deliver":
				this.delivered += 1;
				return this.#each(channel, ({ call }) => this.#tell(call, effect.message as never));
			case "ask":
				return this.#facts.asked(effect.link, {
					type: "subscribe",
					id: effect.id,
					channel: channel.name,
					from: effect.from,
				});
			case "tell-gap": {
				const gap = { channel: channel.name, missed: effect.missed };
				this.#each(channel, ({ onGap }) => onGap && this.#tell(onGap, gap));
				return this.#facts.gapFound(gap);
			}
			case "deny":
				return this.#facts.answered();
			case "defer":
				return this.#facts.deferred(effect.link, channel.name);
			default:
				return effect satisfies never;
		}
	}

	/** One that another has just unsubscribed is not called any more. */
	#each(channel: Channel, run: (listener: Listener) => void): void {
		const { listeners } = channel;
		for (const listener of listeners)
			if (channel.listeners === listeners || channel.listeners.includes(listener)) run(listener);
	}

	#tell<T>(call: (detail: T) => void, detail: T): void {
		try {
			call(detail);
		} catch (reason) {
			this.#report(reason);
		}
	}
}
