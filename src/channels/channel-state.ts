/* What a channel holds, and how to read it. */
import type { Position, StartAt } from "../protocol/position.js";
import type { ChannelOptions, LinkId } from "./contract.js";
import type { Message, SubscriptionState } from "./message.js";
import { noIds, RECENT, type RecentIds } from "./recent-ids.js";

/** What one link has been asked, and what it has answered. */
export interface ChannelLink {
	readonly link: LinkId;
	readonly via: Message<unknown>["via"];
	readonly phase: "asked" | "answered" | "denied";
	/** The newest ask: no other's answer counts. */
	readonly askId: number;
	/** The position that it was made from; null: from none. */
	readonly asked: Position | null;
	/** It was not the link's first. */
	readonly isRepeated: boolean;
	readonly isDeferred: boolean;
	/** Where the replay of the newest answer ends; null: never answered. */
	readonly until: Position | null;
}

export interface ChannelState {
	readonly name: string;
	readonly recover: boolean;
	/** What the app wants to start from. It holds until the first answer. */
	readonly from: StartAt;
	readonly hasBegun: boolean;
	/** Null: no position yet. */
	readonly epoch: string | null;
	readonly offset: number;
	readonly recent: RecentIds;
	/** How many more messages may repeat one from before the log's last break. */
	readonly suspects: number;
	readonly links: readonly ChannelLink[];
	/** Ephemeral messages count from this link alone. */
	readonly current: LinkId | null;
	readonly lastAskId: number;
	readonly shown: SubscriptionState;
}

export const SUBSCRIBING: SubscriptionState = { status: "subscribing" };
export const SUBSCRIBED: SubscriptionState = { status: "subscribed" };

export function initialChannel(
	name: string,
	{ from, recover, lane }: ChannelOptions,
): ChannelState {
	const held = toPosition(from);
	return {
		name,
		recover,
		from,
		hasBegun: false,
		epoch: held?.epoch ?? null,
		offset: held?.offset ?? 0,
		recent: noIds(),
		suspects: 0,
		links: [],
		current: null,
		lastAskId: lane,
		shown: SUBSCRIBING,
	};
}

/** The position of the last message that was delivered or declared lost; null before any is known. */
export function position({ epoch, offset }: ChannelState): Position | null {
	return epoch === null ? null : { epoch, offset };
}

/** The same object for the same state, so that a change can be told by identity. */
export function subscriptionState(state: ChannelState): SubscriptionState {
	return state.shown;
}

/** Whether that link has said all that it has to say about this channel before live messages. */
export function isAnswered(state: ChannelState, link: LinkId): boolean {
	const at = find(state, link);
	return at !== undefined && at.phase !== "asked";
}

/** Whether the channel is asked for on any link. */
export function isOpen(state: ChannelState): boolean {
	return state.links.length > 0;
}

/** The newest ask, on whichever link. */
export function lastAskId(state: ChannelState): number {
	return state.lastAskId;
}

/** The server moved us, and what follows may repeat what we have. */
export function moveTo(state: ChannelState, { epoch, offset }: Position): ChannelState {
	return { ...state, epoch, offset, suspects: RECENT };
}

/**
 * Spelt out, since a message costs this: spreading an object that came of spreading takes V8 five
 * times as long.
 */
export function advanceTo(state: ChannelState, offset: number, recent: RecentIds): ChannelState {
	const { name, recover, from, hasBegun, epoch, links, current, lastAskId, shown } = state;
	const suspects = state.suspects > 0 ? state.suspects - 1 : 0;
	// biome-ignore format: one value, twelve names
	return { name, recover, from, hasBegun, epoch, offset, recent, suspects, links, current, lastAskId, shown };
}

export function put(state: ChannelState, at: ChannelLink): ChannelState {
	const others = state.links.filter(({ link }) => link !== at.link);
	return { ...state, links: [...others, at] };
}

export function find(state: ChannelState, link: LinkId): ChannelLink | undefined {
	for (const at of state.links) if (at.link === link) return at;
	return undefined;
}

export const hasAnswer = ({ links }: ChannelState): boolean =>
	links.some(({ until }) => until !== null);
export const isBefore = (epoch: string, ours: string | null): boolean =>
	ours !== null && epoch < ours;

export function isBeyond(state: ChannelState, to: Position): boolean {
	if (to.epoch === state.epoch) return to.offset > state.offset;
	return !isBefore(to.epoch, state.epoch);
}

export function isHeld(state: ChannelState, asked: Position | null): boolean {
	return asked !== null && asked.epoch === state.epoch && asked.offset === state.offset;
}

export function toPosition(from: StartAt): Position | null {
	return from !== null && typeof from === "object" && "offset" in from ? from : null;
}
