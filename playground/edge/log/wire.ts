/* How a log is spoken to from another PoP: JSON after its length, over whatever stream there is. */
import type { Duplex } from "node:stream";
import type { Appended, Fence, FollowedMessage, LogMessage, StoredMessage } from "holdfast/server";

export type Position = StoredMessage["position"];

/** What is asked; `n` is in the answer, and names a follow. */
export type Ask =
	/** `sentAt`: wall time. One that was long under way is refused: ids and fences are not remembered for ever. */
	| {
			readonly ask: "append";
			readonly channel: string;
			readonly message: LogMessage;
			readonly fence: Fence | null;
			readonly sentAt: number;
	  }
	| {
			readonly ask: "lookup";
			readonly channel: string;
			readonly from: string | null;
			readonly id: string;
	  }
	| { readonly ask: "broadcast"; readonly channel: string; readonly message: LogMessage }
	| {
			readonly ask: "read";
			readonly channel: string;
			readonly after: Position;
			readonly limit: number;
	  }
	| {
			readonly ask: "before";
			readonly channel: string;
			readonly position: Position | null;
			readonly limit: number;
	  }
	| { readonly ask: "head" | "follow"; readonly channel: string }
	| { readonly ask: "unfollow"; readonly follow: number }
	| { readonly ask: "ping" };

/** What each is answered with. A follow: the head from which on it hears. */
export interface Answers {
	readonly append: Appended;
	readonly lookup: Position | null;
	readonly broadcast: null;
	readonly read: { readonly messages: readonly StoredMessage[]; readonly complete: boolean };
	readonly before: readonly StoredMessage[];
	readonly head: Position;
	readonly follow: Position;
	readonly unfollow: null;
	readonly ping: null;
}

export type Asked = Ask & { readonly n: number };

export type Told =
	| { readonly n: number; readonly answer: Answers[keyof Answers] }
	| { readonly n: number; readonly error: string }
	| { readonly follow: number; readonly message: FollowedMessage };

const HEADER_BYTES = 4;
/** A page of 256 messages of 64 kB each, and some. */
const MOST_BYTES = 33_554_432;

/** Calls for each message that is whole; destroys a stream that says what none of ours would. */
export function listen<T>(stream: Duplex, heard: (message: T) => void): void {
	let chunks: Buffer[] = [];
	let bytes = 0;
	let wanted = HEADER_BYTES;
	let isBody = false;
	/** A header, or the message behind it. */
	const take = (part: Buffer): void => {
		wanted = isBody ? HEADER_BYTES : part.readUInt32BE();
		isBody = !isBody;
		if (wanted > MOST_BYTES) return void stream.destroy();
		if (isBody) return;
		const message = parse<T>(part);
		if (message === undefined) stream.destroy();
		else heard(message);
	};
	stream.on("data", (chunk: Buffer) => {
		chunks.push(chunk);
		bytes += chunk.length;
		if (bytes < wanted) return;
		// Once for all messages that it completes: there may be hundreds in it.
		const all = chunks.length === 1 ? chunk : Buffer.concat(chunks);
		let at = 0;
		while (all.length - at >= wanted && !stream.destroyed) {
			const end = at + wanted;
			take(all.subarray(at, end));
			at = end;
		}
		bytes = all.length - at;
		chunks = bytes === 0 ? [] : [all.subarray(at)];
	});
}

/** What is said in one turn leaves as one write: one record of TLS, one packet. */
export function say(stream: Duplex, message: unknown): void {
	if (!stream.writable) return;
	if (stream.writableCorked === 0) {
		stream.cork();
		process.nextTick(() => stream.uncork());
	}
	const body = Buffer.from(JSON.stringify(message));
	const header = Buffer.alloc(HEADER_BYTES);
	header.writeUInt32BE(body.length);
	stream.write(Buffer.concat([header, body]));
}

function parse<T>(bytes: Buffer): T | undefined {
	try {
		const value: unknown = JSON.parse(bytes.toString("utf8"));
		return typeof value === "object" && value !== null ? (value as T) : undefined;
	} catch {
		return undefined;
	}
}
