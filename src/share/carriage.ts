/*
 * Publishes that a follower hands to the leader, one lane a channel: what is turned down for now turns
 * down all later ones of its lane, until it comes again (or one before which nothing is pending). So a
 * follower's order holds, as it does between a client and a server. And a follower that floods is told
 * to come back, before the leader's outbox is full of it.
 */
import type { PublishFrame } from "../protocol/frames.js";

export interface Carriage {
	/** Handed over and not ended. */
	readonly pending: ReadonlySet<string>;
	/** Channel → the publish that was turned down. */
	readonly blocked: ReadonlyMap<string, string>;
}

/** The most that an outbox has in flight: an honest follower never hands over more. */
export const MAX_CARRIED = 256;

export const NO_CARRIAGE: Carriage = { pending: new Set(), blocked: new Map() };

export type Verdict = "take" | "known" | "retry";

export function admit(carriage: Carriage, frame: PublishFrame): readonly [Carriage, Verdict] {
	const { id, channel, first } = frame;
	const { pending, blocked } = carriage;
	const blockedBy = blocked.get(channel);
	if (blockedBy !== undefined && blockedBy !== id && first !== true) return [carriage, "retry"];
	const isKnown = pending.has(id);
	if (!isKnown && pending.size >= MAX_CARRIED) return [turnDown(carriage, id, channel), "retry"];
	const opened = blockedBy === undefined ? blocked : without(blocked, channel);
	return [
		{ pending: isKnown ? pending : new Set(pending).add(id), blocked: opened },
		isKnown ? "known" : "take",
	];
}

/** The leader's own outbox would not have it now, or the server. */
export function turnDown({ pending, blocked }: Carriage, id: string, channel: string): Carriage {
	const next = new Set(pending);
	next.delete(id);
	return {
		pending: next,
		blocked: blocked.has(channel) ? blocked : new Map(blocked).set(channel, id),
	};
}

export function ended({ pending, blocked }: Carriage, id: string): Carriage {
	const next = new Set(pending);
	next.delete(id);
	return { pending: next, blocked };
}

function without(blocked: Carriage["blocked"], channel: string): Carriage["blocked"] {
	const next = new Map(blocked);
	next.delete(channel);
	return next;
}
