/* What both decoders are made of. A text from a peer ends as checked values or as a RealtimeError. */
import { RealtimeError } from "../errors/realtime-error.js";
import type { TextLimits } from "./limits.js";
import type { Position } from "./position.js";

/** An object of a peer's, its fields still unchecked. Its keys are data: only ever read as own entries. */
export type Raw = Record<string, unknown>;

/** Valid, malformed, or of a type that this version does not know. */
export type Verdict = boolean | null;

export function violation(): RealtimeError {
	return new RealtimeError("protocol-violation", "malformed message");
}

/** The engine's own SyntaxError quotes the text, which may hold a token: it is not kept as the cause. */
export function parseJson(text: string, maxLength: number): unknown {
	if (text.length > maxLength) throw new RealtimeError("message-too-large", "oversized message");
	try {
		return JSON.parse(text);
	} catch {
		throw violation();
	}
}

export function parseObject(text: string, maxLength: number): Raw {
	const parsed = parseJson(text, maxLength);
	if (!isObject(parsed)) throw violation();
	return parsed;
}

export function parseFrames(
	text: string,
	{ maxLength, maxFrames }: TextLimits,
	judge: (frame: Raw) => Verdict,
	unfold: (batch: unknown[]) => void = () => undefined,
): Raw[] {
	const parsed = parseJson(text, maxLength);
	if (!Array.isArray(parsed)) return keepKnown([parsed], maxFrames, judge);
	if (parsed.length > maxFrames) throw violation();
	unfold(parsed);
	return keepKnown(parsed, maxFrames, judge);
}

/** The frames themselves, not copies: validation in place is what keeps the hot path at JSON.parse's cost. */
export function keepKnown(
	values: unknown,
	maxFrames: number,
	judge: (frame: Raw) => Verdict,
): Raw[] {
	if (!Array.isArray(values) || values.length > maxFrames) throw violation();
	return values.filter((value: unknown): value is Raw => {
		const verdict = isObject(value) && judge(value);
		if (verdict === false) throw violation();
		return verdict === true;
	});
}

export function isObject(value: unknown): value is Raw {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
	return typeof value === "string";
}

/** JSON has no NaN, but 1e999 is Infinity. */
export function isNumber(value: unknown): value is number {
	return typeof value === "number" && value - value === 0;
}

/** Ids and offsets: exact integers, or arithmetic on them proves nothing. */
export function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isPosition(value: unknown): value is Position {
	return isObject(value) && isText(value.epoch) && isCount(value.offset);
}

/** Brings a number into its sane range, in place; false where there is no number. */
export function clamp(frame: Raw, key: string, max: number, min = 0): boolean {
	const value = frame[key];
	if (typeof value !== "number") return false;
	frame[key] = Math.min(Math.max(value, min), max);
	return true;
}
