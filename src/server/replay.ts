/* Rule 2: only here is a gap declared, read in one step with the messages that follow it. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { GapFrame, SubscribedFrame } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import type { MessageLog, StoredMessage } from "./contract.js";

/** What a subscribe or a poll is answered with. */
export interface Replay {
	readonly subscribed: SubscribedFrame;
	readonly gap: GapFrame | null;
	/** At most a page; the rest lies between its last and `subscribed.position`. */
	readonly messages: readonly StoredMessage[];
}

interface Ask {
	readonly id: number;
	readonly channel: string;
	readonly from: StartAt;
}

const TRIES = 3;

/**
 * Reads what `ask` is answered with. The head is read before and after the page: if its epoch is the
 * same both times, the page is of that epoch too, since epochs only grow.
 * @throws RealtimeError `internal` if the log keeps changing its epoch: ask again later.
 */
export async function readReplay(log: MessageLog, ask: Ask, limit: number): Promise<Replay> {
	for (let tries = 0; tries < TRIES; tries++) {
		const before = await log.head(ask.channel);
		const after = toPosition(ask.from, before);
		const page = await log.read(ask.channel, after, limit);
		const head = await log.head(ask.channel);
		if (head.epoch === before.epoch) return describe(ask, [before, head], after, page);
	}
	throw new RealtimeError("internal", "the log keeps changing its epoch");
}

/** `earliest` and `last` are places in the log as it is now; to begin later than asked is no gap. */
function toPosition(from: StartAt, head: Position): Position {
	if (from === null) return head;
	if (from === "earliest") return { epoch: head.epoch, offset: 0 };
	if ("last" in from) return { epoch: head.epoch, offset: Math.max(0, head.offset - from.last) };
	return from;
}

function describe(
	{ id, channel, from }: Ask,
	[before, head]: readonly [Position, Position],
	after: Position,
	{ messages, complete }: { messages: readonly StoredMessage[]; complete: boolean },
): Replay {
	const isResume = from !== null && from !== "earliest" && "epoch" in from;
	const [first] = messages;
	// With nothing to read, the head of before: what was stored since then is still to come.
	const begin =
		first === undefined ? before : { ...first.position, offset: first.position.offset - 1 };
	const start = complete ? after : begin;
	const gap: GapFrame | null =
		complete || !isResume
			? null
			: { type: "gap", channel, missed: missedBetween(after, begin), position: begin };
	return {
		subscribed: {
			type: "subscribed",
			id,
			channel,
			start,
			position: head,
			recovered: isResume && complete,
		},
		gap,
		messages,
	};
}

/** Between two places of one epoch it is arithmetic; a place that the log never had proves no number. */
function missedBetween(after: Position, begin: Position): number | "unknown" {
	const missed = begin.offset - after.offset;
	return begin.epoch === after.epoch && missed > 0 ? missed : "unknown";
}
