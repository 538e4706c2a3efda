/*
 * One channel as each link sees it:
 *
 *              link-opened           subscribed, with the newest id
 *     (none) ──────────────▶ asked ─────────────────────────────────▶ answered: frames count
 *                             ▲ ▲ │                                     │ │
 *                 ask-again   │ │ │ rejected "retry": defer             │ │ the same hole again: defer
 *                  (deferred) ╰─┼─╯                                     │ ╰──▶ deferred, ask-again ──╮
 *                               ╰── a hole, a newer epoch, a head or a gap beyond ours ◀─────────────╯
 *
 *     asked, answered ── rejected for good ──▶ denied          any ── link-closed ──▶ (none)
 *
 * The position belongs to the channel: links move it on by consecutive offsets or by an accepted gap,
 * and nothing else does. Asking cannot run hot: a hole makes a link ask once for each position that we
 * held; the next ask for the same hole waits for a head report or for the shell's "ask-again".
 */
import type { GapFrame, MessageFrame, SubscribedFrame } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import {
	advanceTo,
	type ChannelLink,
	type ChannelState,
	find,
	hasAnswer,
	isBefore,
	isBeyond,
	isHeld,
	moveTo,
	position,
	put,
	SUBSCRIBED,
	SUBSCRIBING,
	toPosition,
} from "./channel-state.js";
import type { ChannelEffect, ChannelInput, LinkId } from "./contract.js";
import { denial } from "./denial.js";
import { isRecent, remember } from "./recent-ids.js";

export {
	type ChannelState,
	initialChannel,
	isAnswered,
	isOpen,
	lastAskId,
	position,
	subscriptionState,
} from "./channel-state.js";

export type Step = readonly [ChannelState, readonly ChannelEffect[]];

const NONE: readonly ChannelEffect[] = [];
export const LANES = 65_536;

export function transition(state: ChannelState, input: ChannelInput): Step {
	switch (input.type) {
		case "message":
			return receive(state, find(state, input.link), input.frame);
		case "link-opened":
			return ask(state, { ...input, until: null, isRepeated: false }, start(state, input.via));
		case "link-adopted":
			return state.current === input.link ? stay(state) : [{ ...state, current: input.link }, NONE];
		case "link-closed":
			return close(state, input.link);
		case "subscribed":
			return answer(state, find(state, input.link), input.frame);
		case "gap":
			return skip(state, find(state, input.link), input.frame);
		case "head": {
			const at = find(state, input.link);
			const isBehind = at?.phase === "answered" && isBeyond(state, input.head);
			return isBehind ? askOn(state, at) : stay(state);
		}
		case "rejected":
			return refuse(state, find(state, input.link), input);
		case "ask-again": {
			const at = find(state, input.link);
			return at?.isDeferred ? askOn(state, at) : stay(state);
		}
		default:
			return input satisfies never;
	}
}

function receive(state: ChannelState, at: ChannelLink | undefined, frame: MessageFrame): Step {
	if (at?.phase !== "answered") return stay(state);
	if (frame.position === null) return receiveEphemeral(state, at, frame);
	const { epoch, offset } = frame.position;
	if (epoch === state.epoch) {
		if (offset <= state.offset) return stay(state);
		if (offset === state.offset + 1) return advance(state, at, frame, offset);
	} else if (isBefore(epoch, state.epoch)) return stay(state);
	// Never a gap, and never another epoch: only the answer to an ask may declare those.
	return repeat(state, at);
}

/** A repeat is remembered anew: ids are kept by their place in the log, not by when they were shown. */
function advance(state: ChannelState, at: ChannelLink, frame: MessageFrame, offset: number): Step {
	const { recent, suspects } = state;
	const isRepeat = suspects > 0 && isRecent(recent, frame.from, frame.id);
	const next = advanceTo(state, offset, remember(recent, frame.from, frame.id));
	return [next, isRepeat ? NONE : [deliver(state, at, frame)]];
}

function receiveEphemeral(state: ChannelState, at: ChannelLink, frame: MessageFrame): Step {
	const { recent, offset, current } = state;
	if (at.link !== current || isRecent(recent, frame.from, frame.id)) return stay(state);
	const next = advanceTo(state, offset, remember(recent, frame.from, frame.id));
	return [next, [deliver(state, at, frame)]];
}

function answer(state: ChannelState, at: ChannelLink | undefined, frame: SubscribedFrame): Step {
	if (at?.phase !== "asked" || at.askId !== frame.id) return stay(state);
	const { start } = frame;
	const answered: ChannelLink = {
		...at,
		phase: "answered",
		isDeferred: false,
		until: frame.position,
	};
	const next = { ...put(state, answered), hasBegun: true, shown: SUBSCRIBED };
	if (at.asked !== null) return [own(state, next, answered, frame.position), NONE];
	if (!isBeyond(state, start)) return [next, NONE];
	// Meanwhile another link may have given us a position: what lies between is not to be passed over.
	const isFresh = state.epoch === null || (!state.recover && !hasAnswer(state));
	if (!isFresh) return askOn(next, answered);
	return [moveTo(put(next, { ...answered, asked: start }), start), NONE];
}

/**
 * The app's own position may be of another deployment, whose epochs are ahead of this log's: held to,
 * it would make us deaf for ever. So the first answer puts it before all epochs, and the gap counts.
 */
function own(
	before: ChannelState,
	next: ChannelState,
	at: ChannelLink,
	head: Position,
): ChannelState {
	if (before.hasBegun || !isBefore(head.epoch, before.epoch)) return next;
	const asked = { epoch: "", offset: before.offset };
	return moveTo(put(next, { ...at, asked }), asked);
}

function skip(
	state: ChannelState,
	at: ChannelLink | undefined,
	{ position: to, missed }: GapFrame,
): Step {
	if (at?.phase !== "answered") return stay(state);
	const isFurther = isBeyond(state, to);
	if (!isHeld(state, at.asked)) return isFurther ? repeat(state, at) : stay(state);
	// Back in our own epoch: the position was above the head, and the server says what it has.
	const isBack = to.epoch === state.epoch && to.offset < state.offset;
	if (!isFurther && !isBack) return stay(state);
	return [moveTo(state, to), state.recover ? [{ type: "tell-gap", missed }] : NONE];
}

/** Of an ask, or of a subscription that stood: a fresh token may bring fewer rights. */
function refuse(
	state: ChannelState,
	at: ChannelLink | undefined,
	{ id, code }: Extract<ChannelInput, { type: "rejected" }>,
): Step {
	if (at === undefined || at.phase === "denied" || at.askId !== id) return stay(state);
	if (at.isDeferred && (at.phase === "asked" || code === "retry")) return stay(state);
	if (code === "retry") return defer(state, at);
	const next = put(state, { ...at, phase: "denied", isDeferred: false, until: null });
	// Another link may have been asked with another token.
	const isHeard = at.phase === "answered" && next.links.some(({ phase }) => phase === "answered");
	if (isHeard || state.shown.status === "denied") return [next, NONE];
	const cause = denial(code);
	return [{ ...next, shown: { status: "denied", cause } }, [{ type: "deny", cause }]];
}

/** What a link brought does not fit what we hold: ask again, at once only if that has not just failed. */
function repeat(state: ChannelState, at: ChannelLink): Step {
	if (at.isDeferred) return stay(state);
	if (at.isRepeated && isHeld(state, at.asked)) return defer(state, at);
	return askOn(state, at);
}

function askOn(state: ChannelState, at: ChannelLink): Step {
	return ask(state, { ...at, isRepeated: true }, start(state, at.via));
}

function defer(state: ChannelState, at: ChannelLink): Step {
	return [put(state, { ...at, isDeferred: true }), [{ type: "defer", link: at.link }]];
}

function ask(
	state: ChannelState,
	{ link, via, until, isRepeated }: Pick<ChannelLink, "link" | "via" | "until" | "isRepeated">,
	from: StartAt,
): Step {
	const askId = state.lastAskId + LANES;
	const asked = toPosition(from);
	const isDeferred = false;
	const at = { link, via, until, isRepeated, phase: "asked", askId, asked, isDeferred } as const;
	return [{ ...put(state, at), lastAskId: askId }, [{ type: "ask", link, id: askId, from }]];
}

/**
 * Where an ask begins. A channel that does not recover starts anew with each connection;
 * a successor's is the same connection, and so are the polls that follow one another.
 */
function start(state: ChannelState, via: ChannelLink["via"]): StartAt {
	if (!state.hasBegun) return state.from;
	const goesOn =
		state.recover || hasAnswer(state) || (via === "polling" && state.shown === SUBSCRIBED);
	return goesOn ? position(state) : null;
}

/** Between two polls we are as subscribed as during one; without its WebSocket a channel is not. */
function close(state: ChannelState, link: LinkId): Step {
	const at = find(state, link);
	const current = state.current === link ? null : state.current;
	if (at === undefined)
		return current === state.current ? stay(state) : [{ ...state, current }, NONE];
	const next = { ...state, current, links: state.links.filter((other) => other !== at) };
	const isLost =
		state.shown === SUBSCRIBED && at.via === "websocket" && at.until !== null && !hasAnswer(next);
	return [isLost ? { ...next, shown: SUBSCRIBING } : next, NONE];
}

function deliver(
	{ name, epoch }: ChannelState,
	{ via, until }: ChannelLink,
	{ id, from, data, position, at }: MessageFrame,
): ChannelEffect {
	const replayed = until?.epoch === epoch && position !== null && position.offset <= until.offset;
	return {
		type: "deliver",
		message: { channel: name, id, from, data, position, at, replayed, via },
	};
}

const stay = (state: ChannelState): Step => [state, NONE];
