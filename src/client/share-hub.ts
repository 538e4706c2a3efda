/* The leading tab's side: who follows, what they are shown, what they publish by its outbox, what they ask. */
import { RealtimeError } from "../errors/realtime-error.js";
import { decodeClientMessage, isTooDeep } from "../protocol/decode-client.js";
import type { ClientFrame, PublishFrame, RejectionCode, ServerFrame } from "../protocol/frames.js";
import { MAX_FRAMES, SERVER_TEXT } from "../protocol/limits.js";
import { type Allowance, fullAllowance, spend } from "../share/allowance.js";
import * as carriage from "../share/carriage.js";
import type { LeaderView, Parcel, TabId } from "../share/contract.js";
import { toPlain, toPlainError } from "../share/plain.js";
import { refusalOf } from "../share/refusal.js";
import { woken } from "./effects.js";
import type { PublishEnd } from "./promises.js";
import { type LineFacts, Lines } from "./share-lines.js";
import type { Shell } from "./shell.js";

const RETRY_MS = 500;
const MAX_CHANNELS = 10_000;
const MAX_HOLDS = 64;

interface Member {
	readonly tab: TabId;
	readonly seat: number;
	readonly channels: Set<string>;
	readonly holds: string[];
	carriage: carriage.Carriage;
	allowance: Allowance;
}

type Up = Extract<Parcel, { type: "up" }>;
type Call = Extract<Parcel, { type: "call" }>;

/** Frames that leave together. */
interface Batch {
	readonly to: TabId | null;
	readonly link: number;
	readonly frames: string[];
}

export class Hub implements LineFacts {
	readonly lines: Lines;
	readonly #shell: Shell;
	readonly #post: (parcel: Parcel) => void;
	readonly #members = new Map<TabId, Member>();
	readonly #unwatch: readonly (() => void)[];
	#seats = 0;
	#term = 0;
	#role: "waiting" | "serving" | "done" = "waiting";
	/** What was shown when the app closed. Null: it has not. */
	#lastShown: Pick<LeaderView, "connection" | "mode"> | null = null;
	#batch: Batch | null = null;

	constructor(shell: Shell, post: (parcel: Parcel) => void) {
		this.#shell = shell;
		this.#post = post;
		this.lines = new Lines(shell, this);
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
		this.lines.isOwnSilent = true;
		this.show();
	}

	end(): void {
		for (const unwatch of this.#unwatch) unwatch();
		for (const tab of this.#members.keys()) this.#release(tab);
		this.#members.clear();
		this.lines.end();
		this.#role = "done";
	}

	// ── tabs ─────────────────────────────────────────────────────────────────────────────────────
	/** Whether it is one that we did not know. */
	welcome(tab: TabId): boolean {
		let member = this.#members.get(tab);
		const isNew = member === undefined;
		if (member === undefined) {
			this.#seats += 1;
			const allowance = fullAllowance(this.#shell.runtime.clock.monotonic());
			const empty = { channels: new Set<string>(), holds: [], carriage: carriage.NO_CARRIAGE };
			member = { tab, seat: this.#seats, ...empty, allowance };
			this.#members.set(tab, member);
		}
		this.#flush();
		this.#post({ type: "view", to: tab, seat: member.seat, view: this.#view() });
		return isNew;
	}

	forget(tab: TabId): void {
		this.#release(tab);
		this.#members.delete(tab);
		this.lines.forget(tab);
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

	relinked(): void {
		this.show();
	}

	#view(): LeaderView {
		const { publisher } = this.#shell;
		const { route, dedupeMs } = publisher;
		const isOurs = route !== null && (route.via === "http" || this.lines.has(route.link));
		return {
			term: this.#term,
			links: this.lines.links,
			current: this.lines.current,
			route: isOurs && this.#lastShown === null ? { link: route.link, dedupeMs } : null,
			identity: publisher.queue.identity,
			...(this.#lastShown ?? this.#shown()),
		};
	}

	#shown(): Pick<LeaderView, "connection" | "mode"> {
		const { connection, mode } = this.#shell.shown;
		return toPlain(connection.get(), mode.get());
	}

	/** Leaves with what else is told in this turn, in order. */
	down(to: TabId | null, link: number, frame: ServerFrame): void {
		if (this.#role === "waiting" || this.#members.size === 0) return;
		const text = JSON.stringify(frame);
		const batch = this.#batch;
		const isSame = batch?.to === to && batch.link === link;
		if (batch !== null && isSame && batch.frames.length < MAX_FRAMES) {
			batch.frames.push(text);
			return;
		}
		this.#flush();
		this.#batch = { to, link, frames: [text] };
		queueMicrotask(() => this.#flush());
	}

	#flush(): void {
		const batch = this.#batch;
		this.#batch = null;
		if (batch === null) return;
		const { to, link, frames } = batch;
		this.#post({ type: "down", to, link, text: `[${frames.join()}]` });
	}

	// ── what they ask ────────────────────────────────────────────────────────────────────────────
	up(from: TabId, { link, text, ages }: Up): void {
		const member = this.#members.get(from);
		if (member === undefined || this.#role !== "serving") return;
		const frames = this.#decode(text);
		if (this.#allows(member, frames.length)) {
			for (const [at, frame] of frames.entries()) this.#take(member, link, frame, ages[at] ?? null);
			return;
		}
		this.#shell.runtime.logger.warn("share-flood", { frames: frames.length });
		for (const frame of frames) this.#turnAway(member, link, frame);
	}

	#allows(member: Member, count: number): boolean {
		const allowance = spend(member.allowance, count, this.#shell.runtime.clock.monotonic());
		if (allowance !== null) member.allowance = allowance;
		return allowance !== null;
	}

	#decode(text: string): readonly ClientFrame[] {
		try {
			return decodeClientMessage(text, { ...SERVER_TEXT, maxFrames: MAX_FRAMES });
		} catch {
			this.#shell.runtime.logger.warn("share-malformed");
			return [];
		}
	}

	#turnAway(member: Member, link: number, frame: ClientFrame): void {
		if (frame.type === "subscribe") this.#refuse(member.tab, link, frame.id, "retry");
		if (frame.type !== "publish" || frame.ephemeral) return;
		member.carriage = carriage.turnDown(member.carriage, frame.id, frame.channel);
		this.#refuse(member.tab, link, frame.id, "retry");
	}

	#take(member: Member, link: number, frame: ClientFrame, age: number | null): void {
		const { tab, channels } = member;
		if (frame.type === "unsubscribe") {
			channels.delete(frame.channel);
			this.lines.leave(tab, frame.channel);
		} else if (frame.type === "subscribe") {
			const isFull = channels.size >= MAX_CHANNELS && !channels.has(frame.channel);
			if (isFull) return this.#turnAway(member, link, frame);
			channels.add(frame.channel);
			this.lines.ask(tab, link, frame);
		} else if (frame.type === "publish") this.#carry(member, link, frame, age);
	}

	#carry(member: Member, link: number, frame: PublishFrame, sentForMs: number | null): void {
		const { id, channel, data, ephemeral } = frame;
		if (isTooDeep(data)) return this.#refuse(member.tab, link, id, "invalid");
		if (ephemeral) {
			this.#shell.links.live?.send({ type: "publish", id, channel, data, ephemeral });
			return;
		}
		const [next, verdict] = carriage.admit(member.carriage, frame);
		member.carriage = next;
		if (verdict === "retry") return this.#refuse(member.tab, link, id, "retry");
		this.#shell.publisher.carry({ id, channel, data, sentForMs }, (end) =>
			this.#ended(member, link, frame, end),
		);
	}

	#ended(member: Member, link: number, { id, channel }: PublishFrame, end: PublishEnd): void {
		const code = refusalOf(end);
		member.carriage =
			code === "retry"
				? carriage.turnDown(member.carriage, id, channel)
				: carriage.ended(member.carriage, id);
		if (this.#members.get(member.tab) !== member) return;
		if (code !== null) this.#refuse(member.tab, link, id, code);
		else if (end.type === "settle" && end.receipt.status === "stored") {
			const { position, duplicate } = end.receipt;
			this.down(member.tab, link, { type: "published", id, position, duplicate });
		}
	}

	#refuse(to: TabId, link: number, id: string | number, code: RejectionCode): void {
		this.down(to, link, { type: "rejected", id, code, retryAfterMs: RETRY_MS });
	}

	called(from: TabId, call: Call): void {
		const member = this.#members.get(from);
		if (member === undefined || this.#role !== "serving" || !this.#allows(member, 1)) return;
		const { connection } = this.#shell;
		const { name, reason } = call;
		switch (name) {
			case "connect":
				return connection.send({ type: "connect-requested" });
			case "reconnect":
				return connection.send({ type: "reconnect-requested", reason });
			case "wake":
				return woken(this.#shell, reason);
			case "hold":
			case "release":
				return this.#hold(member, name, reason);
			case "load-more":
				return this.#loadMore(from, call.id);
			default:
				return name satisfies never;
		}
	}

	#hold({ holds }: Member, change: "hold" | "release", reason: string): void {
		const { mode } = this.#shell;
		if (change === "hold" && holds.length < MAX_HOLDS) {
			holds.push(reason);
			mode.send({ type: "held", reason });
		}
		const at = change === "release" ? holds.indexOf(reason) : -1;
		if (at < 0) return;
		holds.splice(at, 1);
		mode.send({ type: "released", reason });
	}

	#loadMore(to: TabId, id: number): void {
		this.#shell.polling.loadMore().then(
			(value) => this.#post({ type: "reply", to, id, value }),
			(reason) => {
				const value = toPlainError(RealtimeError.from(reason));
				this.#post({ type: "reply", to, id, value });
			},
		);
	}
}
