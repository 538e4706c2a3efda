import { encodeBatches } from "../protocol/encode.js";
import type { Clock } from "../runtime/runtime.js";
import type { FollowedMessage, ServerSocket } from "./contract.js";
import type { Flushable, Flusher } from "./flusher.js";
import { messageJson, shortJson } from "./message-json.js";

/**
 * What waits beyond it leaves at once. A client hears of a message when it is whole: at 8 kbit/s one of
 * this length takes four seconds, and one that took nine would look like a dead line (FAULTS, N9).
 */
const BATCH_LENGTH = 4_096;
/** Of one message to a client that holds more than one frame: room for the last one, in any script. */
const MOST_BYTES = 4 * BATCH_LENGTH;
/** Of UTF-8. */
const MOST_BYTES_A_UNIT = 3;
const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 100;

/** What leaves on one link: frames that are JSON already, in order, in batches. */
export class Outbound implements Flushable {
	readonly #socket: ServerSocket;
	readonly #flusher: Flusher;
	readonly #clock: Clock;
	readonly #limit: number;
	readonly #onFailed: (failure: "slow" | "broken") => void;
	/** Of the queue: a small buffer is not to look full only because nothing has left yet. */
	readonly #batchLength: number;
	#frames: string[] = [];
	#queued = 0;
	/** What the last frame that waits tells, if that is a message. */
	#last: FollowedMessage | null = null;
	#isPlanned = false;
	#isOver = false;
	/** The client reads short messages. */
	isShort = false;

	constructor(
		socket: ServerSocket,
		world: { readonly flusher: Flusher; readonly clock: Clock },
		limitBytes: number,
		onFailed: (failure: "slow" | "broken") => void,
	) {
		this.#socket = socket;
		this.#flusher = world.flusher;
		this.#clock = world.clock;
		this.#limit = limitBytes;
		this.#onFailed = onFailed;
		this.#batchLength = Math.min(BATCH_LENGTH, limitBytes / 4);
	}

	/** A replay waits here, so that it never makes a consumer slow by itself. */
	get isBusy(): boolean {
		return !this.#isOver && this.#socket.bufferedBytes() + this.#queued > this.#limit / 4;
	}

	send(frame: string): void {
		this.#last = null;
		this.#push(frame);
	}

	sendMessage(message: FollowedMessage): void {
		this.#push(this.#shortOf(message) ?? messageJson(message));
		// Pushing may have flushed, and a short message is of the batch with the one that it follows.
		this.#last = this.#frames.length > 0 ? message : null;
	}

	/** Null: in full, since nothing that it continues waits, or since it might be split off from that. */
	#shortOf(message: FollowedMessage): string | null {
		const last = this.#last;
		if (!this.isShort || last === null || !isNext(last, message)) return null;
		const short = shortJson(last, message);
		const length = this.#queued + this.#frames.length + short.length + 1;
		return length * MOST_BYTES_A_UNIT < MOST_BYTES ? short : null;
	}

	#push(frame: string): void {
		if (this.#isOver) return;
		this.#frames.push(frame);
		this.#queued += frame.length;
		if (this.#queued >= this.#batchLength) this.flush();
		else if (!this.#isPlanned) {
			this.#isPlanned = true;
			this.#flusher.plan(this);
		}
	}

	flush(): void {
		this.#isPlanned = false;
		if (this.#isOver || this.#frames.length === 0) return;
		if (this.#socket.bufferedBytes() + this.#queued > this.#limit) {
			this.#onFailed("slow");
			return;
		}
		const frames = this.#frames;
		this.#frames = [];
		this.#last = null;
		this.#queued = 0;
		try {
			for (const batch of encodeBatches(frames, MOST_BYTES)) this.#socket.send(batch);
		} catch {
			this.#onFailed("broken");
		}
	}

	/** Resolves when little waits, or nothing will ever leave any more. */
	async room(): Promise<void> {
		for (let waitMs = SHORTEST_WAIT_MS; this.isBusy; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS))
			await this.#clock.sleep(waitMs);
	}

	end(): void {
		this.#isOver = true;
		this.#frames = [];
	}
}

function isNext(before: FollowedMessage, after: FollowedMessage): boolean {
	const [a, b] = [before.position, after.position];
	if (a === null || b === null || before.channel !== after.channel) return false;
	return a.epoch === b.epoch && a.offset + 1 === b.offset;
}
