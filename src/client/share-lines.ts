/* The leading tab's links as all tabs listen by them: whose ask went out, and who hears what comes. */
import type { LinkId } from "../channels/contract.js";
import type { RejectedFrame, ServerFrame, SubscribeFrame } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import type { TabId, ViewedLink } from "../share/contract.js";
import {
	isEmpty,
	type Line,
	type LineEffect,
	type LineInput,
	NO_LINE,
	transition,
} from "../share/line.js";
import type { Shell } from "./shell.js";
import type { ChannelFrame, LinkTap } from "./subscriptions.js";

/** This tab among those that listen. */
const OWN: TabId = "";
/** All polls, as the others see them: one link that lasts as long as polling does. */
const POLLS = -1;

export interface LineFacts {
	/** To one tab, or to all that listen. */
	down(to: TabId | null, link: number, frame: ServerFrame): void;
	/** Other links are open now. */
	relinked(): void;
}

export class Lines implements LinkTap {
	/** Whether this tab's own app has closed: the others are served, it is not told. */
	isOwnSilent = false;
	links: readonly ViewedLink[] = [];
	current: LinkId | null = null;
	readonly #shell: Shell;
	readonly #facts: LineFacts;
	readonly #lines = new Map<number, Map<string, Line>>();
	#poll: LinkId | null = null;
	#ids = 0;

	constructor(shell: Shell, facts: LineFacts) {
		this.#shell = shell;
		this.#facts = facts;
	}

	has(link: number): boolean {
		return this.#lines.has(link);
	}

	end(): void {
		this.#lines.clear();
	}

	// ── links ────────────────────────────────────────────────────────────────────────────────────
	opened(link: LinkId, via: ViewedLink["via"]): void {
		const shared = sharedOf(link);
		if (via === "polling") this.#poll = link;
		if (this.#lines.has(shared)) return;
		this.#lines.set(shared, new Map());
		this.links = [...this.links, { link: shared, via }];
		this.#facts.relinked();
	}

	adopted(link: LinkId): void {
		this.current = link;
		this.#facts.relinked();
	}

	/** A poll that is over is followed by the next: to the others it is one link. */
	closed(link: LinkId): void {
		if (link >= 0) return this.#close(link);
		this.#poll = null;
		this.leaveAll(POLLS, OWN);
	}

	pollingStopped(): void {
		if (this.#lines.has(POLLS)) this.#close(POLLS);
	}

	#close(link: number): void {
		this.#lines.delete(link);
		this.links = this.links.filter((other) => other.link !== link);
		if (this.current === link) this.current = null;
		this.#facts.relinked();
	}

	// ── asks ─────────────────────────────────────────────────────────────────────────────────────
	askOwn(link: LinkId, frame: SubscribeFrame): boolean {
		return this.ask(OWN, sharedOf(link), frame);
	}

	/** False: there is no such link any more. */
	ask(tab: TabId, link: number, { channel, id, from }: SubscribeFrame): boolean {
		if (!this.#lines.has(link)) return false;
		this.#step(link, channel, { type: "asked", tab, id, from });
		return true;
	}

	leaveOwn(channel: string): void {
		this.leave(OWN, channel);
	}

	leave(tab: TabId, channel: string): void {
		for (const link of this.#lines.keys()) this.#step(link, channel, { type: "left", tab });
	}

	forget(tab: TabId): void {
		for (const link of this.#lines.keys()) this.leaveAll(link, tab);
	}

	leaveAll(link: number, tab: TabId): void {
		for (const channel of [...(this.#lines.get(link)?.keys() ?? [])])
			this.#step(link, channel, { type: "left", tab });
	}

	/** For every channel that somebody listens to: where the next poll is to begin. */
	pollAsks(): Record<string, { id: number; from: StartAt }> {
		const asks: Record<string, { id: number; from: StartAt }> = Object.create(null);
		for (const [channel, { asking, head }] of this.#lines.get(POLLS) ?? []) {
			if (asking !== null) asks[channel] = { id: asking.id, from: asking.from };
			else if (head !== null) {
				this.#ids += 1;
				asks[channel] = { id: this.#ids, from: head };
			}
		}
		return asks;
	}

	#step(link: number, channel: string, input: LineInput): void {
		const lines = this.#lines.get(link);
		const line = lines?.get(channel) ?? (input.type === "asked" ? NO_LINE : undefined);
		if (lines === undefined || line === undefined) return;
		const [next, effects] = transition(line, input, this.#ids + 1);
		if (isEmpty(next)) lines.delete(channel);
		else lines.set(channel, next);
		if (next.lastId > this.#ids) this.#ids = next.lastId;
		for (const effect of effects) this.#perform(link, channel, effect);
	}

	#perform(link: number, channel: string, effect: LineEffect): void {
		const { links } = this.#shell;
		const { type, id } = effect;
		switch (type) {
			case "ask-server":
				if (link !== POLLS) links.ask(link, { type: "subscribe", id, channel, from: effect.from });
				return;
			case "leave-server":
				if (link !== POLLS) links.ask(link, { type: "unsubscribe", id, channel });
				return;
			case "answer": {
				const { tab, start, position, recovered } = effect;
				const answer = { id, channel, start, position, recovered };
				return this.#tell(tab, link, { type: "subscribed", ...answer });
			}
			case "refuse":
				return this.#tell(effect.tab, link, { type: "rejected", id, code: effect.code });
			default:
				return type satisfies never;
		}
	}

	#tell(tab: TabId, link: number, frame: ChannelFrame | RejectedFrame): void {
		if (tab !== OWN) return this.#facts.down(tab, link, frame);
		const at = link === POLLS ? this.#poll : link;
		if (at === null || this.isOwnSilent) return;
		if (frame.type === "rejected") this.#shell.subscriptions.refuse(at, frame);
		else this.#shell.subscriptions.receive(at, frame);
	}

	// ── what links bring ─────────────────────────────────────────────────────────────────────────
	received(link: LinkId, frame: ChannelFrame): boolean {
		const shared = sharedOf(link);
		const lines = this.#lines.get(shared);
		if (lines === undefined) return false;
		const line = lines.get(frame.channel);
		if (line === undefined) return true;
		if (frame.type === "subscribed") {
			this.#step(shared, frame.channel, { type: "answered", frame });
			return true;
		}
		if (!this.isOwnSilent) this.#shell.subscriptions.receive(link, frame);
		if (hasOthers(line)) this.#facts.down(null, shared, frame);
		const to = frame.position;
		if (to !== null) this.#step(shared, frame.channel, { type: "moved", to });
		return true;
	}

	rejected(link: LinkId, { id, code }: RejectedFrame): boolean {
		const shared = sharedOf(link);
		const lines = this.#lines.get(shared);
		if (lines === undefined) return false;
		for (const [channel, { asking }] of lines)
			if (asking?.id === id) this.#step(shared, channel, { type: "refused", id, code });
		return true;
	}

	headed(link: LinkId, heads: Readonly<Record<string, Position>>): void {
		const lines = this.#lines.get(link);
		const shared = Object.entries(heads).filter(([channel]) => hasOthers(lines?.get(channel)));
		if (shared.length > 0)
			this.#facts.down(null, link, { type: "heads", heads: Object.fromEntries(shared) });
	}
}

const sharedOf = (link: LinkId): number => (link < 0 ? POLLS : link);
const hasOthers = (line: Line | undefined): boolean =>
	line?.tabs.some((tab) => tab !== OWN) ?? false;
