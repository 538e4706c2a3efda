/* One client of the fleet: the real SDK, in a room, that listens and now and then says something. */
import { type Client, type ConnectionState, createClient, type Message } from "holdfast";
import type { LedgerEvent } from "../control/contract.js";
import type { Recovery } from "./contract.js";
import type { Dialling } from "./dialling.js";
import type { Floor } from "./floor.js";

export interface MemberOptions {
	/** "fleet-17": its token too. */
	readonly name: string;
	readonly channel: string;
	readonly endpoints: readonly [string, string];
	readonly api: string;
	readonly dialling: Dialling;
	/** Messages a second. */
	readonly rate: number;
	/** Said in one go. */
	readonly burst: number;
	/** Of a dial. */
	readonly patienceMs: number;
	/** Of its thread. */
	readonly floor: Floor;
	/** Whether it shows that it is about to say something: nothing is stored of that. */
	readonly isTypingShown: boolean;
	/** It is in its channel, or without hope of a link for now: once, and at its end at the latest. */
	readonly settled: () => void;
	readonly recovered: (recovery: Recovery) => void;
}

/** As long before it speaks. */
const TYPING_MS = 2_000;

export class Member {
	readonly client: Client;
	readonly name: string;
	errors = 0;
	/** Times without a link, after it had one. */
	outages = 0;
	#events: LedgerEvent[] = [];
	readonly #options: MemberOptions;
	#timer: NodeJS.Timeout | undefined;
	#said = 0;
	#outage: Pick<Recovery, "lostAt" | "cause" | "dialledAt"> | null = null;
	#isSettled = false;
	#isOver = false;

	constructor(options: MemberOptions) {
		const { name, channel, endpoints, api, dialling, patienceMs } = options;
		this.#options = options;
		this.name = name;
		this.client = createClient({
			endpoints,
			api,
			getToken: async () => name,
			// As the library has it, but for what a visitor would have to wait minutes for.
			reconnect: {
				...{ stableAfterMs: 5_000, failBackWindowMs: [5_000, 20_000] },
				dialTimeoutMs: patienceMs,
			},
			degraded: { intervalMs: [3_000, 8_000] },
			runtime: dialling.runtime,
		});
		this.client.on("transition", ({ to }) => this.#note(to));
		this.client.on("error", () => {
			this.errors += 1;
		});
		this.client.mode.subscribe(({ mode }) => {
			if (mode !== "normal") this.#settle();
		});
		const { state } = this.client.subscribe(channel, (message) => this.#hear(message), {
			onGap: () => this.#events.push({ is: "gap", channel }),
		});
		state.subscribe(({ status }, before) => {
			// Only the first time: after an outage it goes on where it was.
			if (status === "subscribed" && before.status === "subscribing" && this.#timer === undefined)
				this.#begin();
		});
	}

	/** What happened to it since it was last asked. */
	takeEvents(): readonly LedgerEvent[] {
		const events = this.#events;
		this.#events = [];
		return events;
	}

	async close(): Promise<void> {
		clearTimeout(this.#timer);
		this.#isOver = true;
		this.#settle();
		await this.client.close();
	}

	#settle(): void {
		if (this.#isSettled) return;
		this.#isSettled = true;
		this.#options.settled();
	}

	#begin(): void {
		const { channel } = this.#options;
		this.#settle();
		this.#events.push({ is: "subscribed", channel, at: now() });
		this.#wait();
	}

	/** At random times, as people do. */
	#wait(): void {
		const { rate, burst } = this.#options;
		if (rate <= 0) return;
		const waitMs = ((0.5 + Math.random()) * 1_000 * burst) / rate;
		if (!this.#options.isTypingShown || waitMs < TYPING_MS) {
			this.#timer = setTimeout(() => this.#ask(), waitMs);
			return;
		}
		this.#timer = setTimeout(() => {
			this.#type();
			this.#timer = setTimeout(() => this.#ask(), TYPING_MS);
		}, waitMs - TYPING_MS);
	}

	#type(): void {
		const { channel, name } = this.#options;
		const typing = this.client.publish(`${channel}.typing`, { typing: name }, { ephemeral: true });
		// Without a link nobody is told.
		typing.catch(() => undefined);
	}

	#ask(): void {
		this.#options.floor.ask(() => this.#say());
	}

	async #say(): Promise<void> {
		if (this.#isOver) return;
		this.#wait();
		const all = Array.from({ length: this.#options.burst }, () => this.#publish());
		await Promise.all(all);
	}

	async #publish(): Promise<void> {
		const { channel, name } = this.#options;
		const id = `${name}.${++this.#said}.${Math.random().toString(36).slice(2, 8)}`;
		const beganAt = now();
		const ended = (offset: number | null, epoch: string | null): void =>
			void this.#events.push({ is: "receipt", channel, id, offset, epoch, beganAt, at: now() });
		await this.client.publish(channel, { text: `${name} says ${this.#said}` }, { id }).then(
			(receipt) => {
				if (receipt.status === "stored") ended(receipt.position.offset, receipt.position.epoch);
				else ended(null, null);
			},
			() => ended(null, null),
		);
	}

	#hear({ channel, id, position }: Message<unknown>): void {
		if (position === null) return;
		this.#events.push({ is: "delivered", channel, id, ...position, at: now() });
	}

	#note(state: ConnectionState): void {
		const at = now();
		if (state.status === "reconnecting") {
			if (this.#outage === null) {
				const { cause } = state;
				this.#outage = {
					lostAt: at,
					cause: `${cause.code}: ${cause.message}`,
					dialledAt: Number.NaN,
				};
				this.outages += 1;
			}
			const isFirst = Number.isNaN(this.#outage.dialledAt);
			if (state.retryAt === null && isFirst) this.#outage = { ...this.#outage, dialledAt: at };
		}
		if (state.status !== "connected" || this.#outage === null) return;
		const { name, recovered } = this.#options;
		recovered({ client: name, ...this.#outage, backAt: at, role: state.role });
		this.#outage = null;
	}
}

/** Wall time, to be compared across threads: finer than `Date.now`. */
const now = (): number => performance.timeOrigin + performance.now();
