import { MAX_FRAMES } from "./limits.js";

/** No UTF-16 unit takes more than 3 bytes of UTF-8. */
const MOST_BYTES = 3;

/** Bytes of a text in UTF-8, a lone surrogate counted as the U+FFFD that it is sent as. */
export function utf8Length(text: string): number {
	let bytes = text.length;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (unit < 0x80) continue;
		bytes += unit < 0x800 ? 1 : 2;
		const isPair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
		// A pair takes 4 bytes for 2 units: its first half has counted 3, the second adds none.
		if (isPair) at++;
	}
	return bytes;
}

/**
 * Frames that are JSON already, joined in order into as few messages as `maxBytes` allows. A frame of
 * its own goes bare, whatever its size: who made it has checked.
 */
export function encodeBatches(frames: readonly string[], maxBytes: number): string[] {
	if (frames.length === 0) return [];
	if (fitsSurely(frames, maxBytes)) return [join(frames)];
	const messages: string[] = [];
	let begin = 0;
	let bytes = 2;
	frames.forEach((frame, at) => {
		const size = utf8Length(frame) + 1;
		if (at > begin && (bytes + size > maxBytes + 1 || at - begin === MAX_FRAMES)) {
			messages.push(join(frames.slice(begin, at)));
			begin = at;
			bytes = 2;
		}
		bytes += size;
	});
	messages.push(join(frames.slice(begin)));
	return messages;
}

/** Spares nearly every batch the counting, which is a pass over all of its text. */
function fitsSurely(frames: readonly string[], maxBytes: number): boolean {
	const most = frames.reduce((sum, { length }) => sum + length * MOST_BYTES + 1, 1);
	return most <= maxBytes && frames.length <= MAX_FRAMES;
}

function join(frames: readonly string[]): string {
	return frames.length === 1 ? (frames[0] as string) : `[${frames.join(",")}]`;
}
