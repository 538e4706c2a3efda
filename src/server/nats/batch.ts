/*
 * What one message of the stream holds: appends that were judged together, in order. Of one id, and of the
 * links of one client, there is one at most: the next is judged when these are stored.
 */
import type { Fence, LogMessage } from "../contract.js";

export interface Append {
	readonly message: LogMessage;
	readonly fence: Fence | undefined;
}

export interface Batch {
	/** Who judged them: no two servers publish the same text. */
	readonly by: string;
	readonly epoch: string;
	/** The message of the stream that was the channel's last when these were judged; 0: none. */
	readonly after: number;
	/** Of the first. */
	readonly offset: number;
	/** When the server that judged them did: wall time. */
	readonly at: number;
	readonly entries: readonly Entry[];
}

interface Entry {
	readonly message: LogMessage;
	readonly fence?: Pick<Fence, "client" | "link"> | undefined;
}

const MOST = 256;

/** Collects until it is full, or the next must not be judged before these are stored. */
export class Collected<A extends Append> {
	readonly appends: A[] = [];
	readonly #texts: string[] = [];
	readonly #ids = new Set<string>();
	readonly #links = new Map<string, number>();
	readonly #mostBytes: number;
	#length = 0;

	constructor(mostBytes: number) {
		this.#mostBytes = mostBytes;
	}

	/** False: not with these. */
	take(append: A): boolean {
		const { message, fence } = append;
		const { id, from, at, data = null } = message;
		const key = JSON.stringify([from, id]);
		const client = fence && JSON.stringify([from, fence.client]);
		const link = client === undefined ? undefined : this.#links.get(client);
		if (this.#ids.has(key) || (link !== undefined && link !== fence?.link)) return false;
		const entry: Entry = {
			message: { id, from, at, data },
			fence: fence && { client: fence.client, link: fence.link },
		};
		const text = JSON.stringify(entry);
		// A character takes three bytes at most.
		const isFull =
			this.appends.length >= MOST || (this.#length + text.length + 1_024) * 3 > this.#mostBytes;
		if (isFull && this.appends.length > 0) return false;
		this.#ids.add(key);
		if (client !== undefined) this.#links.set(client, fence?.link ?? 0);
		this.#length += text.length;
		this.#texts.push(text);
		this.appends.push(append);
		return true;
	}

	text(place: Omit<Batch, "entries">): string {
		return `${JSON.stringify(place).slice(0, -1)},"entries":[${this.#texts.join(",")}]}`;
	}
}

export function decodeBatch(text: string): Batch {
	return JSON.parse(text) as Batch;
}
