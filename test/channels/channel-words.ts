/* The words in which the tests of the channel machine speak. */
import { type ChannelState, initialChannel, transition } from "../../src/channels/channel.js";
import type { ChannelEffect, ChannelInput, LinkId } from "../../src/channels/contract.js";
import type { Position, StartAt } from "../../src/protocol/position.js";

export const ASK = 65_536;
/** "e2:5" */
export const at = (text: string): Position => {
	const [epoch = "", offset] = text.split(":");
	return { epoch, offset: Number(offset) };
};

export const opened = (link: LinkId): ChannelInput => ({
	type: "link-opened",
	link,
	via: link < 0 ? "polling" : "websocket",
});
export const adopted = (link: LinkId): ChannelInput => ({ type: "link-adopted", link });
export const closed = (link: LinkId): ChannelInput => ({ type: "link-closed", link });
export const again = (link: LinkId): ChannelInput => ({ type: "ask-again", link });
export const head = (link: LinkId, to: string): ChannelInput => ({
	type: "head",
	link,
	head: at(to),
});
export const rejected = (
	link: LinkId,
	ask: number,
	code: "retry" | "forbidden" | "invalid",
): ChannelInput => ({ type: "rejected", link, id: ask * ASK, code });

/** The answer to the n-th ask of this channel. */
export function subscribed(link: LinkId, ask: number, start: string, end = start): ChannelInput {
	const frame = { id: ask * ASK, channel: "c", start: at(start), position: at(end) };
	return { type: "subscribed", link, frame: { type: "subscribed", recovered: true, ...frame } };
}

export function gap(
	link: LinkId,
	to: string,
	missed: number | "unknown" = "unknown",
): ChannelInput {
	return { type: "gap", link, frame: { type: "gap", channel: "c", missed, position: at(to) } };
}

/** A stored message; without a position, an ephemeral one. */
export function message(link: LinkId, to: string | null, id = `m-${to}`): ChannelInput {
	const frame = { channel: "c", position: to === null ? null : at(to), at: 9, from: "ann", id };
	return { type: "message", link, frame: { type: "message", data: id, ...frame } };
}

export const channel = (
	from: StartAt = null,
	recover: "recover" | "go-on" = "recover",
): ChannelState => initialChannel("c", { from, recover: recover === "recover", lane: 0 });

export function given(state: ChannelState, ...inputs: readonly ChannelInput[]): ChannelState {
	return inputs.reduce((current, input) => transition(current, input)[0], state);
}

export function effectsOf(state: ChannelState, ...inputs: readonly ChannelInput[]): string[] {
	let current = state;
	return inputs.flatMap((input) => {
		const [next, effects] = transition(current, input);
		current = next;
		return effects.map(inWords);
	});
}

export function inWords(effect: ChannelEffect): string {
	switch (effect.type) {
		case "ask":
			return `ask ${effect.id / ASK} on ${effect.link} from ${fromInWords(effect.from)}`;
		case "deliver":
			return `deliver ${effect.message.id}`;
		case "tell-gap":
			return `gap ${effect.missed}`;
		case "deny":
			return `deny ${effect.cause.code}`;
		case "defer":
			return `defer on ${effect.link}`;
		default:
			return effect satisfies never;
	}
}

export function fromInWords(from: StartAt): string {
	if (from === null) return "now";
	return typeof from === "object" && "epoch" in from
		? `${from.epoch}:${from.offset}`
		: JSON.stringify(from);
}

/** A channel that holds e2:5, with no link. */
export const HELD = given(channel(at("e2:5")), opened(8), subscribed(8, 1, "e2:5"), closed(8));
export const ASKED = given(HELD, opened(1));
export const ANSWERED = given(ASKED, subscribed(1, 2, "e2:5", "e2:7"));
export const TWICE = given(ANSWERED, message(1, "e2:9"), subscribed(1, 3, "e2:5", "e2:7"));

export const newest = (state: ChannelState): number => state.lastAskId / ASK;

export function fill(
	state: ChannelState,
	epoch: string,
	first: number,
	count: number,
): ChannelState {
	const offsets = Array.from({ length: count }, (_, index) => first + index);
	return given(state, ...offsets.map((offset) => message(1, `${epoch}:${offset}`)));
}
