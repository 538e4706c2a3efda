/* What one link is subscribed to. */
import type { RejectionCode, SubscribeFrame, UnsubscribeFrame } from "../protocol/frames.js";
import type { Position } from "../protocol/position.js";
import type { Identity } from "./contract.js";
import type { Hub } from "./hub.js";
import { rejected } from "./rejection.js";
import { headsJson, Subscription } from "./subscription.js";
import type { Wire } from "./wire.js";

export class Subscriptions {
	readonly #hub: Hub;
	readonly #wire: Wire;
	readonly #who: { readonly identity: Identity };
	readonly #byChannel = new Map<string, Subscription>();

	constructor(who: { readonly identity: Identity }, hub: Hub, wire: Wire) {
		this.#who = who;
		this.#hub = hub;
		this.#wire = wire;
	}

	/** Asked again with a newer id, a channel begins anew (rule 3). */
	subscribe({ id, channel, from }: SubscribeFrame): void {
		const before = this.#byChannel.get(channel);
		if (before !== undefined && id <= before.id) return;
		if (before === undefined && this.#byChannel.size >= this.#hub.settings.maxChannels)
			return this.#refuse(id, "invalid");
		this.#remove(before);
		const next = new Subscription(id, channel, this.#hub, this.#wire);
		this.#byChannel.set(channel, next);
		this.#hub.stats.count("subscriptions");
		void next
			.begin(from, () => this.#isAllowed(channel))
			.then((outcome) => {
				if (outcome === "rejected" && this.#byChannel.get(channel) === next) this.#remove(next);
			});
	}

	/** One that was overtaken by a newer subscribe ends nothing. */
	unsubscribe({ id, channel }: UnsubscribeFrame): void {
		const current = this.#byChannel.get(channel);
		if (current !== undefined && id >= current.id) this.#remove(current);
	}

	epochOf(channel: string): string | null {
		return this.#byChannel.get(channel)?.epoch ?? null;
	}

	/** While a subscribe is being answered: resolves when what comes later is behind it. */
	opening(channel: string): Promise<void> | null {
		const current = this.#byChannel.get(channel);
		return current?.isOpening ? current.placed : null;
	}

	/** Tells the heads of the channels that moved since the last report, behind all that is queued. */
	async report(): Promise<void> {
		const read = [...this.#byChannel.values()].map(async (each) => {
			const head = await this.#hub.feed.head(each.channel);
			return [each, head] as const;
		});
		const moved: [string, Position][] = [];
		for (const [each, head] of await Promise.all(read)) {
			const told = head === null ? null : each.report(head);
			if (told !== null) moved.push([each.channel, told]);
		}
		if (moved.length > 0) this.#wire.send(headsJson(moved));
	}

	/** With a fresh token may come fewer rights. */
	async recheck(): Promise<void> {
		const checked = [...this.#byChannel.values()].map(async (each) => {
			const refusal = await this.#isAllowed(each.channel);
			// A permission that cannot be asked for now is asked for again at the next subscribe.
			if (refusal !== "forbidden" || this.#byChannel.get(each.channel) !== each) return;
			this.#remove(each);
			this.#refuse(each.id, refusal);
		});
		await Promise.all(checked);
	}

	end(): void {
		for (const each of this.#byChannel.values()) this.#remove(each);
	}

	async #isAllowed(channel: string): Promise<RejectionCode | null> {
		const verdict = await this.#hub.rights.canSubscribe(this.#who.identity, channel);
		if (verdict === "granted") return null;
		return verdict === "denied" ? "forbidden" : "retry";
	}

	#refuse(id: number, code: RejectionCode): void {
		this.#wire.send(JSON.stringify(rejected(id, code, this.#hub.settings)));
	}

	#remove(subscription: Subscription | undefined): void {
		if (subscription === undefined) return;
		subscription.end();
		this.#byChannel.delete(subscription.channel);
		this.#hub.stats.count("subscriptions", -1);
	}
}
