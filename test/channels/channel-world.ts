/* A client's channel and a log that breaks, with what lies between them. */
import {
	type ChannelState,
	initialChannel,
	position,
	transition,
} from "../../src/channels/channel.js";
import type { ChannelEffect, ChannelInput, LinkId } from "../../src/channels/contract.js";
import type { Position } from "../../src/protocol/position.js";
import { type Frame, type ModelLink, ModelLog } from "./model-server.js";

/** What may happen. Numbers choose among what is there. */
export type Event =
	| { readonly type: "append" | "open" | "poll" | "adopt" | "heads" }
	| Picking
	| { readonly type: "break" | "trim"; readonly count: number };

type Picking = {
	readonly [T in "serve" | "receive" | "close" | "lose" | "swap" | "refuse"]: {
		readonly type: T;
		readonly pick: number;
	};
}["serve" | "receive" | "close" | "lose" | "swap" | "refuse"];

/** One client, one log, any number of links; and a ledger of what the app was told. */
export class World {
	readonly log = new ModelLog();
	readonly links = new Map<LinkId, ModelLink>();
	readonly delivered: string[] = [];
	/** Not delivered, and the app knows: before where it began, or behind a gap that it was told of. */
	readonly excused = new Set<string>();
	state: ChannelState;
	gaps = 0;
	asks = 0;
	#lastLink = 0;
	#orders: { epoch: string; offset: number }[] = [];

	constructor(from: "earliest" | null) {
		this.state = initialChannel("c", { from, recover: true, lane: 1 });
	}

	play(event: Event): void {
		if ("pick" in event) return this.#playOn(event);
		switch (event.type) {
			case "append":
				return this.#append();
			case "break":
				// The publishers hear of it and send again what was lost.
				for (const id of this.log.loseTail(event.count)) this.#spread(this.log.append(id));
				return;
			case "trim":
				return this.log.trim(event.count);
			case "open":
				if (this.#sockets().length < 2) this.open("websocket");
				return;
			case "poll":
				if (this.links.size === this.#sockets().length) this.open("polling");
				return;
			case "adopt": {
				const newest = this.#sockets().at(-1);
				if (newest !== undefined) this.feed({ type: "link-adopted", link: newest.link });
				return;
			}
			case "heads":
				return this.#report();
			default:
				return event satisfies never;
		}
	}

	open(via: "websocket" | "polling"): LinkId {
		this.#lastLink += 1;
		const link = via === "polling" ? -this.#lastLink : this.#lastLink;
		this.links.set(link, { link, asks: [], frames: [], isFollowing: false });
		this.feed({ type: "link-opened", link, via });
		return link;
	}

	close(link: LinkId): void {
		this.links.delete(link);
		this.feed({ type: "link-closed", link });
	}

	/** The server answers an ask; a WebSocket follows the log from then on. */
	serve(link: ModelLink): void {
		const ask = link.asks.shift();
		if (ask === undefined) return;
		link.frames.push(...this.log.subscribe(ask.id, ask.from));
		link.isFollowing = link.link > 0;
	}

	receive(link: ModelLink): void {
		const frame = link.frames.shift();
		if (frame !== undefined)
			this.feed({ type: frame.type, link: link.link, frame } as ChannelInput);
		// A poll's answer is all that it brings.
		if (link.link < 0 && frame !== undefined && link.frames.length === 0) this.close(link.link);
	}

	/** Everything heals: one link, all of it read to the end, and a report of the head. */
	settle(): void {
		for (const link of [...this.links.keys()]) this.close(link);
		this.open("websocket");
		for (let round = 0; round < 50; round += 1) {
			for (const link of [...this.links.values()]) {
				while (link.asks.length + link.frames.length > 0) {
					this.serve(link);
					this.receive(link);
				}
				this.feed({ type: "ask-again", link: link.link });
				this.feed({ type: "head", link: link.link, head: this.log.head });
			}
		}
	}

	feed(input: ChannelInput): void {
		const before = position(this.state);
		const [state, effects] = transition(this.state, input);
		this.state = state;
		if (before === null) this.#excuse();
		for (const effect of effects) this.#perform(effect);
		this.#orders.push(...this.#moved(before, position(state)));
	}

	get isInOrder(): boolean {
		return this.#orders.every(({ epoch, offset }, index) => {
			const before = this.#orders[index - 1];
			return before === undefined || epoch > before.epoch || offset > before.offset;
		});
	}

	#moved(before: Position | null, now: Position | null): readonly Position[] {
		const isSame = before?.epoch === now?.epoch && before?.offset === now?.offset;
		return now === null || isSame ? [] : [now];
	}

	#perform(effect: ChannelEffect): void {
		if (effect.type === "deliver") this.delivered.push(effect.message.id);
		if (effect.type === "ask") {
			this.asks += 1;
			this.links.get(effect.link)?.asks.push({ id: effect.id, from: effect.from });
		}
		if (effect.type !== "tell-gap") return;
		this.gaps += 1;
		this.#excuse();
	}

	/** Where a channel starts, and how far a gap reaches: nothing up to there is owed. */
	#excuse(): void {
		const to = position(this.state)?.offset ?? 0;
		for (const [id, offset] of this.log.kept) if (offset <= to) this.excused.add(id);
	}

	#playOn(event: Picking): void {
		const links = [...this.links.values()];
		const link = links[event.pick % Math.max(1, links.length)];
		if (link === undefined) return;
		const { frames } = link;
		const last = frames.length - 1;
		const isLive = frames[last]?.type === "message" && frames[last - 1]?.type === "message";
		switch (event.type) {
			case "serve":
				return this.serve(link);
			case "receive":
				return this.receive(link);
			case "close":
				return this.close(link.link);
			// A feed that drops or turns round what it follows: a hole, which must heal.
			case "lose":
				if (frames[last]?.type === "message") frames.pop();
				return;
			case "swap":
				if (isLive) frames.push(...frames.splice(last - 1, 2).reverse());
				return;
			case "refuse": {
				const ask = link.asks.shift();
				if (ask === undefined) return;
				const { id } = ask;
				this.feed({ type: "rejected", link: link.link, id, code: "retry" });
				return this.feed({ type: "ask-again", link: link.link });
			}
			default:
				return event satisfies never;
		}
	}

	#append(): void {
		const frame = this.log.append();
		this.#spread(frame);
	}

	#spread(frame: Frame): void {
		for (const link of this.links.values()) if (link.isFollowing) link.frames.push(frame);
	}

	/** A head is reported once the link's feed has been worked off. */
	#report(): void {
		for (const { link, frames } of this.#sockets())
			if (frames.length === 0) this.feed({ type: "head", link, head: this.log.head });
	}

	#sockets(): readonly ModelLink[] {
		return [...this.links.values()].filter(({ link }) => link > 0);
	}
}
