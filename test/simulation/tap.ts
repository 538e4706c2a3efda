/* One link of a device, or one HTTP publish: each frame held against what was said before it. */
import type {
	ClientFrame,
	PollResponse,
	PublishFrame,
	PublishResponse,
	ServerFrame,
	SubscribeFrame,
} from "../../src/protocol/frames.js";
import type { Position } from "../../src/protocol/position.js";
import { inFull } from "./short-messages.js";
import type { Ledger, Reader, Sheet } from "./ledger.js";
import type { Payload } from "./truth.js";

/** What a wire asks of the program that speaks on it. */
export interface Speaker {
	readonly name: string;
	readonly ledger: Ledger;
	readonly sheet: Sheet;
	reader(channel: string): Reader | undefined;
	/** Where its readers stand now. */
	positions(): ReadonlyMap<Reader, Position | null>;
	/** What lies in stable storage of a publish; undefined with an outbox in memory. */
	stored(id: string): { readonly firstSentAt: number | null } | null | undefined;
}

export interface WireCounts {
	dials: number;
	/** Of publishes that were sent before. */
	resends: number;
	/** Messages that came on more than one link. */
	duplicates: number;
	polls: number;
	slowClosed: number;
	goodbyes: number;
	/** Publishes that a server asked to have again. */
	retries: number;
}

/** What the links of a device know of each other. */
export interface Wiring {
	readonly counts: WireCounts;
	readonly speaker: Speaker;
	/** The route that published last: nothing may be published on an earlier one again. */
	publishing: Tap | null;
	/** How many publishes may be in flight: grows with each answer, falls back where a link is lost with some. */
	readonly window: number;
	readonly acknowledged: ReadonlySet<string>;
	/** Acknowledged in a message that the program is still reading: see `Wire.acknowledge`. */
	readonly beingRead: ReadonlySet<string>;
	readonly everSent: Set<string>;
	/** The furthest that came, by channel and epoch: a question may start there at most. */
	readonly seen: Furthest;
	/** The same of messages alone. */
	readonly carried: Furthest;
	welcomes: number;
	/** What a server said last. */
	tokenTtlMs: number;
	acknowledge(id: string, tap: Tap): void;
	ended(tap: Tap): void;
	fail(breach: string): void;
}

export type Furthest = Map<string, Map<string, number>>;

interface Sent {
	readonly channel: string;
	/** How many retries had been asked for in its channel when it was sent. */
	readonly retries: number;
}

/** One link, or one HTTP publish. */
export class Tap {
	isWelcomed = false;
	hasLeft = false;
	readonly #wire: Wiring;
	readonly #url: string;
	/** In the order of their last sending. */
	readonly #sent = new Map<string, Sent>();
	/** Publishes in flight. */
	readonly waiting = new Set<string>();
	readonly #retries = new Map<string, number>();
	readonly #asked = new Map<string, SubscribeFrame>();
	/** Channels whose newest question has been answered. */
	readonly #isAnswered = new Set<string>();
	/** What has been sent in answer to it. */
	readonly #given: Furthest = new Map();
	readonly #last = new Map<string, { readonly n: number; readonly retries: number }>();
	/** Where the readers stood when it was dialled: its first questions were written no earlier. */
	readonly #began: ReadonlyMap<Reader, Position | null>;
	#hasPublished = false;
	#hasHello = false;

	constructor(wire: Wiring, url: string) {
		this.#wire = wire;
		this.#url = url;
		this.#began = wire.speaker.positions();
	}

	sent(text: string): void {
		for (const frame of [JSON.parse(text)].flat() as ClientFrame[]) this.#says(frame);
	}

	received(text: string): void {
		// What comes after the program has hung up is nobody's.
		if (this.hasLeft) return;
		for (const frame of inFull([JSON.parse(text)].flat())) this.takes(frame);
	}

	closed(code: number): void {
		this.#wire.speaker.sheet.note(`${this.#wire.speaker.name} ${this.#url} closed ${code}`);
		if (code === 4410) this.#wire.counts.slowClosed += 1;
		this.#wire.ended(this);
	}

	publishes({ id, channel, data, ephemeral }: PublishFrame): void {
		const wire = this.#wire;
		if (ephemeral) return;
		if (wire.publishing !== this && this.#hasPublished)
			wire.fail(`publishes ${id} on a link that was replaced`);
		wire.publishing = this;
		this.#hasPublished = true;
		const retries = this.#retries.get(channel) ?? 0;
		const before = this.#sent.get(id);
		if (before !== undefined && before.retries === retries)
			wire.fail(`sends ${id} twice on one link`);
		if (wire.acknowledged.has(id)) wire.fail(`sends ${id} again after its acknowledgement`);
		if (wire.everSent.has(id)) wire.counts.resends += 1;
		this.#sent.delete(id);
		this.#sent.set(id, { channel, retries });
		this.waiting.add(id);
		this.#checkWindow();
		this.#checkOrder(channel, data as Payload, retries);
		this.#checkStored(id);
		wire.everSent.add(id);
		const entry = wire.speaker.ledger.get(id);
		if (entry) entry.isSent = true;
	}

	takes(frame: ServerFrame): void {
		switch (frame.type) {
			case "welcome":
				this.isWelcomed = true;
				this.#wire.welcomes += 1;
				this.#wire.tokenTtlMs = frame.tokenTtlMs;
				return;
			case "token-accepted":
				this.#wire.tokenTtlMs = frame.tokenTtlMs;
				return;
			case "published":
				return this.#wire.acknowledge(frame.id, this);
			case "goodbye":
				this.#wire.counts.goodbyes += 1;
				return;
			case "rejected":
				return this.#refused(frame.id, frame.code);
			case "subscribed":
				if (this.#asked.get(frame.channel)?.id === frame.id) this.#isAnswered.add(frame.channel);
				this.#see(frame.channel, frame.position);
				this.#see(frame.channel, frame.start);
				return;
			case "gap":
				this.#see(frame.channel, frame.position);
				return;
			case "message":
				if (frame.position !== null) this.#carries(frame.channel, frame.position);
				return;
		}
	}

	#says(frame: ClientFrame): void {
		if (!this.#hasHello && frame.type !== "hello") this.#wire.fail("speaks before hello");
		switch (frame.type) {
			case "hello":
				if (this.#hasHello) this.#wire.fail("says hello twice");
				this.#hasHello = true;
				return;
			case "publish":
				return this.publishes(frame);
			case "subscribe":
				return this.#asks(frame);
		}
	}

	#refused(id: string | number, code: string): void {
		if (typeof id !== "string") return;
		this.waiting.delete(id);
		const channel = this.#sent.get(id)?.channel;
		if (code !== "retry" || channel === undefined) return;
		this.#wire.counts.retries += 1;
		this.#retries.set(channel, (this.#retries.get(channel) ?? 0) + 1);
		// Rule 7: what was sent behind it will be turned down as well, and is in flight no more.
		const sent = [...this.#sent.keys()];
		for (const later of sent.slice(sent.indexOf(id)))
			if (this.#sent.get(later)?.channel === channel) this.waiting.delete(later);
	}

	/** A question from behind what was delivered is waste, and one from ahead of what came is loss. */
	#asks(frame: SubscribeFrame): void {
		const { from, channel } = frame;
		const before = this.#asked.get(channel);
		if (before !== undefined && frame.id <= before.id) this.#wire.fail("asks with an old id");
		this.#asked.set(channel, frame);
		this.#isAnswered.delete(channel);
		this.#given.delete(channel);
		const reader = this.#wire.speaker.reader(channel);
		if (reader === undefined) return;
		// Hello may have had to wait for a token, and the first questions with it.
		const began = this.#began.get(reader) ?? reader.start.position;
		const held = before === undefined ? began : reader.position;
		if (held === null) return;
		if (!isPosition(from)) {
			if (reader.start.recover) this.#wire.fail(`asks for ${channel} from ${JSON.stringify(from)}`);
			return;
		}
		if (from.epoch < held.epoch || (from.epoch === held.epoch && from.offset < held.offset))
			this.#wire.fail(`asks for ${channel} from ${from.offset}, behind ${held.offset}`);
		if (from.offset > this.#reached(channel, from.epoch, held))
			this.#wire.fail(`asks for ${channel} from ${from.offset}, ahead of all that came`);
	}

	#reached(channel: string, epoch: string, held: Position): number {
		const seen = this.#wire.seen.get(channel)?.get(epoch) ?? -1;
		return epoch === held.epoch ? Math.max(seen, held.offset) : seen;
	}

	/** The same message on two links is a migration's price; on one, or where we said that we have it, waste. */
	#carries(channel: string, position: Position): void {
		const { carried, seen, counts } = this.#wire;
		if (!furthest(carried, channel, position)) counts.duplicates += 1;
		furthest(seen, channel, position);
		const from = this.#asked.get(channel)?.from;
		if (from !== undefined && isPosition(from) && position.epoch === from.epoch)
			if (position.offset <= from.offset && this.#isAnswered.has(channel))
				this.#wire.fail(`is sent ${channel} ${position.offset}, and has had ${from.offset}`);
		if (!this.#isAnswered.has(channel)) return;
		if (!furthest(this.#given, channel, position))
			this.#wire.fail(`is sent ${channel} ${position.offset} twice on one link`);
	}

	#see(channel: string, position: Position): void {
		furthest(this.#wire.seen, channel, position);
	}

	#checkWindow(): void {
		const { window } = this.#wire;
		const { size } = this.waiting;
		if (size > window) this.#wire.fail(`has ${size} in flight, window ${window}`);
	}

	/** In the order of their publishing, except that a retry goes back to the one refused. */
	#checkOrder(channel: string, { n }: Payload, retries: number): void {
		const last = this.#last.get(channel);
		if (last !== undefined && last.retries === retries && n < last.n)
			this.#wire.fail(`publishes ${channel} #${n} after #${last.n}`);
		this.#last.set(channel, { n, retries });
	}

	#checkStored(id: string): void {
		const stored = this.#wire.speaker.stored(id);
		if (stored === undefined || this.#wire.beingRead.has(id)) return;
		if (stored === null) this.#wire.fail(`sends ${id}, which is not in storage`);
		else if (stored.firstSentAt === null) this.#wire.fail(`sends ${id}, undated in storage`);
	}
}

export function framesOf({ ok }: Response, text: string): readonly ServerFrame[] {
	try {
		const answer = ok ? (JSON.parse(text) as Partial<PollResponse & PublishResponse>) : {};
		return answer.frames ?? answer.results ?? [];
	} catch {
		return [];
	}
}

/** Whether it is further than all before. */
function furthest(by: Furthest, channel: string, { epoch, offset }: Position): boolean {
	let epochs = by.get(channel);
	if (epochs === undefined) {
		epochs = new Map();
		by.set(channel, epochs);
	}
	const before = epochs.get(epoch) ?? -1;
	if (offset <= before) return false;
	epochs.set(epoch, offset);
	return true;
}

function isPosition(from: SubscribeFrame["from"]): from is Position {
	return typeof from === "object" && from !== null && "epoch" in from;
}
