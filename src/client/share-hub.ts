/* The leading tab's side: what all tabs listen to by its links, and what they publish by its outbox. */
import type { LinkId } from "../channels/contract.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { decodeClientMessage, isTooDeep } from "../protocol/decode-client.js";
import type {
	ClientFrame,
	PublishFrame,
	RejectedFrame,
	RejectionCode,
	ServerFrame,
	SubscribeFrame,
} from "../protocol/frames.js";
import { MAX_FRAMES, SERVER_TEXT } from "../protocol/limits.js";
import type { Position, StartAt } from "../protocol/position.js";
import { type Allowance, fullAllowance, spend } from "../share/allowance.js";
import * as carriage from "../share/carriage.js";
import type { LeaderView, Parcel, TabId, ViewedLink } from "../share/contract.js";
import {
	type Line,
	type LineEffect,
	type LineInput,
	isEmpty,
	NO_LINE,
	transition,
} from "../share/line.js";
import { toPlain, toPlainError } from "../share/plain.js";
import { woken } from "./effects.js";
import type { PublishEnd } from "./promises.js";
import type { Shell } from "./shell.js";
import type { ChannelFrame, LinkTap } from "./subscriptions.js";

/** This tab among those that listen. */
const OWN: TabId = "";
/** All polls, as the others see them: one link that lasts as long as polling does. */
const POLLS = -1;
const RETRY_MS = 500;
const MAX_CHANNELS = 10_000;
const MAX_HOLDS = 64;
/** Frames of one tab that wait to leave together. */
const TEXT = { maxLength: SERVER_TEXT.maxLength, maxFrames: MAX_FRAMES };

interface Member {
	readonly seat: number;
	readonly channels: Set<string>;
	readonly holds: string[];
	carriage: carriage.Carriage;
	allowance: Allowance;
}

type Up = Extract<Parcel, { type: "up" }>;
type Call = Extract<Parcel, { type: "call" }>;
interface Waiting {
	readonly to: TabId | null;
	readonly link: number;
	readonly frames: string[];
}

export class Hub implements LinkTap {
	readonly #shell: Shell;
	readonly #post: (parcel: Parcel) => void;
	readonly #members = new Map<TabId, Member>();
	readonly #lines = new Map<number, Map<string, Line>>();
	readonly #unwatch: readonly (() => void)[];
	#links: readonly ViewedLink[] = [];
	#current: LinkId | null = null;
	#poll: LinkId | null = null;
	#ids = 0;
	#seats = 0;
	#term = 0;
	#role: "waiting" | "serving" | "done" = "waiting";
	/** What was shown when the app closed. Null: it has not. */
	#lastShown: Pick<LeaderView, "connection" | "mode"> | null = null;
	#waiting: Waiting | null = null;

	constructor(shell: Shell, post: (parcel: Parcel) => void) {
		this.#shell = shell;
		this.#post = post;
		const show = (): void => this.show();
		this.#unwatch = [shell.shown.connection.subscribe(show), shell.shown.mode.subscribe(show)];
	}

	serve(term: number): void {
		this.#term = term;
		this.#role = "serving";
	}

	/** What is open carries on for those who have not moved yet; nothing more is taken. */
	stopServing(): void {
		this.show();
		this.#role = "done";
	}

	/** The app has closed: the others are served until one of them leads. */
	silenceOwn(): void {
		this.#lastShown = this.#shown();
		this.show();
	}

	end(): void {
		for (const unwatch of this.#unwatch) unwatch();
		for (const tab of this.#members.keys()) this.#release(tab);
		this.#members.clear();
		this.#lines.clear();
		this.#role = "done";
	}

	// ── tabs ─────────────────────────────────────────────────────────────────────────────────────
	welcome(tab: TabId): void {
		const now = this.#shell.runtime.clock.monotonic();
		if (!this.#members.has(tab)) {
			this.#seats += 1;
			const member = { seat: this.#seats, channels: new Set<string>(), holds: [] };
			const empty = { carriage: carriage.NO_CARRIAGE, allowance: fullAllowance(now) };
			this.#members.set(tab, { ...member, ...empty });
		}
		const { seat } = this.#members.get(tab) as Member;
		this.#flush();
		this.#post({ type: "view", to: tab, seat, view: this.#view() });
	}

	forget(tab: TabId): void {
		this.#release(tab);
		this.#members.delete(tab);
		for (const link of this.#lines.keys()) this.#leave(link, tab);
	}

	#release(tab: TabId): void {
		for (const reason of this.#members.get(tab)?.holds ?? [])
			this.#shell.mode.send({ type: "released", reason });
	}

	/** All that the others see of us. */
	show(): void {
		if (this.#role !== "serving" || this.#members.size === 0) return;
		this.#flush();
		this.#post({ type: "view", to: null, seat: null, view: this.#view() });
	}

	#view(): LeaderView {
		const { publisher } = this.#shell;
		const { route, dedupeMs } = publisher;
		const isOurs = route !== null && (route.via === "http" || this.#lines.has(route.link));
		return {
			term: this.#term,
			links: this.#links,
			current: this.#current,
			route: isOurs && this.#lastShown === null ? { link: route.link, dedupeMs } : null,
			identity: publisher.queue.identity,
			...(this.#lastShown ?? this.#shown()),
		};
	}

	#shown(): Pick<LeaderView, "connection" | "mode"> {
		const { connection, mode } = this.#shell.shown;
		return toPlain(connection.get(), mode.get());
	}

	// ── links ────────────────────────────────────────────────────────────────────────────────────
	opened(link: LinkId, via: ViewedLink["via"]): void {
		const shared = via === "polling" ? POLLS : link;
		if (via === "polling") this.#poll = link;
		if (this.#lines.has(shared)) return;
		this.#lines.set(shared, new Map());
		this.#links = [...this.#links, { link: shared, via }];
		this.show();
	}

	adopted(link: LinkId): void {
		this.#current = link;
		this.show();
	}

	closed(link: LinkId): void {
		if (link < 0) {
			this.#poll = null;
			this.#leave(POLLS, OWN);
			return;
		}
		this.#close(link);
	}

	pollingStopped(): void {
		if (this.#lines.has(POLLS)) this.#close(POLLS);
	}

	#close(link: number): void {
		this.#lines.delete(link);
		this.#links = this.#links.filter((other) => other.link !== link);
		if (this.#current === link) this.#current = null;
		this.show();
	}

	// ── asks ─────────────────────────────────────────────────────────────────────────────────────
	askOwn(link: LinkId, frame: SubscribeFrame): boolean {
		return this.#ask(OWN, link < 0 ? POLLS : link, frame);
	}

	leaveOwn(channel: string): void {
		for (const link of this.#lines.keys()) this.#step(link, channel, { type: "left", tab: OWN });
	}

	/** For every channel that somebody listens to: where the next poll is to begin. */
	pollAsks(): Record<string, { id: number; from: StartAt }> {
		const asks: Record<string, { id: number; from: StartAt }> = Object.create(null);
		for (const [channel, { asking, head }] of this.#lines.get(POLLS) ?? []) {
			if (asking !== null) asks[channel] = { id: asking.id, from: asking.from };
			else if (head !== null) asks[channel] = { id: this.#nextId(), from: head };
		}
		return asks;
	}

	#nextId(): number {
		this.#ids += 1;
		return this.#ids;
	}

	#ask(tab: TabId, link: number, { channel, id, from }: SubscribeFrame): boolean {
		if (!this.#lines.has(link)) return false;
		this.#step(link, channel, { type: "asked", tab, id, from });
		return true;
	}

	#leave(link: number, tab: TabId): void {
		for (const channel of [...(this.#lines.get(link)?.keys() ?? [])])
			this.#step(link, channel, { type: "left", tab });
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
		switch (effect.type) {
			case "ask-server": {
				const { id, from } = effect;
				if (link !== POLLS) links.ask(link, { type: "subscribe", id, channel, from });
				return;
			}
			case "leave-server":
				if (link !== POLLS) links.ask(link, { type: "unsubscribe", id: effect.id, channel });
				return;
			case "answer": {
				const { tab, id, start, position, recovered } = effect;
				return this.#tell(tab, link, {
					type: "subscribed",
					...{ id, channel, start, position, recovered },
				});
			}
			case "refuse":
				return this.#tell(effect.tab, link, {
					type: "rejected",
					id: effect.id,
					code: effect.code,
				});
			default:
				return effect satisfies never;
		}
	}

	#tell(tab: TabId, link: number, frame: ChannelFrame | RejectedFrame): void {
		if (tab !== OWN) return this.#down(tab, link, frame);
		const at = link === POLLS ? this.#poll : link;
		if (at === null || this.#lastShown !== null) return;
		if (frame.type === "rejected") this.#shell.subscriptions.refuse(at, frame);
		else this.#shell.subscriptions.receive(at, frame);
	}

	// ── what links bring ─────────────────────────────────────────────────────────────────────────
	received(link: LinkId, frame: ChannelFrame): boolean {
		const shared = link < 0 ? POLLS : link;
		const lines = this.#lines.get(shared);
		if (lines === undefined) return false;
		const line = lines.get(frame.channel);
		if (line === undefined) return true;
		if (frame.type === "subscribed") {
			this.#step(shared, frame.channel, { type: "answered", frame });
			return true;
		}
		if (this.#lastShown === null) this.#shell.subscriptions.receive(link, frame);
		if (line.tabs.some((tab) => tab !== OWN)) this.#down(null, shared, frame);
		const to = frame.position;
		if (to !== null) this.#step(shared, frame.channel, { type: "moved", to });
		return true;
	}

	rejected(link: LinkId, { id, code }: RejectedFrame): boolean {
		const shared = link < 0 ? POLLS : link;
		const lines = this.#lines.get(shared);
		if (lines === undefined) return false;
		for (const [channel, { asking }] of lines)
			if (asking?.id === id) this.#step(shared, channel, { type: "refused", id, code });
		return true;
	}

	headed(link: LinkId, heads: Readonly<Record<string, Position>>): void {
		const lines = this.#lines.get(link);
		const shared = Object.entries(heads).filter(([channel]) =>
			lines?.get(channel)?.tabs.some((tab) => tab !== OWN),
		);
		if (shared.length > 0)
			this.#down(null, link, { type: "heads", heads: Object.fromEntries(shared) });
	}

	/** Leaves with what else is told in this turn, in order. */
	#down(to: TabId | null, link: number, frame: ServerFrame): void {
		if (this.#role === "waiting" || this.#members.size === 0) return;
		const text = JSON.stringify(frame);
		const waiting = this.#waiting;
		const isSame = waiting?.to === to && waiting.link === link;
		if (waiting !== null && isSame && waiting.frames.length < MAX_FRAMES) {
			waiting.frames.push(text);
			return;
		}
		this.#flush();
		this.#waiting = { to, link, frames: [text] };
		queueMicrotask(() => this.#flush());
	}

	#flush(): void {
		const waiting = this.#waiting;
		this.#waiting = null;
		if (waiting === null) return;
		const { to, link, frames } = waiting;
		this.#post({ type: "down", to, link, text: `[${frames.join()}]` });
	}

	// ── what the others ask ──────────────────────────────────────────────────────────────────────
	up(from: TabId, { link, text, ages }: Up): void {
		const member = this.#members.get(from);
		if (member === undefined || this.#role !== "serving") return;
		const frames = this.#decode(text);
		const now = this.#shell.runtime.clock.monotonic();
		const allowance = spend(member.allowance, frames.length, now);
		if (allowance === null) {
			this.#shell.runtime.logger.warn("share-flood", { frames: frames.length });
			for (const frame of frames) this.#turnAway(from, member, link, frame);
			return;
		}
		member.allowance = allowance;
		frames.forEach((frame, at) => this.#take({ from, member, link }, frame, ages[at] ?? null));
	}

	#decode(text: string): readonly ClientFrame[] {
		try {
			return decodeClientMessage(text, TEXT);
		} catch {
			this.#shell.runtime.logger.warn("share-malformed");
			return [];
		}
	}

	#turnAway(from: TabId, member: Member, link: number, frame: ClientFrame): void {
		if (frame.type === "subscribe") this.#refuse(from, link, frame.id, "retry");
		if (frame.type !== "publish" || frame.ephemeral) return;
		member.carriage = carriage.turnDown(member.carriage, frame.id, frame.channel);
		this.#refuse(from, link, frame.id, "retry");
	}

	#take(
		{ from, member, link }: { from: TabId; member: Member; link: number },
		frame: ClientFrame,
		age: number | null,
	): void {
		if (frame.type === "unsubscribe") {
			member.channels.delete(frame.channel);
			for (const each of this.#lines.keys())
				this.#step(each, frame.channel, { type: "left", tab: from });
		} else if (frame.type === "subscribe") {
			member.channels.add(frame.channel);
			if (member.channels.size <= MAX_CHANNELS) this.#ask(from, link, frame);
			else this.#turnAway(from, member, link, frame);
		} else if (frame.type === "publish") this.#carry(from, member, link, frame, age);
	}

	#carry(
		from: TabId,
		member: Member,
		link: number,
		frame: PublishFrame,
		sentForMs: number | null,
	): void {
		const { id, channel, data, ephemeral } = frame;
		if (isTooDeep(data)) return this.#refuse(from, link, id, "invalid");
		if (ephemeral) {
			this.#shell.links.live?.send({ type: "publish", id, channel, data, ephemeral });
			return;
		}
		const [next, verdict] = carriage.admit(member.carriage, frame);
		member.carriage = next;
		if (verdict === "retry") return this.#refuse(from, link, id, "retry");
		this.#shell.publisher.carry({ id, channel, data, sentForMs }, (end) =>
			this.#ended(from, link, frame, end),
		);
	}

	#ended(from: TabId, link: number, { id, channel }: PublishFrame, end: PublishEnd): void {
		const member = this.#members.get(from);
		if (member === undefined) return;
		const code = codeOf(end);
		member.carriage =
			code === "retry"
				? carriage.turnDown(member.carriage, id, channel)
				: carriage.ended(member.carriage, id);
		if (code !== null) this.#refuse(from, link, id, code);
		else if (end.type === "settle" && end.receipt.status === "stored") {
			const { position, duplicate } = end.receipt;
			this.#down(from, link, { type: "published", id, position, duplicate });
		}
	}

	#refuse(to: TabId, link: number, id: string | number, code: RejectionCode): void {
		this.#down(to, link, { type: "rejected", id, code, retryAfterMs: RETRY_MS });
	}

	called(from: TabId, { id, name, reason }: Call): void {
		const member = this.#members.get(from);
		const { connection, mode, polling, runtime } = this.#shell;
		const allowance = member && spend(member.allowance, 1, runtime.clock.monotonic());
		if (!member || !allowance || this.#role !== "serving") return;
		member.allowance = allowance;
		switch (name) {
			case "connect":
				return connection.send({ type: "connect-requested" });
			case "reconnect":
				return connection.send({ type: "reconnect-requested", reason });
			case "wake":
				return woken(this.#shell, reason);
			case "hold":
				if (member.holds.push(reason) > MAX_HOLDS) member.holds.pop();
				else mode.send({ type: "held", reason });
				return;
			case "release": {
				const at = member.holds.indexOf(reason);
				if (at >= 0) mode.send({ type: "released", reason: `${member.holds.splice(at, 1)[0]}` });
				return;
			}
			case "load-more":
				polling.loadMore().then(
					(value) => this.#post({ type: "reply", to: from, id, value }),
					(cause) =>
						this.#post({
							type: "reply",
							to: from,
							id,
							value: toPlainError(RealtimeError.from(cause)),
						}),
				);
				return;
			default:
				return name satisfies never;
		}
	}
}

/** Null: it is stored, or another outbox's by now. */
function codeOf(end: PublishEnd): RejectionCode | null {
	if (end.type === "settle") {
		const { status } = end.receipt;
		if (status === "expired") return "retry";
		// Whoever handed it over has lost this route too, and makes "unknown" of any refusal.
		return status === "unknown" ? "invalid" : null;
	}
	switch (end.cause.code) {
		case "outbox-full":
			return "retry";
		case "closed":
			return null;
		case "forbidden":
			return "forbidden";
		case "message-too-large":
			return "too-large";
		default:
			return "invalid";
	}
}
