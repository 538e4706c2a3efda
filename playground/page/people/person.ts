/* Somebody in this page: a real client of her own, what she wrote, and what happened to her. */
import { type Client, createClient, type Message, type Position } from "holdfast";
import type { Where } from "../../edge/control/contract.js";
import { Store } from "../app/store.js";
import type { PollingChoice } from "../app/url-state.js";
import type { Reporter } from "../ledger/reporter.js";
import { TimelineLog } from "../timeline/log.js";
import { type ChatMessage, type Typing, typingIn } from "./channels.js";
import type { Profile } from "./profiles.js";
import { Weather } from "./weather.js";

export interface PersonOptions {
	readonly profile: Profile;
	/** Who she is to the servers, and a label of the names that she dials. */
	readonly identity: string;
	readonly where: Where;
	readonly polling: PollingChoice;
	readonly reporter: Reporter;
}

/** What she wrote, until the message itself comes. */
export interface Copy {
	readonly id: string;
	readonly channel: string;
	readonly text: string;
	/** Null: on its way. */
	readonly trouble: string | null;
}

/** What nobody would wait for in front of a page; the rest is as the library has it. */
export const RECONNECT = { stableAfterMs: 5_000, failBackWindowMs: [5_000, 20_000] } as const;
export const POLL_EVERY_MS = [3_000, 8_000] as const;

const MOST_COPIES = 50;

export class Person {
	readonly profile: Profile;
	readonly identity: string;
	readonly client: Client;
	readonly weather = new Weather();
	readonly log: TimelineLog;
	readonly reporter: Reporter;
	readonly copies = new Store<readonly Copy[]>([]);
	/** Of the last message of each channel that she saw. */
	readonly positions = new Map<string, Position>();

	constructor({ profile, identity, where, polling, reporter }: PersonOptions) {
		this.profile = profile;
		this.identity = identity;
		this.reporter = reporter;
		const nearby = (url: string): string =>
			url.replace("://", `://${identity}.${profile.pop.toLowerCase()}.`);
		this.client = createClient({
			endpoints: where.browser.endpoints.map(nearby),
			api: nearby(where.browser.api),
			getToken: async () => identity,
			reconnect: RECONNECT,
			degraded: { polling, intervalMs: POLL_EVERY_MS },
			// Kept over a reload: nothing that was written is lost to it.
			outbox: { persist: "storage", namespace: identity },
			runtime: this.weather.runtime,
		});
		this.log = new TimelineLog(this.client);
	}

	/** Rejects never: what becomes of it is shown. */
	async say(channel: string, text: string): Promise<void> {
		const id = crypto.randomUUID();
		const data: ChatMessage = { name: this.profile.name, text };
		this.copies.set(
			[...this.copies.get(), { id, channel, text, trouble: null }].slice(-MOST_COPIES),
		);
		const beganAt = Date.now();
		try {
			const receipt = await this.client.publish(channel, data, { id });
			const position = receipt.status === "stored" ? receipt.position : null;
			this.reporter.receipt({ channel, id, position, beganAt });
			if (receipt.status !== "stored") this.#mark(id, TROUBLE[receipt.status] ?? null);
		} catch (reason) {
			this.reporter.receipt({ channel, id, position: null, beganAt });
			this.#mark(id, `not sent: ${(reason as Error).message}`);
		}
	}

	/** That she is about to say something; without a link nobody is told. */
	type(channel: string): void {
		const data: Typing = { typing: this.profile.name };
		this.client.publish(typingIn(channel), data, { ephemeral: true }).catch(() => undefined);
	}

	/** As a message reaches a channel's list. */
	saw({ channel, id, position, replayed }: Message<unknown>): void {
		if (position !== null) this.positions.set(channel, position);
		if (replayed) this.log.replayed();
		const left = this.copies.get().filter((copy) => copy.id !== id);
		if (left.length < this.copies.get().length) this.copies.set(left);
	}

	#mark(id: string, trouble: string | null): void {
		const marked = this.copies.get().map((copy) => (copy.id === id ? { ...copy, trouble } : copy));
		this.copies.set(marked);
	}
}

const TROUBLE: Readonly<Record<string, string>> = {
	expired: "not sent: it waited too long",
	unknown: "perhaps sent: nobody can say any more",
};
