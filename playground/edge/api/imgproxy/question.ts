/* What is asked of Imgproxy: which picture, how large, in which format. Pure. */

export type Format = "webp" | "png" | "jpeg";

export interface ImageQuestion {
	readonly source: URL;
	readonly width: number | null;
	readonly height: number | null;
	readonly format: Format;
}

export type Refusal = { readonly status: number; readonly why: string };
export type Read<T> =
	| { readonly is: "read"; readonly value: T }
	| ({ readonly is: "wrong" } & Refusal);

const MAX_URL_LENGTH = 2_048;
const MAX_EDGE_PIXELS = 4_096;
const FORMATS: readonly string[] = ["webp", "png", "jpeg"] satisfies Format[];

/** Of `/image?url=…&w=…&h=…&format=…`. */
export function readQuestion(asked: URLSearchParams): Read<ImageQuestion> {
	const source = readSource(asked.get("url") ?? "", undefined);
	if (source.is === "wrong") return source;
	const [width, height] = [edge(asked.get("w")), edge(asked.get("h"))];
	if (width === undefined || height === undefined)
		return wrong(400, `w and h are whole numbers from 1 to ${MAX_EDGE_PIXELS}.`);
	const format = asked.get("format") ?? "webp";
	if (!FORMATS.includes(format)) return wrong(400, `format is one of ${FORMATS.join(", ")}.`);
	return {
		is: "read",
		value: { source: source.value, width, height, format: format as Format },
	};
}

/** A link, or where one was redirected to. */
export function readSource(link: string, base: URL | undefined): Read<URL> {
	if (link.length > MAX_URL_LENGTH)
		return wrong(414, `url has more than ${MAX_URL_LENGTH} letters.`);
	if (!URL.canParse(link, base)) return wrong(400, "url is no URL.");
	const url = new URL(link, base);
	if (url.protocol !== "http:" && url.protocol !== "https:")
		return wrong(400, "url begins with http: or https:.");
	// A login in a link is somebody's secret, or a trick to show another host.
	if (url.username !== "" || url.password !== "") return wrong(400, "url has a login in it.");
	url.hash = "";
	return { is: "read", value: url };
}

export const wrong = (status: number, why: string): { is: "wrong" } & Refusal => ({
	is: "wrong",
	status,
	why,
});

/** Null: any; undefined: wrong. */
function edge(text: string | null): number | null | undefined {
	if (text === null) return null;
	if (!/^\d{1,4}$/.test(text)) return undefined;
	const value = Number(text);
	return value >= 1 && value <= MAX_EDGE_PIXELS ? value : undefined;
}
