/*
 * What a server reads: frames of a client, and the questions of the HTTP half. Anybody can send these,
 * so every string is bounded, and what decides (`from`, `channels`) is rebuilt from its known fields.
 */
import {
	clamp,
	isCount,
	isNumber,
	isObject,
	isPosition,
	isText,
	keepKnown,
	parseFrames,
	parseObject,
	type Raw,
	type Verdict,
	violation,
} from "./checks.js";
import type { ClientFrame, PollRequest, PublishRequest } from "./frames.js";
import {
	MAX_CHANNEL_LENGTH,
	MAX_DEPTH,
	MAX_ID_LENGTH,
	MAX_IDENTITY_LENGTH,
	MAX_LAST,
	MAX_POLL_CHANNELS,
	MAX_POLL_WAIT_MS,
	MAX_PUBLISHES,
	MAX_TOKEN_LENGTH,
	type TextLimits,
} from "./limits.js";
import type { StartAt } from "./position.js";

/**
 * The frames of one text message, in order.
 * @throws RealtimeError `protocol-violation`: close with 4400. `message-too-large`: close with 4413.
 */
export function decodeClientMessage(text: string, limits: TextLimits): readonly ClientFrame[] {
	return parseFrames(text, limits, judge) as unknown as ClientFrame[];
}

/** @throws RealtimeError `protocol-violation`: answer 400. `message-too-large`: answer 413. */
export function decodePollRequest(text: string, limits: TextLimits): PollRequest {
	const body = parseObject(text, limits.maxLength);
	const isValid =
		isObject(body.channels) &&
		clamp(body, "waitMs", MAX_POLL_WAIT_MS) &&
		isMark(body.peek) &&
		isOptionalText(body.as, MAX_IDENTITY_LENGTH);
	if (!isValid) throw violation();
	const asked = Object.entries(body.channels as Raw);
	if (asked.length > MAX_POLL_CHANNELS) throw violation();
	// fromEntries defines own properties, so a channel named __proto__ stays a name.
	body.channels = Object.fromEntries(asked.map(readAsk));
	return body as unknown as PollRequest;
}

/** @throws RealtimeError as `decodePollRequest`. */
export function decodePublishRequest(text: string, limits: TextLimits): PublishRequest {
	const body = parseObject(text, limits.maxLength);
	const isValid =
		isShortText(body.client, MAX_ID_LENGTH) &&
		isCount(body.link) &&
		isOptionalText(body.as, MAX_IDENTITY_LENGTH);
	if (!isValid) throw violation();
	keepKnown(body.publishes, MAX_PUBLISHES, isPublish);
	return body as unknown as PublishRequest;
}

/**
 * Whether published data is nested deeper than a server takes: it answers `invalid`. Anybody can send
 * what parses and then overflows the stack of JSON.stringify on its way out to all the others.
 */
export function isTooDeep(data: unknown, depth = MAX_DEPTH): boolean {
	if (typeof data !== "object" || data === null) return false;
	return depth === 0 || Object.values(data).some((value) => isTooDeep(value, depth - 1));
}

function judge(frame: Raw): Verdict {
	switch (frame.type) {
		case "publish":
			return isPublish(frame);
		case "ping":
		case "pong":
			return isNumber(frame.at);
		case "subscribe":
			return isChannelAsk(frame) && normalizeStart(frame);
		case "unsubscribe":
			return isChannelAsk(frame);
		case "token":
			return isShortText(frame.token, MAX_TOKEN_LENGTH);
		case "hello":
			return isHello(frame);
		default:
			return isText(frame.type) ? null : false;
	}
}

function isHello(frame: Raw): boolean {
	return (
		(frame.token === null || isShortText(frame.token, MAX_TOKEN_LENGTH)) &&
		(frame.class === "boot" || frame.class === "resume") &&
		isShortText(frame.client, MAX_ID_LENGTH) &&
		isCount(frame.link) &&
		isShortText(frame.name, MAX_ID_LENGTH) &&
		isShortText(frame.version, MAX_ID_LENGTH) &&
		isOptionalText(frame.as, MAX_IDENTITY_LENGTH) &&
		isMark(frame.short)
	);
}

function isPublish(frame: Raw): boolean {
	return (
		isName(frame.id, MAX_ID_LENGTH) &&
		isName(frame.channel, MAX_CHANNEL_LENGTH) &&
		isMark(frame.first) &&
		isMark(frame.ephemeral)
	);
}

function isChannelAsk(frame: Raw): boolean {
	return isCount(frame.id) && isName(frame.channel, MAX_CHANNEL_LENGTH);
}

function readAsk([channel, ask]: [string, unknown]): [string, Raw] {
	const isValid =
		isName(channel, MAX_CHANNEL_LENGTH) && isObject(ask) && isCount(ask.id) && normalizeStart(ask);
	if (!isValid) throw violation();
	return [channel, ask as Raw];
}

/** One of the four forms and nothing beside it, so that no reader takes it for two of them. */
function normalizeStart(ask: Raw): boolean {
	const start = readStart(ask.from);
	ask.from = start;
	return start !== undefined;
}

function readStart(from: unknown): StartAt | undefined {
	if (from === undefined || from === null) return null;
	if (from === "earliest") return from;
	if (isPosition(from)) {
		const { epoch, offset } = from;
		return epoch.length > MAX_ID_LENGTH ? undefined : { epoch, offset };
	}
	if (!isObject(from) || !isCount(from.last)) return undefined;
	return { last: Math.min(from.last, MAX_LAST) };
}

function isShortText(value: unknown, max: number): boolean {
	return isText(value) && value.length <= max;
}

function isName(value: unknown, max: number): boolean {
	return isShortText(value, max) && value !== "";
}

function isOptionalText(value: unknown, max: number): boolean {
	return value === undefined || isShortText(value, max);
}

/** `true` or absent. */
function isMark(value: unknown): boolean {
	return value === undefined || value === true;
}
