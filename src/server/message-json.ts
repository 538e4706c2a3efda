import type { FollowedMessage } from "./contract.js";

/** By message: the live feed, every replay, every poll and every link share one text. */
const texts = new WeakMap<FollowedMessage, string>();

/** The message frame of a message. */
export function messageJson(message: FollowedMessage): string {
	const known = texts.get(message);
	if (known !== undefined) return known;
	const { channel, position, at, from, id, data = null } = message;
	const text = JSON.stringify({ type: "message", channel, position, at, from, id, data });
	texts.set(message, text);
	return text;
}
