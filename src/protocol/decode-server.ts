/*
 * What a client reads: frames of a server, and the answers of the HTTP half. Unknown types and fields
 * are left alone; a known frame with a field missing or of the wrong type spoils its whole text.
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
import type { HistoryResponse, PollResponse, PublishResponse, ServerFrame } from "./frames.js";
import {
	LONGEST_AGE_MS,
	LONGEST_WAIT_MS,
	MAX_FRAME_BYTES,
	MIN_FRAME_BYTES,
	SHORTEST_BEAT_MS,
	type TextLimits,
} from "./limits.js";
import type { Position } from "./position.js";

/**
 * The frames of one text message, in order.
 * @throws RealtimeError `protocol-violation`: close with 4400. `message-too-large`: close with 4413.
 */
export function decodeServerMessage(text: string, limits: TextLimits): readonly ServerFrame[] {
	return parseFrames(text, limits, judge, unfold) as unknown as ServerFrame[];
}

/** @throws RealtimeError as `decodeServerMessage`: a captive portal's page is malformed. */
export function decodePollResponse(text: string, limits: TextLimits): PollResponse {
	const body = parseObject(text, limits.maxLength);
	const isValid =
		isText(body.identity) &&
		clamp(body, "pollAfterMs", LONGEST_WAIT_MS) &&
		clamp(body, "windowMs", LONGEST_WAIT_MS) &&
		clamp(body, "dedupeMs", LONGEST_AGE_MS);
	if (!isValid) throw violation();
	// What sheds load says "down"; only a plain "up" brings redials forward.
	if (body.realtime !== "up") body.realtime = "down";
	body.frames = keepKnown(body.frames, Number.POSITIVE_INFINITY, judge);
	return body as unknown as PollResponse;
}

/** @throws RealtimeError as `decodeServerMessage`. */
export function decodePublishResponse(text: string, limits: TextLimits): PublishResponse {
	const body = parseObject(text, limits.maxLength);
	if (!clamp(body, "dedupeMs", LONGEST_AGE_MS)) throw violation();
	const results = keepKnown(body.results, limits.maxFrames, judge);
	body.results = results.filter(({ type }) => type === "published" || type === "rejected");
	return body as unknown as PublishResponse;
}

/** @throws RealtimeError as `decodeServerMessage`. */
export function decodeHistory(text: string, limits: TextLimits): HistoryResponse {
	const body = parseObject(text, limits.maxLength);
	const messages = keepKnown(body.messages, Number.POSITIVE_INFINITY, judge);
	body.messages = messages.filter(({ type }) => type === "message");
	return body as unknown as HistoryResponse;
}

function judge(frame: Raw): Verdict {
	switch (frame.type) {
		case "message":
			return isMessage(frame);
		case "published":
			return isText(frame.id) && isPosition(frame.position) && isFlag(frame.duplicate);
		case "rejected":
			return isRejected(frame);
		case "subscribed":
			return isSubscribed(frame);
		case "heads":
			return isHeads(frame.heads);
		case "ping":
		case "pong":
			return isNumber(frame.at);
		case "gap":
			return (
				isText(frame.channel) &&
				(frame.missed === "unknown" || isCount(frame.missed)) &&
				isPosition(frame.position)
			);
		case "token-accepted":
			return clamp(frame, "tokenTtlMs", LONGEST_AGE_MS);
		case "welcome":
			return isWelcome(frame);
		case "goodbye":
			return isGoodbye(frame);
		default:
			return isText(frame.type) ? null : false;
	}
}

/** Writes out what a batch's short messages leave out; one that follows no stored message stays, and is malformed. */
function unfold(batch: unknown[]): void {
	let before: Raw | null = null;
	for (let at = 0; at < batch.length; at += 1) {
		const value = batch[at];
		if (before !== null && Array.isArray(value)) {
			before = follow(before, value);
			batch[at] = before;
		} else before = isObject(value) && isStored(value) ? value : null;
	}
}

const isStored = ({ type, position }: Raw): boolean => type === "message" && isPosition(position);

function follow(before: Raw, short: readonly unknown[]): Raw {
	const { epoch, offset } = before.position as Position;
	const [id, data, at = before.at, from = before.from] = short;
	const position: Position = { epoch, offset: offset + 1 };
	return { type: "message", channel: before.channel, position, at, from, id, data };
}

function isMessage(frame: Raw): boolean {
	return (
		isText(frame.channel) &&
		(frame.position === null || isPosition(frame.position)) &&
		isNumber(frame.at) &&
		(frame.from === null || isText(frame.from)) &&
		isText(frame.id)
	);
}

function isSubscribed(frame: Raw): boolean {
	return (
		isCount(frame.id) &&
		isText(frame.channel) &&
		isPosition(frame.start) &&
		isPosition(frame.position) &&
		isFlag(frame.recovered)
	);
}

/** A code of a later version is final, as all are but "retry". */
function isRejected(frame: Raw): boolean {
	const { code } = frame;
	if (code !== "retry" && code !== "forbidden" && code !== "too-large" && isText(code))
		frame.code = "invalid";
	return (
		isText(code) &&
		(isText(frame.id) || isCount(frame.id)) &&
		(frame.retryAfterMs === undefined || clamp(frame, "retryAfterMs", LONGEST_WAIT_MS))
	);
}

function isHeads(heads: unknown): boolean {
	return isObject(heads) && Object.values(heads).every(isPosition);
}

function isWelcome(frame: Raw): boolean {
	return (
		isText(frame.identity) &&
		clamp(frame, "heartbeatMs", LONGEST_WAIT_MS, SHORTEST_BEAT_MS) &&
		clamp(frame, "timeoutMs", LONGEST_WAIT_MS, SHORTEST_BEAT_MS) &&
		clamp(frame, "windowMs", LONGEST_WAIT_MS) &&
		clamp(frame, "maxAgeMs", LONGEST_AGE_MS) &&
		clamp(frame, "maxFrameBytes", MAX_FRAME_BYTES, MIN_FRAME_BYTES) &&
		clamp(frame, "tokenTtlMs", LONGEST_AGE_MS) &&
		clamp(frame, "dedupeMs", LONGEST_AGE_MS)
	);
}

function isGoodbye(frame: Raw): boolean {
	const { reason, endpoints } = frame;
	if (reason !== "refresh" && reason !== "overload" && isText(reason)) frame.reason = "drain";
	return (
		isText(reason) &&
		clamp(frame, "deadlineMs", LONGEST_WAIT_MS) &&
		clamp(frame, "windowMs", LONGEST_WAIT_MS) &&
		(endpoints === undefined || (Array.isArray(endpoints) && endpoints.every(isText)))
	);
}

function isFlag(value: unknown): value is boolean {
	return typeof value === "boolean";
}
