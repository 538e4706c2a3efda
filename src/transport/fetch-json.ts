import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import { SERVER_TEXT } from "../protocol/limits.js";
import { withDeadline } from "../runtime/deadline.js";
import type { Runtime } from "../runtime/runtime.js";
import { parseRetryAfter } from "./retry-after.js";

export interface JsonRequest {
	readonly token?: string | null | undefined;
	readonly signal?: AbortSignal | undefined;
	/** From here to the last byte of the answer. */
	readonly ms: number;
	/** Sent as JSON with POST; a request without one is a GET. */
	readonly body?: object;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
	400: "protocol-violation",
	401: "unauthorized",
	403: "forbidden",
	413: "message-too-large",
	429: "overloaded",
	503: "overloaded",
};

/**
 * The text of a JSON answer. Cookies stay at home, caches are passed by, and a redirect is a failure:
 * a token goes nowhere but where it was sent.
 * @throws RealtimeError by the table above; `endpoint-refused` for any other status, for a network
 * failure, and for what is not JSON (a captive portal); `connect-timeout`; `message-too-large`.
 */
export function fetchJson(url: string, request: JsonRequest, runtime: Runtime): Promise<string> {
	const { clock } = runtime;
	const { ms, signal } = request;
	return withDeadline(
		async (signal) => {
			const init = describe(request, signal);
			try {
				return await read(await runtime.fetch(url, init), clock.now());
			} catch (reason) {
				throw RealtimeError.from(reason, "endpoint-refused");
			}
		},
		{ clock, ms, label: "http", signal },
	);
}

function describe({ token, body }: JsonRequest, signal: AbortSignal): RequestInit {
	const headers = new Headers();
	if (body) headers.set("content-type", "application/json");
	try {
		if (token) headers.set("authorization", `Bearer ${token}`);
	} catch {
		// The platform's own error quotes the token.
		throw new RealtimeError("unauthorized", "the token does not fit a header");
	}
	const post = body && { method: "POST", body: JSON.stringify(body) };
	return { ...post, headers, signal, redirect: "error", credentials: "omit", cache: "no-store" };
}

async function read(response: Response, now: number): Promise<string> {
	const { status, headers } = response;
	if (!response.ok) {
		const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now);
		const details = retryAfterMs === undefined ? {} : { retryAfterMs };
		throw new RealtimeError(CODES[status] ?? "endpoint-refused", `HTTP ${status}`, details);
	}
	if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? ""))
		throw new RealtimeError("endpoint-refused", "not JSON: a captive portal?");
	const reader = response.body?.getReader();
	// React Native's fetch does not stream.
	if (!reader) return response.text();
	const decoder = new TextDecoder();
	let text = "";
	for (let bytes = 0; ; ) {
		const { done, value } = await reader.read();
		if (done) return text + decoder.decode();
		bytes += value.length;
		if (bytes > SERVER_TEXT.maxLength)
			throw new RealtimeError("message-too-large", "oversized answer");
		text += decoder.decode(value, { stream: true });
	}
}
