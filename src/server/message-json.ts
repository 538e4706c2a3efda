import type { Position } from "../protocol/position.js";
import type { FollowedMessage } from "./contract.js";

/** A power of two. More than a burst that all links of a server are told of, and than most replays. */
const SLOTS = 1_024;
/** What is longer is made anew: the slots are not to hold on to what the log has let go. */
const LONGEST = 8_192;

/**
 * One text a message for the live feed, every replay, every poll and every link. Slots by offset: a
 * WeakMap of all that a log retains makes the collector's work longer than the texts that it spares.
 */
class Texts {
	readonly #messages: FollowedMessage[] = [];
	readonly #texts: string[] = [];

	of(message: FollowedMessage, compose: (message: FollowedMessage) => string): string {
		const slot = (message.position?.offset ?? 0) % SLOTS;
		if (this.#messages[slot] === message) return this.#texts[slot] as string;
		const text = compose(message);
		if (text.length <= LONGEST) {
			this.#messages[slot] = message;
			this.#texts[slot] = text;
		}
		return text;
	}
}

const texts = new Texts();
const shorts = new Texts();

/** The message frame of a message. */
export function messageJson(message: FollowedMessage): string {
	return texts.of(message, compose);
}

/** What of `message` differs from the one before it in its channel, which is the same for all links. */
export function shortJson(before: FollowedMessage, message: FollowedMessage): string {
	return shorts.of(message, ({ at, from, id, data = null }) => {
		const isAt = at !== before.at;
		const rest = from !== before.from ? `,${at},${quote(from)}` : isAt ? `,${at}` : "";
		return `[${quote(id)},${dataJson(data)}${rest}]`;
	});
}

/** Spelt out, since each message costs it: what does not change from one to the next is made once. */
function compose({ channel, position, at, from, id, data = null }: FollowedMessage): string {
	const rest = `"at":${at},"from":${quote(from)},"id":${quote(id)},"data":${dataJson(data)}}`;
	return position === null
		? `{"type":"message","channel":${quote(channel)},"position":null,${rest}`
		: `${headOf(channel, position)}${position.offset}},${rest}`;
}

const quote = (text: string | null): string => JSON.stringify(text);

let head = { channel: "", epoch: "", text: "" };

function headOf(channel: string, { epoch }: Position): string {
	if (head.channel !== channel || head.epoch !== epoch || head.text === "") {
		const text = `{"type":"message","channel":${quote(channel)},"position":{"epoch":${quote(epoch)},"offset":`;
		head = { channel, epoch, text };
	}
	return head.text;
}

let last: { readonly data: unknown; readonly json: string } = { data: null, json: "null" };

/** A server that publishes has the text already; a log that tells of it at once spares making it again. */
export function keepDataJson(data: unknown, json: string): void {
	last = { data, json };
}

/** By identity: only of an object can it be told that it is the very one. */
function dataJson(data: unknown): string {
	const isLast = typeof data === "object" && data === last.data;
	return isLast ? last.json : JSON.stringify(data);
}
