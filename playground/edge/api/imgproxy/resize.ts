/* The picture itself, by sharp. What a stranger sends is decoded only if it is of a few plain formats. */
import sharp from "sharp";
import { type ImageQuestion, type Read, wrong } from "./question.js";

const KNOWN: readonly (string | undefined)[] = ["jpeg", "png", "webp", "gif"];
/** 24 megapixels: a photograph of a telephone. A bomb says more in a few bytes. */
const MAX_PIXELS = 24_000_000;
const MAX_SECONDS = 5;
const OPTIONS = { limitInputPixels: MAX_PIXELS, failOn: "error", pages: 1 } as const;

// Loaders for SVG, PDF and the rest would read files and links of their own.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
	operation: [
		"VipsForeignLoadJpegBuffer",
		"VipsForeignLoadPngBuffer",
		"VipsForeignLoadWebpBuffer",
		"VipsForeignLoadNsgifBuffer",
	],
});
sharp.cache(false);

/** Never larger than it was; turned as its camera was held; without its metadata, in which places are. */
export async function resize(
	source: Buffer,
	{ width, height, format }: Pick<ImageQuestion, "width" | "height" | "format">,
): Promise<Read<Buffer>> {
	try {
		const {
			format: given,
			width: columns = 0,
			height: rows = 0,
		} = await sharp(source, OPTIONS).metadata();
		if (!KNOWN.includes(given)) return wrong(415, "It is no JPEG, PNG, WebP or GIF.");
		// Asked of the header, before a pixel is decoded.
		if (columns * rows > MAX_PIXELS) return wrong(413, `It has more than ${MAX_PIXELS} pixels.`);
		const made = await sharp(source, OPTIONS)
			.timeout({ seconds: MAX_SECONDS })
			.rotate()
			.resize({
				width: width ?? undefined,
				height: height ?? undefined,
				fit: "inside",
				withoutEnlargement: true,
			})
			.toFormat(format)
			.toBuffer();
		return { is: "read", value: made };
	} catch (cause) {
		const why = String((cause as Error).message);
		if (/pixel limit/i.test(why)) return wrong(413, `It has more than ${MAX_PIXELS} pixels.`);
		if (/timeout/i.test(why)) return wrong(413, "It took too long to decode.");
		return wrong(415, "It can't be decoded.");
	}
}
