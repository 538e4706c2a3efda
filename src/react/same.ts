import type { Message } from "../channels/message.js";

/** A publisher's ids are its own. */
export function isSame(a: Message<unknown>, b: Message<unknown>): boolean {
	return a.id === b.id && a.from === b.from;
}
