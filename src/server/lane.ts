/*
 *           a retryable rejection                  Rule 7. While blocked, every publish is rejected
 *   clear ─────────────────────────▶ blocked       with "retry" until the one that was refused comes
 *     ▲                                 │          again, or one that says that nothing older of the
 *     ╰── the refused id, or `first` ───╯          channel is pending.
 *
 * One channel's publishes of one link, or of one HTTP request. The caller hands them over one by one.
 */
import { isTooDeep } from "../protocol/decode-client.js";
import type { PublishedFrame, PublishFrame, RejectedFrame } from "../protocol/frames.js";
import type { Identity, LogMessage } from "./contract.js";
import { kindOf } from "./fault.js";
import type { Hub } from "./hub.js";
import { rejected } from "./rejection.js";

export type Publish = Omit<PublishFrame, "type">;

/** Who publishes, by which link. */
export interface Author {
	/** As of now: a fresh token may have changed its claims. */
	readonly identity: Identity;
	readonly client: string;
	readonly link: number;
	/** What a link left behind when it closed is not stored: its client sends it again elsewhere. */
	readonly isOpen: boolean;
}

export type Outcome =
	| PublishedFrame
	| RejectedFrame
	/** The log has heard of a newer link of this client, or is of another epoch. */
	| { readonly type: "fenced" }
	/** Ephemeral, or left behind: there is no answer. */
	| { readonly type: "unanswered" };

/** Older than the ids and fences of a log can vouch for (rule 8): a minute beyond what clients resend. */
const LONGEST_HOLD_MS = 30_000;
const UNANSWERED: Outcome = { type: "unanswered" };
const FENCED: Outcome = { type: "fenced" };

export class Lane {
	readonly #channel: string;
	readonly #hub: Hub;
	readonly #author: Author;
	/** The epoch that this link has seen of the channel: what it appends is meant for no other. */
	#epoch: string | null | undefined;
	readonly #epochOf: (channel: string) => string | null;
	#blockedBy: string | null = null;

	/** `epochOf`: what its subscription has seen. Asked once: a later one may have passed us by. */
	constructor(
		channel: string,
		author: Author,
		epochOf: (channel: string) => string | null,
		hub: Hub,
	) {
		this.#channel = channel;
		this.#author = author;
		this.#epochOf = epochOf;
		this.#hub = hub;
	}

	get isBlocked(): boolean {
		return this.#blockedBy !== null;
	}

	/** Never rejects. */
	async take(publish: Publish, arrivedAt: number): Promise<Outcome> {
		if (this.#epoch === undefined) this.#epoch = this.#epochOf(this.#channel);
		const isBlocked =
			this.#blockedBy !== null && publish.id !== this.#blockedBy && publish.first !== true;
		if (publish.ephemeral !== true) {
			if (isBlocked) return rejected(publish.id, "retry", this.#hub.settings);
			this.#blockedBy = null;
		}
		try {
			return await this.#judge(publish, arrivedAt);
		} catch (reason) {
			this.#hub.settings.logger.warn("publish-failed", { kind: kindOf(reason) });
			return this.#block(publish);
		}
	}

	async #judge(publish: Publish, arrivedAt: number): Promise<Outcome> {
		const { settings, rights } = this.#hub;
		const { identity } = this.#author;
		const { id, data = null } = publish;
		if (isTooDeep(data)) return rejected(id, "invalid", settings);
		const asked = rights.canPublish(identity, this.#channel, data);
		const verdict = typeof asked === "string" ? asked : await asked;
		if (!this.#author.isOpen) return UNANSWERED;
		if (verdict === "failed") return this.#block(publish);
		const message = { id, from: identity.id, data, at: settings.clock.now() };
		if (verdict === "denied") return this.#recall(message, publish);
		if (publish.ephemeral === true) return this.#broadcast(message);
		const isHeldTooLong = settings.clock.monotonic() - arrivedAt > LONGEST_HOLD_MS;
		return isHeldTooLong ? this.#block(publish) : this.#append(message);
	}

	async #append(message: LogMessage): Promise<Outcome> {
		const { log, stats } = this.#hub;
		const { client, link } = this.#author;
		const fence = { client, link, epoch: this.#epoch ?? null };
		const appended = await log.append(this.#channel, message, fence);
		if (appended.status === "fenced") return FENCED;
		const { position, duplicate } = appended;
		this.#epoch ??= position.epoch;
		if (!duplicate) stats.count("publishes");
		return { type: "published", id: message.id, position, duplicate };
	}

	async #broadcast(message: LogMessage): Promise<Outcome> {
		await this.#hub.log.broadcast(this.#channel, message);
		return UNANSWERED;
	}

	/** Rule 5 has the id checked before the permission: what is stored is not refused any more. */
	async #recall({ id, from }: LogMessage, { ephemeral }: Publish): Promise<Outcome> {
		const { log, settings } = this.#hub;
		const position =
			ephemeral === true ? null : ((await log.lookup?.(this.#channel, from, id)) ?? null);
		if (position === null) return rejected(id, "forbidden", settings);
		return { type: "published", id, position, duplicate: true };
	}

	/** Of an ephemeral publish nothing is pending: it is dropped, and blocks nobody. */
	#block({ id, ephemeral }: Publish): Outcome {
		if (ephemeral === true) return UNANSWERED;
		this.#blockedBy = id;
		return rejected(id, "retry", this.#hub.settings);
	}
}
