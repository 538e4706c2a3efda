/* An animated GIF of which each frame holds only what has changed: the rest lets the one before shine through. */
import gifenc from "gifenc";

export interface Frame {
	/** Red, green, blue and alpha of each pixel, by rows. */
	readonly data: Uint8Array;
	readonly shownMs: number;
}

/** One of 128 stands for "as before". */
const COLOURS = 127;

export function animate(
	frames: readonly Frame[],
	{ width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
	const palette = [...gifenc.quantize(sampleOf(frames), COLOURS), [0, 0, 0]];
	const colours = palette.slice(0, -1);
	const unchanged = colours.length;
	const encoder = gifenc.GIFEncoder();
	let before: Uint8Array | null = null;
	for (const { data, shownMs } of frames) {
		const now = gifenc.applyPalette(data, colours);
		const shown = before;
		const changes = now.map((colour, at) => (shown?.[at] === colour ? unchanged : colour));
		encoder.writeFrame(changes, width, height, {
			...(shown === null && { palette }),
			delay: shownMs,
			// Stays, under the next one.
			dispose: 1,
			...(shown !== null && { transparent: true, transparentIndex: unchanged }),
		});
		before = now;
	}
	encoder.finish();
	return encoder.bytes();
}

/** The first, the last, and one from between: one palette for all, or what is the same would not look so. */
function sampleOf(frames: readonly Frame[]): Uint8Array {
	const some = [frames[0], frames[Math.floor(frames.length / 2)], frames.at(-1)];
	return Buffer.concat(some.flatMap((frame) => (frame === undefined ? [] : [frame.data])));
}
