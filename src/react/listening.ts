/*
 * One component's interest in one channel, over mounts and unmounts of its effects. The client shares
 * what goes over the wire; here is what it leaves to its callers: `from` belongs to a channel's first
 * subscription, and React mounts children before their parents, so who is first is nobody's choice.
 *
 *     first of a channel ──▶ subscribes from the furthest start that those mounted with it ask for
 *     a later one        ──▶ subscribes from now; what it asked for beyond that comes with the first
 *                            one's replay, or, if that has begun, from history() while messages wait
 */
import type { Message, SubscriptionState } from "../channels/message.js";
import type { Client, SubscribeOptions, Subscription } from "../client/client.js";
import type { Position } from "../protocol/position.js";
import { reaches, type Start } from "./start.js";
import type { Source } from "./use-readable.js";

type Listener = (message: Message<never>) => void;

export const SUBSCRIBING: SubscriptionState = { status: "subscribing" };

const isOver = ({ state }: Subscription): boolean => state.get().status === "unsubscribed";

/** All that are mounted, whether their effects have run yet or not. */
const mounted = new Set<Listening>();

export class Listening implements Source<SubscriptionState> {
	readonly #client: Client;
	readonly #channel: string;
	#listener: Listener | undefined;
	#options: SubscribeOptions = {};
	#subscription: Subscription | undefined;
	/** What its subscription will bring once it is answered. */
	#replayFrom: Start = "now";
	/** Of the last message that the listener was told. */
	#position: Position | null = null;
	/** Messages that came while the past is fetched. */
	#waiting: Message<unknown>[] | undefined;

	constructor(client: Client, channel: string) {
		this.#client = client;
		this.#channel = channel;
	}

	/** At each render that is kept, before any effect subscribes. */
	mount(listener: Listener, options: SubscribeOptions): () => void {
		this.#listener = listener;
		this.#options = options;
		mounted.add(this);
		return () => {
			mounted.delete(this);
		};
	}

	get(): SubscriptionState {
		return this.#subscription?.state.get() ?? SUBSCRIBING;
	}

	subscribe(changed: () => void): () => void {
		const subscription = this.#begin();
		const unwatch = subscription.state.subscribe(() => {
			// Answered: its replay no longer lies ahead, also when the link is lost later.
			this.#replayFrom = "now";
			changed();
		});
		return () => {
			unwatch();
			subscription.unsubscribe();
			this.#subscription = undefined;
			this.#replayFrom = "now";
		};
	}

	/** Where it was, if React took its effects away for a while (Activity, hot reload). */
	get #start(): Start {
		const { from = "now", recover = true } = this.#options;
		return (recover && this.#position) || from;
	}

	#begin(): Subscription {
		const start = this.#start;
		const peers = [...mounted].filter(
			(peer) => peer.#client === this.#client && peer.#channel === this.#channel,
		);
		const isComing = peers.some((peer) => reaches(peer.#replayFrom, start));
		const furthest = peers.reduce(
			(from, peer) => (reaches(peer.#start, from) ? peer.#start : from),
			start,
		);
		try {
			return this.#open(furthest);
		} catch (reason) {
			if (furthest === "now") throw reason;
		}
		const subscription = this.#open("now");
		if (!isComing) void this.#catchUp(subscription, start);
		return subscription;
	}

	#open(from: Start): Subscription {
		const subscription = this.#client.subscribe(
			this.#channel,
			(message) => {
				// One that left while its neighbours were told is told nothing any more.
				if (isOver(subscription)) return;
				if (this.#waiting) this.#waiting.push(message);
				else this.#hear(message);
			},
			{ ...this.#options, from, onGap: (gap) => this.#options.onGap?.(gap) },
		);
		this.#subscription = subscription;
		this.#replayFrom = from;
		this.#waiting = undefined;
		return subscription;
	}

	async #catchUp(subscription: Subscription, start: Start): Promise<void> {
		const waiting: Message<unknown>[] = [];
		this.#waiting = waiting;
		// Code that can't be loaded is one more way in which the past can't be had.
		const code = await import("./catch-up.js").catch(() => null);
		const past = await code?.fetchPast(this.#client, this.#channel, start);
		if (isOver(subscription)) return;
		this.#waiting = undefined;
		const tell = (run: () => void): void => {
			try {
				if (!isOver(subscription)) run();
			} catch (reason) {
				// The rest is told all the same; of this the platform tells, as nobody caught it.
				void Promise.reject(reason);
			}
		};
		if (!past?.isWhole)
			tell(() => this.#options.onGap?.({ channel: this.#channel, missed: "unknown" }));
		for (const message of past && code ? code.join(past.messages, waiting) : waiting)
			tell(() => this.#hear(message));
	}

	#hear(message: Message<unknown>): void {
		this.#position = message.position ?? this.#position;
		this.#listener?.(message as Message<never>);
	}
}
