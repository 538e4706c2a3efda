/* What the WHATWG WebSockets standard asks of arguments, before anything happens: pure checks that throw. */

/** What a WebSocket can send. */
export type SocketData = string | ArrayBufferLike | Blob | ArrayBufferView;

const TOKEN = /^[!#$%&'*+\-.\w^`|~]+$/;
const REASON_BYTES = 123;
const UTF8 = /* @__PURE__ */ new TextEncoder();

export const refuse = (name: string, message: string): DOMException =>
	new DOMException(message, name);

/** "Obtain a URL record" (section 3): http stands for ws, and there is no fragment, not even an empty one. */
export function parseUrl(given: string | URL, base?: string): URL {
	let url: URL;
	try {
		url = new URL(given, base);
		// Its setter takes no change between these two: both are special schemes.
		url.protocol = url.protocol.replace(/^http/, "ws");
	} catch {
		throw refuse("SyntaxError", "The URL is invalid.");
	}
	if (!/^wss?:$/.test(url.protocol) || url.href.includes("#"))
		throw refuse("SyntaxError", "A WebSocket URL is ws: or wss:, and has no fragment.");
	return url;
}

/** Constructor, step 4: tokens of RFC 6455 section 4.1, none of them twice. Web IDL decides what is a list. */
export function checkProtocols(given: unknown): string[] {
	const isList = Object(given) === given && Symbol.iterator in (given as object);
	const values = isList ? [...(given as Iterable<unknown>)] : given === undefined ? [] : [given];
	const protocols = values.map((value) => `${value}`);
	if (
		new Set(protocols).size < protocols.length ||
		!protocols.every((protocol) => TOKEN.test(protocol))
	)
		throw refuse("SyntaxError", "The subprotocols are invalid.");
	return protocols;
}

/** close(), steps 1 and 2. `[Clamp] unsigned short`: NaN is 0, and fractions are rounded. */
export function checkClose(
	code: number | undefined,
	reason: string | undefined,
): { readonly code: number | undefined; readonly reason: string } {
	const clamped = code === undefined ? undefined : Math.round(Number(code)) || 0;
	if (clamped !== undefined && clamped !== 1_000 && !(clamped >= 3_000 && clamped <= 4_999))
		throw refuse("InvalidAccessError", "A close code is 1000, or 3000 to 4999.");
	const text = reason === undefined ? "" : `${reason}`;
	if (byteLength(text) > REASON_BYTES)
		throw refuse("SyntaxError", "The close reason has more than 123 bytes.");
	// A frame without a code has no place for a reason.
	return { code: clamped ?? (text ? 1_000 : undefined), reason: text };
}

/** Of application data: what bufferedAmount counts. */
export function byteLength(data: SocketData): number {
	if (typeof data === "string") return UTF8.encode(data).length;
	return "byteLength" in data ? data.byteLength : data.size;
}
