/* What one link publishes: a lane a channel, so that one that waits for a permission holds up no other. */
import type { PublishFrame } from "../protocol/frames.js";
import type { Hub } from "./hub.js";
import { type Author, Lane, type Outcome } from "./lane.js";
import { Queue } from "./queue.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Wire } from "./wire.js";

interface Held {
	readonly publish: PublishFrame;
	readonly bytes: number;
	readonly arrivedAt: number;
	/** A subscribe of the channel that came before it: whoever subscribes and then publishes hears himself. */
	readonly behind: Promise<void> | null;
}
interface Line {
	readonly lane: Lane;
	readonly held: Queue<Held>;
	/** Since when the first of them has been at work; null: nothing waits. */
	busySince: number | null;
}

/** A client keeps at most 256 publishes in flight; ephemeral ones come on top. */
const WINDOW = 256;
/** A log that does not answer for so long: another server may have a better one. */
const STUCK_MS = 10_000;

export class Publisher {
	readonly #hub: Hub;
	readonly #wire: Wire;
	readonly #author: Author;
	readonly #subscriptions: Pick<Subscriptions, "epochOf" | "opening">;
	/** The least recently used first. */
	readonly #lines = new Map<string, Line>();
	#heldBytes = 0;

	constructor(
		author: Author,
		subscriptions: Pick<Subscriptions, "epochOf" | "opening">,
		hub: Hub,
		wire: Wire,
	) {
		this.#author = author;
		this.#subscriptions = subscriptions;
		this.#hub = hub;
		this.#wire = wire;
	}

	take(publish: PublishFrame, bytes: number): void {
		const { maxFrameBytes, clock } = this.#hub.settings;
		this.#heldBytes += bytes;
		if (this.#heldBytes > WINDOW * maxFrameBytes)
			return this.#wire.close(4429, this.#hub.roster.windowReason);
		const line = this.#line(publish.channel);
		const behind = this.#subscriptions.opening(publish.channel);
		line.held.push({ publish, bytes, arrivedAt: clock.monotonic(), behind });
		if (line.busySince === null) void this.#work(line);
	}

	/** The log has left a publish without an answer. */
	isStuck(now: number): boolean {
		for (const { busySince } of this.#lines.values())
			if (busySince !== null && now - busySince > STUCK_MS) return true;
		return false;
	}

	/** In order of arrival, one after the other, whatever each has to wait for. */
	async #work(line: Line): Promise<void> {
		for (let next = line.held.peek(); next !== undefined; next = line.held.peek()) {
			line.busySince = this.#hub.settings.clock.monotonic();
			if (next.behind !== null) await next.behind;
			const outcome = this.#wire.isOpen ? await line.lane.take(next.publish, next.arrivedAt) : null;
			line.held.shift();
			this.#heldBytes -= next.bytes;
			if (outcome !== null) this.#answer(outcome);
		}
		line.busySince = null;
	}

	#answer(outcome: Outcome): void {
		if (outcome.type === "unanswered") return;
		// A newer link of the client, or another epoch: it comes back and sends again what is open.
		if (outcome.type === "fenced") this.#wire.close(1012, this.#hub.roster.windowReason);
		else this.#wire.send(JSON.stringify(outcome));
	}

	#line(channel: string): Line {
		const known = this.#lines.get(channel);
		if (known !== undefined) {
			this.#lines.delete(channel);
			this.#lines.set(channel, known);
			return known;
		}
		if (this.#lines.size >= this.#hub.settings.maxChannels) this.#forgetOne();
		const epochOf = (name: string): string | null => this.#subscriptions.epochOf(name);
		const lane = new Lane(channel, this.#author, epochOf, this.#hub);
		const line: Line = { lane, held: new Queue(), busySince: null };
		this.#lines.set(channel, line);
		return line;
	}

	#forgetOne(): void {
		for (const [channel, { lane, busySince }] of this.#lines) {
			if (busySince !== null || lane.isBlocked) continue;
			this.#lines.delete(channel);
			return;
		}
	}
}
