/*
 * Tells the edge's ledger what this page got receipts for, and what its document shows. One report is on its way
 * at a time, and the next leaves when it is there: no timer, since those of a hidden page may rest for a minute.
 */
import type { Position } from "holdfast";
import { ControlError } from "../../edge/control/client.js";
import type { LedgerEvent, LedgerReport } from "../../edge/control/contract.js";

export interface SentReceipt {
	readonly channel: string;
	readonly id: string;
	/** Null: it was not stored. */
	readonly position: Position | null;
	readonly beganAt: number;
}

export interface Shown {
	readonly channel: string;
	readonly id: string;
	readonly offset: number;
	readonly epoch: string;
}

const MOST_A_REPORT = 500;
/** Without anybody to tell it to. */
const MOST_WAITING = 20_000;
const AGAIN_MS = 1_000;

export class Reporter {
	readonly client: string;
	readonly #send: (report: LedgerReport) => Promise<void>;
	readonly #now: () => number;
	readonly #channels = new Set<string>();
	#waiting: LedgerEvent[] = [];
	#isSending = false;

	/** `client`: a name in the ledger, of this life of the page alone. */
	constructor(
		client: string,
		send: (report: LedgerReport) => Promise<void>,
		now: () => number = Date.now,
	) {
		this.client = client;
		this.#send = send;
		this.#now = now;
	}

	/** From now on it owes what is published. Twice is once. */
	subscribed(channel: string): void {
		if (this.#channels.has(channel)) return;
		this.#channels.add(channel);
		this.#add({ is: "subscribed", channel, at: this.#now() });
	}

	shown({ channel, ...message }: Shown): void {
		this.subscribed(channel);
		this.#add({ is: "delivered", channel, ...message, at: this.#now() });
	}

	receipt({ channel, id, position, beganAt }: SentReceipt): void {
		const { offset = null, epoch = null } = position ?? {};
		this.#add({ is: "receipt", channel, id, offset, epoch, beganAt, at: this.#now() });
	}

	gap(channel: string): void {
		this.#add({ is: "gap", channel });
	}

	/** It is gone: what it owes is forgiven. */
	leave(): void {
		for (const channel of this.#channels) this.#add({ is: "left", channel });
		this.#channels.clear();
	}

	/** The edge has forgotten it, as the line to it had broken. What waits is of before, and is dropped. */
	rejoin(): void {
		this.#waiting = this.#waiting.filter(({ is }) => is === "receipt");
		const channels = [...this.#channels];
		this.#channels.clear();
		for (const channel of channels) this.subscribed(channel);
	}

	#add(event: LedgerEvent): void {
		this.#waiting.push(event);
		if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
		void this.#flush();
	}

	async #flush(): Promise<void> {
		if (this.#isSending) return;
		this.#isSending = true;
		// What happens in one go goes in one report.
		await Promise.resolve();
		while (this.#waiting.length > 0) {
			const events = this.#waiting.slice(0, MOST_A_REPORT);
			try {
				await this.#send({ client: this.client, events });
			} catch (reason) {
				// What it calls wrong will not be right the next time.
				if (!(reason instanceof ControlError && reason.code === "invalid")) {
					await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
					continue;
				}
			}
			this.#waiting = this.#waiting.filter((event) => !events.includes(event));
		}
		this.#isSending = false;
	}
}
