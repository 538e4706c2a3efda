/*
 * One channel that is followed over a connection that may break.
 *
 *    joining ── subscribed, and what lay between is told ──▶ live
 *       ▲   what comes meanwhile waits, so that order holds     │
 *       ╰───────────────── a new connection ────────────────────╯
 */
import type { Position } from "../../protocol/position.js";
import type { FollowedMessage, MessageLog } from "../contract.js";
import { isLater } from "../position-order.js";

const PAGE = 256;
/** Beyond it what waits is let go of, and read from the log instead; broadcasts are lost then. */
const MOST_WAITING = 4_096;

export class Followed {
	readonly channel: string;
	readonly #listener: (message: FollowedMessage) => void;
	readonly #log: Pick<MessageLog, "head" | "read">;
	/** Of the last stored message that was told, or where it began. */
	#last: Position | null = null;
	/** What came while something before it may be missing; null: nothing is. */
	#waiting: FollowedMessage[] | null = [];
	#joins = 0;
	#isOver = false;

	constructor(
		channel: string,
		listener: (message: FollowedMessage) => void,
		log: Pick<MessageLog, "head" | "read">,
	) {
		this.channel = channel;
		this.#listener = listener;
		this.#log = log;
	}

	end(): void {
		this.#isOver = true;
		this.#waiting = null;
	}

	/** `subscribe` resolves when whatever comes from then on is heard. Rejects with what it or the log does. */
	async join(subscribe: () => Promise<void>): Promise<void> {
		this.#joins += 1;
		const join = this.#joins;
		this.#waiting = [];
		await subscribe();
		this.#last ??= await this.#log.head(this.channel);
		for (let isBehind = true; isBehind && join === this.#joins && !this.#isOver; )
			isBehind = await this.#catchUp(this.#last, join);
	}

	hear(message: FollowedMessage): void {
		if (this.#waiting === null) return this.#tell(message);
		this.#waiting.push(message);
		// The newest stays: what is read leads up to it.
		if (this.#waiting.length > MOST_WAITING) this.#waiting = this.#waiting.slice(-1);
	}

	/** One page; true if there is more to read before what waits may be told. */
	async #catchUp(after: Position, join: number): Promise<boolean> {
		const { messages } = await this.#log.read(this.channel, after, PAGE);
		if (join !== this.#joins || this.#isOver) return false;
		for (const message of messages) this.#tell(message);
		if (messages.length === PAGE || this.#hasHole()) return true;
		const waiting = this.#waiting ?? [];
		this.#waiting = null;
		for (const message of waiting) this.#tell(message);
		return false;
	}

	/** What waits begins later than what was read ends: some of it was let go of. */
	#hasHole(): boolean {
		const next = this.#waiting?.find(({ position }) => position !== null)?.position;
		const last = this.#last;
		return !!next && last?.epoch === next.epoch && next.offset > last.offset + 1;
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
