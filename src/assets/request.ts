/* One request to one origin: the verified bytes, or what went wrong. */
import type { Runtime } from "../runtime/runtime.js";
import { parseRetryAfter } from "../transport/retry-after.js";
import { isIntact } from "./integrity.js";
import { type AssetEntry, isFitting } from "./manifest.js";
import type { Failure } from "./origins.js";

export type Body = Uint8Array<ArrayBuffer>;

export type Answer =
	| { readonly body: Body }
	| { readonly failure: Failure; readonly retryAfterMs?: number; readonly cause?: unknown };

export interface AssetRequest {
	readonly url: string;
	readonly entry: AssetEntry;
	readonly signal: AbortSignal;
}

/** Of a file whose size nobody told. */
const MOST_BYTES = 64 * 1024 * 1024;
const MISSING: readonly number[] = [403, 404, 410];

/** Never rejects. What is thrown is the network's, CORS's or a redirect's: `fetch` tells no more. */
export async function requestAsset(
	{ url, entry, signal }: AssetRequest,
	{ fetch, clock }: Runtime,
): Promise<Answer> {
	try {
		const response = await fetch(url, {
			signal,
			// A redirect leads out of the origins that were chosen, and a cookie has no business there.
			redirect: "error",
			credentials: "omit",
			// A damaged copy in the HTTP cache would count against its origin for as long as it lies there.
			cache: "no-store",
		});
		const refusal = refuse(response, entry, clock.now());
		if (refusal !== null) {
			void response.body?.cancel().catch(() => undefined);
			return refusal;
		}
		const body = await read(response, entry.bytes ?? MOST_BYTES);
		if (body === null) return { failure: "oversized" };
		return (await isIntact(body, entry.integrity)) ? { body } : { failure: "integrity" };
	} catch (cause) {
		return { failure: "refused", cause };
	}
}

function refuse(response: Response, { type, path }: AssetEntry, now: number): Answer | null {
	const { status, headers, redirected } = response;
	// Not every fetch that an app may bring obeys `redirect: "error"`.
	if (redirected) return { failure: "refused" };
	if (MISSING.includes(status)) return { failure: "missing" };
	if (!response.ok) {
		const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now);
		return { failure: "status", ...(retryAfterMs !== undefined && { retryAfterMs }) };
	}
	return isFitting(type, headers.get("content-type"), path) ? null : { failure: "mime" };
}

/** Null: there is more of it than it may have. */
async function read(response: Response, most: number): Promise<Body | null> {
	const reader = response.body?.getReader();
	// React Native's fetch does not stream.
	if (!reader) return within(new Uint8Array(await response.arrayBuffer()), most);
	const parts: Uint8Array[] = [];
	let length = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		parts.push(value);
		length += value.length;
		if (length <= most) continue;
		void reader.cancel().catch(() => undefined);
		return null;
	}
	const body = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		body.set(part, at);
		at += part.length;
	}
	return body;
}

const within = (body: Body, most: number): Body | null => (body.length > most ? null : body);
