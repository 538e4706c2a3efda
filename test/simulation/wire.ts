/* What one device says on its wires, held against what it may say: waste and disorder show here first. */
import type { PublishRequest } from "../../src/protocol/frames.js";
import type { WebSocketConstructor, WebSocketLike } from "../../src/runtime/runtime.js";
import { type Furthest, framesOf, type Speaker, Tap, type WireCounts, type Wiring } from "./tap.js";

const WINDOW = 16;
const WIDEST = 256;
/** No law of backoff lets more dials into ten seconds; what redials in a circle makes thousands. */
const DIALS_IN_TEN_SECONDS = 80;
/** The shortest interval that worlds set is a second; publishes may ask for one more each. */
const POLLS_IN_TEN_SECONDS = 40;

export class Wire implements Wiring {
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
	publishing: Tap | null = null;
	window = WINDOW;
	readonly acknowledged = new Set<string>();
	readonly beingRead = new Set<string>();
	readonly everSent = new Set<string>();
	readonly seen: Furthest = new Map();
	readonly carried: Furthest = new Map();
	welcomes = 0;
	tokenTtlMs = 0;
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
			// Read before the program does: it answers within the same turn.
			const text = await response.text();
			for (const frame of framesOf(response, text)) tap.takes(frame);
			const { status, headers } = response;
			return new Response(text === "" ? null : text, { status, headers });
		};
	}

	fail(breach: string): void {
		this.speaker.sheet.fail(`${this.speaker.name}: ${breach}`);
	}

	newTap(url: string): Tap {
		return new Tap(this, url);
	}

	/**
	 * From whichever link: it is true of the message, and it is not in flight any more. A program reads
	 * a message frame by frame, and what one acknowledgement makes room for leaves when all is read: in
	 * that very batch there may be what the end of the message acknowledges. Afterwards there may not.
	 */
	acknowledge(id: string, tap: Tap): void {
		this.beingRead.add(id);
		// The first of these turns comes before the batch leaves, the second after it.
		queueMicrotask(() =>
			queueMicrotask(() => {
				if (this.beingRead.delete(id)) this.acknowledged.add(id);
			}),
		);
		this.window = Math.min(WIDEST, this.window + 1);
		tap.waiting.delete(id);
		this.publishing?.waiting.delete(id);
	}

	/** The program has died or closed its client: what it had yet to delete, it may find again. */
	forget(): void {
		for (const id of this.beingRead) this.acknowledged.add(id);
		this.beingRead.clear();
		for (const id of this.acknowledged) if (this.speaker.stored(id)) this.acknowledged.delete(id);
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
