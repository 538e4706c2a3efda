/* Degraded mode at work: polls when the mode machine says so, publishes over HTTP in between. */

import type { Message } from "../channels/message.js";
import { modeOf } from "../degraded/mode.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type { PollResponse, SubscribeFrame } from "../protocol/frames.js";
import type { StartAt } from "../protocol/position.js";
import type { HistoryQuery } from "../transport/http.js";
import { Poller } from "./poller.js";
import type { SendOrder } from "./publisher.js";
import type { PollKeeping, Shell } from "./shell.js";

type Asks = Record<string, { id: number; from: StartAt }>;

/** One waiting `loadMore()`. */
interface Waiting {
	resolve(received: number): void;
	reject(cause: RealtimeError): void;
}

export class Polling implements PollKeeping {
	readonly poller: Poller;
	readonly #shell: Shell;
	#links = 0;
	#asks: Asks | null = null;
	#open: number | null = null;
	#waiting: Waiting[] = [];

	constructor(shell: Shell) {
		this.#shell = shell;
		this.poller = new Poller(shell.settings.api, shell, shell.runtime);
	}

	/** A poll is a link that answers once: the channel machines see no other difference. */
	poll({ peek, waitMs }: Parameters<PollKeeping["poll"]>[0]): void {
		const { subscriptions, counts } = this.#shell;
		this.#links -= 1;
		const link = this.#links;
		this.#open = link;
		counts.polls += 1;
		const asks: Asks = Object.create(null);
		this.#asks = asks;
		subscriptions.opened(link, "polling");
		this.#asks = null;
		Object.assign(asks, this.#shell.share?.pollAsks());
		this.poller.poll({ channels: asks, waitMs, ...(peek ? { peek } : {}) }).then(
			(response) => this.#open === link && this.#take(link, response),
			(reason) => this.#open === link && this.#fail(link, RealtimeError.from(reason)),
		);
	}

	/** An ask of the poll that is being made; one that comes later waits for the next poll. */
	asked({ channel, id, from }: SubscribeFrame): void {
		if (this.#asks !== null) this.#asks[channel] = { id, from };
	}

	publish(order: SendOrder): void {
		const { publisher } = this.#shell;
		const { link } = order.route;
		this.poller.publish(order).then(
			({ results }) => {
				for (const result of results) publisher.answered(link, result);
			},
			// What became of it is unknown; the next poll that works opens the route again.
			() => publisher.routeClosed(link),
		);
	}

	async history(query: HistoryQuery, signal?: AbortSignal): Promise<readonly Message<unknown>[]> {
		if (this.#shell.settings.api.length === 0)
			throw new RealtimeError("invalid-option", "history needs `api`.");
		const { messages } = await this.poller.history(query, signal);
		return messages.map(({ type: _, ...message }) => ({
			...message,
			replayed: true,
			via: "polling",
		}));
	}

	/** Resolves with how many messages the next poll brings. */
	loadMore(): Promise<number> {
		if (this.#shell.settings.api.length === 0)
			return Promise.reject(new RealtimeError("invalid-option", "loadMore needs `api`."));
		if (this.#shell.links.live !== undefined) return Promise.resolve(0);
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject });
			const { mode } = this.#shell;
			mode.send({ type: "poll-requested" });
			// Nothing polls yet: the trouble is young. Who asks is answered all the same.
			if (this.#open === null && modeOf(mode.state).mode === "normal")
				this.poll({ type: "poll", peek: false, waitMs: 0 });
		});
	}

	/** Ends what is in flight, publishes too, whose route ends with them. */
	stop(): void {
		this.poller.abort();
		this.#shell.share?.pollingStopped();
		for (const { resolve } of this.#waiting.splice(0)) resolve(0);
		if (this.#open === null) return;
		const link = this.#open;
		this.#open = null;
		this.#shell.subscriptions.closed(link);
	}

	#take(link: number, response: PollResponse): void {
		const { subscriptions, connection, mode } = this.#shell;
		const before = subscriptions.delivered;
		for (const frame of response.frames) this.#receive(link, frame);
		subscriptions.closed(link);
		this.#open = null;
		const received = subscriptions.delivered - before;
		const pending = this.#count(response);
		this.#reopen(response.dedupeMs);
		const { pollAfterMs, windowMs } = response;
		mode.send({ type: "polled", outcome: { ok: true, pollAfterMs, received, pending } });
		if (response.realtime === "up") connection.send({ type: "realtime-reported", windowMs });
		for (const { resolve } of this.#waiting.splice(0)) resolve(received);
	}

	#receive(link: number, frame: PollResponse["frames"][number]): void {
		const { subscriptions } = this.#shell;
		if (frame.type === "rejected") subscriptions.rejected(link, frame);
		else if (frame.type === "subscribed" || frame.type === "gap" || frame.type === "message")
			subscriptions.received(link, frame);
	}

	#count({ frames }: PollResponse): number {
		let pending = 0;
		for (const frame of frames)
			if (frame.type === "heads") pending += this.#shell.subscriptions.countBehind(frame.heads);
		return pending;
	}

	/** HTTP works: publishes go that way while no link does. */
	#reopen(dedupeMs: number): void {
		const { publisher, links } = this.#shell;
		if (links.live !== undefined || publisher.route !== null) return;
		this.#links -= 1;
		publisher.routeOpened({ link: this.#links, via: "http" }, dedupeMs);
	}

	#fail(link: number, cause: RealtimeError): void {
		this.#shell.subscriptions.closed(link);
		this.#open = null;
		const retryAfterMs = cause.retryAfterMs ?? 0;
		this.#shell.mode.send({ type: "polled", outcome: { ok: false, retryAfterMs } });
		for (const { reject } of this.#waiting.splice(0)) reject(cause);
	}
}
