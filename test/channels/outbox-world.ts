/* An outbox, its disk, and a server in miniature that keeps rules 5, 7 and 8. */
import type { OutboxEffect, OutboxInput, StoredPublish } from "../../src/channels/contract.js";
import {
	dueAt,
	entries,
	initialOutbox,
	type OutboxState,
	transition,
} from "../../src/channels/outbox.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { OUTBOX, type OutboxPolicy } from "../../src/policy/policies.js";

export type Event =
	| {
			readonly type:
				| "open"
				| "close"
				| "serve"
				| "serve-newest"
				| "answer"
				| "disk"
				| "disk-fails"
				| "crash";
	  }
	| { readonly type: "reject" | "forbid" }
	| { readonly type: "publish"; readonly channel: "c" | "d" }
	| { readonly type: "wait"; readonly ms: number };

type Sent = Extract<OutboxEffect, { type: "send" }>["publishes"][number] & { readonly at: number };
type Answer = Extract<OutboxInput, { type: "acknowledged" | "rejected" }>;

interface ModelLink {
	readonly link: number;
	readonly up: Sent[];
	readonly down: Answer[];
	/** Per channel: what was turned down and must come first. */
	readonly awaited: Map<string, string>;
}

const DEDUPE_MS = 600_000;
/** Rule 8: more than transit and queues can take. */
const MARGIN_MS = 60_000;
const WALL = 1_700_000_000_000;

export class OutboxWorld {
	readonly log: { readonly id: string; readonly channel: string }[] = [];
	readonly published: { readonly id: string; readonly channel: string }[] = [];
	/** What each publish was said to have become. */
	readonly told = new Map<string, string>();
	readonly #policy: OutboxPolicy;
	readonly #disk = new Map<string, StoredPublish>();
	/** Writes and deletions that the disk has not done yet, in order. */
	#pending: Extract<OutboxEffect, { type: "store" | "forget" }>[] = [];
	/** Ids that the server remembers, and since when. */
	readonly #known = new Map<string, number>();
	readonly #forbidden = new Set<string>();
	#links: ModelLink[] = [];
	#fence = 0;
	#lastLink = 0;
	#now = 0;
	#state: OutboxState;

	constructor(persist: OutboxPolicy["persist"]) {
		this.#policy = { ...OUTBOX, persist };
		this.#state = initialOutbox(this.#policy);
	}

	get pending(): number {
		return entries(this.#state).length;
	}

	/** Of what was told, and of what is only stored: nobody may be told otherwise later. */
	isStored(id: string): boolean {
		return this.log.some((stored) => stored.id === id);
	}

	play(event: Event): void {
		switch (event.type) {
			case "publish":
				return this.#publish(event.channel);
			case "open":
				return this.#open();
			case "close":
				return this.#close(this.#links.at(-1));
			case "serve":
				return this.#oldest("up", (link) => this.#serve(link, "handle"));
			case "serve-newest": {
				const newest = this.#links.at(-1);
				if (newest !== undefined && newest.up.length > 0) this.#serve(newest, "handle");
				return;
			}
			case "reject":
			case "forbid":
				return this.#oldest("up", (link) => this.#serve(link, event.type));
			case "answer":
				return this.#oldest("down", (link) => this.#feed(link.down.shift() as Answer));
			case "disk":
				return this.#work("done");
			case "disk-fails":
				return this.#work("failed");
			case "crash":
				return this.#crash();
			case "wait":
				return this.#wait(event.ms);
			default:
				return event satisfies never;
		}
	}

	/** Everything heals: a new link, a disk that works, a server that stores. */
	settle(): void {
		this.#open();
		for (const link of this.#links.slice(0, -1)) this.#close(link);
		for (let round = 0; round < 200; round += 1) {
			this.#work("done");
			this.#oldest("up", (link) => this.#serve(link, "handle"));
			this.#oldest("down", (link) => this.#feed(link.down.shift() as Answer));
			if (dueAt(this.#state) < this.#now + 700_000) this.#wait(dueAt(this.#state) - this.#now);
		}
	}

	#publish(channel: string): void {
		const id = `${this.published.length + 1}`;
		this.published.push({ id, channel });
		const options = { bytes: 1, ttlMs: 5_000, whenOffline: "queue" as const };
		this.#feed({ type: "publish-requested", id, channel, data: id, ...options });
	}

	#open(): void {
		this.#lastLink += 1;
		this.#links = [
			...this.#links.slice(-1),
			{ link: this.#lastLink, up: [], down: [], awaited: new Map() },
		];
		const route = { link: this.#lastLink, via: "websocket" as const };
		this.#feed({ type: "route-opened", route, dedupeMs: DEDUPE_MS });
	}

	/** What it carried is lost, both ways. */
	#close(link: ModelLink | undefined): void {
		if (link === undefined) return;
		this.#links = this.#links.filter((other) => other !== link);
		this.#feed({ type: "route-closed", link: link.link });
	}

	/** The process dies; what the disk had not done may be done or not. A new one finds what is there. */
	#crash(): void {
		for (const link of this.#links) link.down.length = 0;
		const done = this.#pending.slice(0, this.#pending.length / 2);
		for (const order of done) this.#carryOut(order);
		this.#pending = [];
		this.#state = initialOutbox(this.#policy);
		const left = [...this.#disk.values()].sort((one, other) => one.seq - other.seq);
		const publishes = left.map((publish) => {
			const { firstSentAt } = publish;
			return { ...publish, sentForMs: firstSentAt && WALL + this.#now - firstSentAt };
		});
		this.#feed({ type: "restored", publishes });
	}

	#work(result: "done" | "failed"): void {
		const order = this.#pending.shift();
		if (order === undefined) return;
		const ids = order.publishes.map(({ id }) => id);
		const cause = new RealtimeError("internal", "Disk full.");
		if (order.type === "store" && result === "failed")
			return this.#feed({ type: "store-failed", ids, cause });
		this.#carryOut(order);
		this.#feed({ type: order.type === "store" ? "stored" : "forgotten", ids });
	}

	#carryOut(order: Extract<OutboxEffect, { type: "store" | "forget" }>): void {
		for (const publish of order.publishes)
			if (order.type === "store") this.#disk.set(publish.id, publish);
			else this.#disk.delete(publish.id);
	}

	#wait(ms: number): void {
		this.#now += Math.max(0, ms);
		this.#feed({ type: "ticked" });
	}

	/** What an older link still carried arrives first, as late as it likes. */
	#oldest(lane: "up" | "down", work: (link: ModelLink) => void): void {
		const link = this.#links.find((candidate) => candidate[lane].length > 0);
		if (link !== undefined) work(link);
	}

	#serve(link: ModelLink, how: "handle" | "reject" | "forbid"): void {
		const { id, channel, first, at } = link.up.shift() as Sent;
		// What was held longer than the margin is refused, and its link with it.
		if (this.#now - at > MARGIN_MS) return this.#close(link);
		const awaited = link.awaited.get(channel);
		if (awaited !== undefined && awaited !== id && !first) return this.#refuse(link, id, "retry");
		const known = this.#known.get(id);
		const isKnown = known !== undefined && this.#now - known <= DEDUPE_MS + MARGIN_MS;
		if (isKnown) return this.#acknowledge(link, id, "again");
		if (how === "reject") {
			link.awaited.set(channel, id);
			return this.#refuse(link, id, "retry");
		}
		link.awaited.delete(channel);
		// A permission that came and went would let the next one overtake: this one is gone for good.
		if (how === "forbid") this.#forbidden.add(id);
		if (this.#forbidden.has(id)) return this.#refuse(link, id, "forbidden");
		if (link.link < this.#fence) return this.#close(link);
		this.#fence = link.link;
		this.log.push({ id, channel });
		this.#known.set(id, this.#now);
		this.#acknowledge(link, id, "new");
	}

	#refuse({ link, down }: ModelLink, id: string, code: "retry" | "forbidden"): void {
		down.push({ type: "rejected", link, id, code, retryAfterMs: 500 });
	}

	#acknowledge({ link, down, awaited }: ModelLink, id: string, how: "new" | "again"): void {
		for (const [channel, other] of awaited) if (other === id) awaited.delete(channel);
		const position = { epoch: "e1", offset: this.log.length };
		down.push({ type: "acknowledged", link, id, position, duplicate: how === "again" });
	}

	#feed(input: OutboxInput): void {
		const moment = { now: this.#now, at: WALL + this.#now, random: () => 0 };
		const [state, effects] = transition(this.#state, input, this.#policy, moment);
		this.#state = state;
		for (const effect of effects) this.#perform(effect);
	}

	#perform(effect: OutboxEffect): void {
		switch (effect.type) {
			case "store":
			case "forget":
				this.#pending.push(effect);
				return;
			case "send":
				for (const { link, up } of this.#links)
					if (link === effect.route.link)
						up.push(...effect.publishes.map((publish) => ({ ...publish, at: this.#now })));
				return;
			case "settle":
				return this.#tell(effect.id, effect.receipt.status);
			case "fail":
				return this.#tell(effect.id, "failed");
			default:
				return effect satisfies never;
		}
	}

	#tell(id: string, outcome: string): void {
		if (this.told.has(id))
			throw new Error(`${id} was told twice: ${this.told.get(id)}, ${outcome}`);
		this.told.set(id, outcome);
	}
}
