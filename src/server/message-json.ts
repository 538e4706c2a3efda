import type { FollowedMessage } from "./contract.js";

/** A power of two. More than a burst that all links of a server are told of, and than most replays. */
const SLOTS = 1_024;
/** What is longer is made anew: the slots are not to hold on to what the log has let go. */
const LONGEST = 8_192;

/**
 * One text a message for the live feed, every replay, every poll and every link. Slots by offset: a
 * WeakMap of all that a log retains makes the collector's work longer than the texts that it spares.
 */
const messages: FollowedMessage[] = [];
const texts: string[] = [];

/** The message frame of a message. */
export function messageJson(message: FollowedMessage): string {
	const { channel, position, at, from, id, data = null } = message;
	const slot = (position?.offset ?? 0) % SLOTS;
	if (messages[slot] === message) return texts[slot] as string;
	const text = JSON.stringify({ type: "message", channel, position, at, from, id, data });
	if (text.length <= LONGEST) {
		messages[slot] = message;
		texts[slot] = text;
	}
	return text;
}
