/*
 *   opening ── subscribed, gap ──▶ replaying ── caught up ──▶ live
 *      │                            │     ▲                   │
 *      │ rejected          new epoch│     ╰── a hole: we missed something of the same epoch
 *      ▼                            ▼
 *    ended ◀── end() ── any       stale: told its head, and silent until the client asks again
 *
 * Follow first, then read, and gate by offset (rule 5): live messages that come during a replay only
 * say how far it has to go. A message of another epoch is never sent: a gap may only answer an ask.
 */
import type { RejectionCode } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import { dispose } from "../reactive/disposable.js";
import type { FollowedMessage, StoredMessage } from "./contract.js";
import { kindOf } from "./fault.js";
import type { Hub } from "./hub.js";
import { isLater, isSame } from "./position-order.js";
import { rejected } from "./rejection.js";
import { readReplay } from "./replay.js";
import type { Wire } from "./wire.js";

const PAGE = 256;
/** Ephemeral messages that come during a replay wait for its end; more than that are worth nothing then. */
const MAX_HELD = 128;
const RETRY_MS = 1_000;
const LAG_MS = 100;

const NOWHERE: Position = { epoch: "", offset: 0 };

export class Subscription {
	readonly id: number;
	readonly channel: string;
	readonly #hub: Hub;
	readonly #wire: Wire;
	#phase: "opening" | "replaying" | "live" | "stale" | "ended" = "opening";
	/** Of the last stored message that was sent. */
	#position = NOWHERE;
	/** Of the last stored message that we know of. */
	#seen = NOWHERE;
	/** The last head that the client has heard of. */
	#told = NOWHERE;
	#held: FollowedMessage[] = [];
	#follow: Disposable | null = null;
	#settle: () => void = () => undefined;
	/** Resolves once its place in the log is known, or it has ended. */
	readonly placed = new Promise<void>((resolve) => {
		this.#settle = resolve;
	});

	constructor(id: number, channel: string, hub: Hub, wire: Wire) {
		this.id = id;
		this.channel = channel;
		this.#hub = hub;
		this.#wire = wire;
	}

	/** The epoch that the client was answered with, or null. */
	get epoch(): string | null {
		return this.#position.epoch || null;
	}

	get isOpening(): boolean {
		return this.#phase === "opening";
	}

	/** Answers the subscribe, and replays. Never rejects. */
	async begin(
		from: StartAt,
		isAllowed: () => Promise<RejectionCode | null>,
	): Promise<"begun" | "rejected"> {
		try {
			const refusal = await isAllowed();
			if (refusal !== null) return this.#reject(refusal);
			await this.#open(from);
			void this.#catchUp();
			return "begun";
		} catch (reason) {
			this.#hub.settings.logger.warn("subscribe-failed", { kind: kindOf(reason) });
			return this.#reject("retry");
		}
	}

	end(): void {
		this.#phase = "ended";
		this.#settle();
		this.#held = [];
		dispose(this.#follow);
		this.#follow = null;
	}

	/** A head of the log: what of it is to be reported, if the feed has been worked off and it moved. */
	report(head: Position): Position | null {
		if (this.#phase !== "live" && this.#phase !== "stale") return null;
		if (this.#phase === "live" && isLater(head, this.#position)) {
			// The log never told us. We read it ourselves before we make the client ask.
			this.#learn(head);
			return null;
		}
		// A reader may be behind a follower: what the client has passed is no news.
		const isPassed = this.#phase === "live" && isLater(this.#position, head);
		if (isPassed || isSame(head, this.#told)) return null;
		this.#told = head;
		return head;
	}

	async #open(from: StartAt): Promise<void> {
		if (this.#isOver()) return;
		const { feed, log, stats } = this.#hub;
		const follow = await feed.join(this.channel, (message) => this.#hear(message));
		if (this.#isOver()) return dispose(follow);
		this.#follow = follow;
		const { subscribed, gap, messages } = await readReplay(
			log,
			{ id: this.id, channel: this.channel, from },
			PAGE,
		);
		if (this.#isOver()) return;
		this.#wire.send(JSON.stringify(subscribed));
		if (gap !== null) {
			this.#wire.send(JSON.stringify(gap));
			stats.count("gaps");
		}
		if (messages.length > 0) stats.count("replays");
		this.#phase = "replaying";
		this.#position = subscribed.start;
		this.#told = subscribed.position;
		if (isLater(subscribed.position, this.#seen)) this.#seen = subscribed.position;
		this.#settle();
		await this.#sendAll(messages);
	}

	#reject(code: RejectionCode): "rejected" {
		if (!this.#isOver())
			this.#wire.send(JSON.stringify(rejected(this.id, code, this.#hub.settings)));
		this.end();
		return "rejected";
	}

	#hear(message: FollowedMessage): void {
		const { position } = message;
		if (position === null) return this.#hearEphemeral(message);
		const { epoch, offset } = this.#position;
		if (this.#phase !== "live") {
			if (isLater(position, this.#seen)) this.#seen = position;
		} else if (position.epoch === epoch && position.offset === offset + 1) {
			this.#position = position;
			this.#wire.sendMessage(message);
		} else if (isLater(position, this.#position)) this.#learn(position);
	}

	#hearEphemeral(message: FollowedMessage): void {
		if (this.#phase === "live" || this.#phase === "stale") this.#wire.sendMessage(message);
		else if (this.#phase === "replaying" && this.#held.length < MAX_HELD) this.#held.push(message);
	}

	#learn(position: Position): void {
		this.#seen = position;
		this.#phase = "replaying";
		void this.#catchUp();
	}

	async #catchUp(): Promise<void> {
		while (this.#phase === "replaying" && isLater(this.#seen, this.#position)) {
			try {
				await this.#readOn();
			} catch (reason) {
				this.#hub.settings.logger.warn("replay-failed", { kind: kindOf(reason) });
				await this.#hub.settings.clock.sleep(RETRY_MS);
			}
		}
		if (this.#phase !== "replaying") return;
		this.#phase = "live";
		for (const message of this.#held.splice(0)) this.#wire.sendMessage(message);
	}

	async #readOn(): Promise<void> {
		const { log, settings } = this.#hub;
		await this.#wire.room();
		const { messages, complete } = await log.read(this.channel, this.#position, PAGE);
		if (this.#phase !== "replaying") return;
		if (!complete) return this.#goStale();
		if (messages.length > 0) return this.#sendAll(messages);
		// What we were told of is not there (yet): a follower may be ahead of a reader.
		this.#seen = await log.head(this.channel);
		if (isLater(this.#seen, this.#position)) await settings.clock.sleep(LAG_MS);
	}

	async #sendAll(messages: readonly StoredMessage[]): Promise<void> {
		for (const message of messages) {
			if (this.#phase !== "replaying") return;
			this.#position = message.position;
			this.#wire.sendMessage(message);
			if (this.#wire.isBusy) await this.#wire.room();
		}
	}

	/** What follows cannot be told without a gap, so the client has to ask: a head of ours makes it. */
	async #goStale(): Promise<void> {
		this.#phase = "stale";
		const head = this.report(await this.#hub.log.head(this.channel));
		if (head !== null) this.#wire.send(headsJson([[this.channel, head]]));
	}

	#isOver(): boolean {
		return this.#phase === "ended" || !this.#wire.isOpen;
	}
}

/** Without a prototype, so that a channel named `__proto__` is a name like any other. */
export function headsJson(heads: readonly (readonly [string, Position])[]): string {
	const byChannel: Record<string, Position> = Object.create(null);
	for (const [channel, head] of heads) byChannel[channel] = head;
	return JSON.stringify({ type: "heads", heads: byChannel });
}
