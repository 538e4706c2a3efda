/*
 * One channel that is followed over a link that may break.
 *
 *    joining ── the head is known, nothing was missed ──▶ live
 *       ▲   ╰── something was missed: it is read first; what comes meanwhile waits ──▶ live
 *       ╰────────────────────────── the link is new ───────────────────────────────────╯
 */
import type { FollowedMessage } from "holdfast/server";
import type { Answers, Position } from "./wire.js";

const PAGE = 256;

export class Followed {
	readonly channel: string;
	readonly #listener: (message: FollowedMessage) => void;
	readonly #read: (after: Position, limit: number) => Promise<Answers["read"]>;
	/** Of the last stored message that was told, or where it began. */
	#last: Position | null = null;
	/** What came while something before it was missing; null: nothing is. */
	#held: FollowedMessage[] | null = [];
	#joins = 0;
	#isOver = false;

	constructor(
		channel: string,
		listener: (message: FollowedMessage) => void,
		read: (after: Position, limit: number) => Promise<Answers["read"]>,
	) {
		this.channel = channel;
		this.#listener = listener;
		this.#read = read;
	}

	/** It outlives the link from here on. */
	get hasBegun(): boolean {
		return this.#last !== null;
	}

	end(): void {
		this.#isOver = true;
	}

	/** A new link: until `joined`, what comes waits. */
	rejoin(): void {
		this.#joins += 1;
		this.#held = [];
	}

	/** From this head on everything is heard. */
	joined(head: Position): void {
		this.#last ??= head;
		const join = this.#joins;
		// Of a link that broke meanwhile: the next one catches up.
		this.#catchUp(head, join).catch(() => undefined);
	}

	hear(message: FollowedMessage): void {
		if (this.#held === null) this.#tell(message);
		else this.#held.push(message);
	}

	async #catchUp(head: Position, join: number): Promise<void> {
		while (this.#last !== null && isLater(head, this.#last) && !this.#isOver) {
			const { messages } = await this.#read(this.#last, PAGE);
			if (join !== this.#joins) return;
			for (const message of messages) this.#tell(message);
			if (messages.length === 0) break;
		}
		const held = this.#held ?? [];
		this.#held = null;
		for (const message of held) this.#tell(message);
	}

	#tell(message: FollowedMessage): void {
		if (this.#isOver) return;
		const { position } = message;
		if (position !== null && this.#last !== null) {
			if (!isLater(position, this.#last)) return;
			this.#last = position;
		}
		try {
			this.#listener(message);
		} catch {
			// The listener's own affair: the others are told all the same.
		}
	}
}

/** Epochs compare as text. */
function isLater(a: Position, b: Position): boolean {
	return a.epoch === b.epoch ? a.offset > b.offset : a.epoch > b.epoch;
}
