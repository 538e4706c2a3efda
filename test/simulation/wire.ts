/* What one device says on its wires, held against what it may say: waste and disorder show here first. */
import type {
	ClientFrame,
	PollResponse,
	PublishFrame,
	PublishRequest,
	PublishResponse,
	ServerFrame,
	SubscribeFrame,
} from "../../src/protocol/frames.js";
import type { Position } from "../../src/protocol/position.js";
import type { WebSocketConstructor, WebSocketLike } from "../../src/runtime/runtime.js";
import type { Ledger, Reader, Sheet } from "./ledger.js";
import type { Payload } from "./truth.js";

/** What a wire asks of the program that speaks on it. */
export interface Speaker {
	readonly name: string;
	readonly ledger: Ledger;
	readonly sheet: Sheet;
	reader(channel: string): Reader | undefined;
	/** Where its readers stand now. */
	positions(): ReadonlyMap<string, Position | null>;
	/** Its storage has never failed: what was to be deleted is deleted. */
	isReliable(): boolean;
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

const WINDOW = 16;
const WIDEST = 256;
/** No law of backoff lets more dials into ten seconds; what redials in a circle makes thousands. */
const DIALS_IN_TEN_SECONDS = 80;
/** The shortest interval that worlds set is a second; publishes may ask for one more each. */
const POLLS_IN_TEN_SECONDS = 40;

export class Wire {
	readonly counts: WireCounts = {
		dials: 0,
		resends: 0,
		duplicates: 0,
		polls: 0,
		slowClosed: 0,
		goodbyes: 0,
		retries: 0,
	};
	readonly speaker: Speaker;
	/** The route that published last: nothing may be published on an earlier one again. */
	publishing: Tap | null = null;
	/** How many publishes may be in flight: grows with each answer, falls back where a link is lost with some. */
	window = WINDOW;
	readonly acknowledged = new Set<string>();
	readonly everSent = new Set<string>();
	/** The furthest that came, by channel and epoch: a question may start there at most. */
	readonly seen = new Map<string, Map<string, number>>();
	/** The same of messages alone. */
	readonly carried = new Map<string, Map<string, number>>();
	welcomes = 0;
	readonly #dialledAt: number[] = [];
	readonly #polledAt: number[] = [];
	readonly #taps = new Set<Tap>();

	constructor(speaker: Speaker) {
		this.speaker = speaker;
	}

	/** The links that the program has not given up. */
	get live(): number {
		return this.#taps.size;
	}

	get welcomed(): number {
		return [...this.#taps].filter((tap) => tap.isWelcomed).length;
	}

	socketClass(Base: WebSocketConstructor): WebSocketConstructor {
		const wire = this;
		return class extends Base {
			readonly #tap: Tap;
			declare terminate?: () => void;

			constructor(url: string, protocols?: string | string[]) {
				super(url, protocols);
				this.#tap = wire.#dialled(url);
				const terminate = this.terminate;
				if (terminate)
					this.terminate = () => {
						wire.#left(this.#tap);
						terminate();
					};
				this.addEventListener("message", ({ data }: { data: string }) => this.#tap.received(data));
				this.addEventListener("close", ({ code }: { code: number }) => this.#tap.closed(code));
			}

			override send(data: string): void {
				this.#tap.sent(data);
				super.send(data);
			}

			override close(code?: number, reason?: string): void {
				wire.#left(this.#tap);
				super.close(code, reason);
			}
		} as unknown as new (
			url: string,
		) => WebSocketLike;
	}

	fetch(base: typeof fetch): typeof fetch {
		return async (input, init) => {
			const path = new URL(String(input)).pathname;
			const tap = this.newTap("http");
			if (path.endsWith("/poll")) this.#polled();
			if (path.endsWith("/publish")) {
				const { publishes } = JSON.parse(String(init?.body)) as PublishRequest;
				for (const publish of publishes) tap.publishes({ type: "publish", ...publish });
			}
			const response = await base(input, init);
			const json: unknown = response.ok
				? await response
						.clone()
						.json()
						.catch(() => null)
				: null;
			const { frames, results } = (json ?? {}) as Partial<PollResponse & PublishResponse>;
			for (const frame of frames ?? results ?? []) tap.takes(frame);
			return response;
		};
	}

	fail(breach: string): void {
		this.speaker.sheet.fail(`${this.speaker.name}: ${breach}`);
	}

	newTap(url: string): Tap {
		return new Tap(this, url);
	}

	/** From whichever link: it is true of the message, and it is not in flight any more. */
	acknowledge(id: string, tap: Tap): void {
		this.acknowledged.add(id);
		this.window = Math.min(WIDEST, this.window + 1);
		tap.waiting.delete(id);
		this.publishing?.waiting.delete(id);
	}

	/** The app has closed the client: what it had yet to delete, it may find again. */
	forget(): void {
		this.acknowledged.clear();
	}

	/** The program has died: another one will speak. */
	reset(): void {
		this.forget();
		this.window = WINDOW;
		this.publishing = null;
		for (const tap of this.#taps) tap.hasLeft = true;
		this.#taps.clear();
	}

	ended(tap: Tap): void {
		this.#left(tap);
	}

	#polled(): void {
		this.counts.polls += 1;
		this.#pace(this.#polledAt, POLLS_IN_TEN_SECONDS, "polled");
	}

	/** What was done so often in ten seconds goes round in a circle. */
	#pace(at: number[], most: number, did: string): void {
		const now = this.speaker.sheet.now();
		at.push(now);
		const before = at.at(-most - 1);
		if (before !== undefined && now - before < 10_000) this.fail(`${did} ${most} times in 10 s`);
	}

	#dialled(url: string): Tap {
		this.counts.dials += 1;
		this.#pace(this.#dialledAt, DIALS_IN_TEN_SECONDS, "dialled");
		const tap = this.newTap(url);
		this.#taps.add(tap);
		if (this.#taps.size > 3) this.fail(`has ${this.#taps.size} links at once`);
		this.speaker.sheet.note(`${this.speaker.name} dials ${url}`);
		return tap;
	}

	#left(tap: Tap): void {
		this.#taps.delete(tap);
		const isLost = !tap.hasLeft && tap === this.publishing && tap.waiting.size > 0;
		// One that was replaced first was not lost.
		if (isLost && this.welcomed === 0) this.window = WINDOW;
		tap.hasLeft = true;
	}
}

interface Sent {
	readonly channel: string;
	/** How many retries had been asked for in its channel when it was sent. */
	readonly retries: number;
}

/** One link, or one HTTP publish. */
class Tap {
	isWelcomed = false;
	hasLeft = false;
	readonly #wire: Wire;
	readonly #url: string;
	readonly #sent = new Map<string, Sent>();
	/** Publishes in flight. */
	readonly waiting = new Set<string>();
	readonly #retries = new Map<string, number>();
	readonly #asked = new Map<string, SubscribeFrame>();
	/** Channels whose newest question has been answered. */
	readonly #isAnswered = new Set<string>();
	readonly #last = new Map<string, { readonly n: number; readonly retries: number }>();
	/** Where the readers stood when it was dialled: its first questions were written no earlier. */
	readonly #began: ReadonlyMap<string, Position | null>;
	#hasPublished = false;
	#hasHello = false;

	constructor(wire: Wire, url: string) {
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
		for (const frame of [JSON.parse(text)].flat() as ServerFrame[]) this.takes(frame);
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
		if (wire.acknowledged.has(id) && wire.speaker.isReliable())
			wire.fail(`sends ${id} again after its acknowledgement`);
		if (wire.everSent.has(id)) wire.counts.resends += 1;
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
	}

	/** A question from behind what was delivered is waste, and one from ahead of what came is loss. */
	#asks(frame: SubscribeFrame): void {
		const { from, channel } = frame;
		const before = this.#asked.get(channel);
		if (before !== undefined && frame.id <= before.id) this.#wire.fail("asks with an old id");
		this.#asked.set(channel, frame);
		this.#isAnswered.delete(channel);
		const reader = this.#wire.speaker.reader(channel);
		// Hello may have had to wait for a token, and the first questions with it.
		const held = before === undefined ? this.#began.get(channel) : reader?.position;
		if (reader === undefined || held === null || held === undefined) return;
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

	/** The same message on two links is a migration's price; what we said that we have is waste. */
	#carries(channel: string, position: Position): void {
		const { carried, seen, counts } = this.#wire;
		if (!furthest(carried, channel, position)) counts.duplicates += 1;
		furthest(seen, channel, position);
		const from = this.#asked.get(channel)?.from;
		if (from !== undefined && isPosition(from) && position.epoch === from.epoch)
			if (position.offset <= from.offset && this.#isAnswered.has(channel))
				this.#wire.fail(`is sent ${channel} ${position.offset}, and has had ${from.offset}`);
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
		if (stored === undefined) return;
		if (stored === null) this.#wire.fail(`sends ${id}, which is not in storage`);
		else if (stored.firstSentAt === null) this.#wire.fail(`sends ${id}, undated in storage`);
	}
}

type Furthest = Map<string, Map<string, number>>;

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
