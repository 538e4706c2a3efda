/* What goes back for a request: the file as it is, or spoiled as its fault says. Pure but for the clock of a drip. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type AnswerFault, corrupted, halved } from "./faults.js";
import type { ServedFile } from "./files.js";

/** How an answer is sent. */
export type Sending =
	| { readonly is: "whole" }
	| { readonly is: "late"; readonly ms: number }
	| { readonly is: "drip"; readonly bytesPerSecond: number }
	/** So many bytes, and then the connection ends. */
	| { readonly is: "cut"; readonly bytes: number }
	| { readonly is: "never" };

export interface Planned {
	readonly status: number;
	readonly headers: OutgoingHttpHeaders;
	readonly body: Uint8Array;
	readonly sending: Sending;
}

export interface Asked {
	/** Path and query. */
	readonly url: string;
	readonly ifNoneMatch: string | undefined;
}

const SLOW_MS = 10_000;
const LOGIN =
	"<!doctype html><title>Welcome to our Wi-Fi</title><p>Please log in.</p><script>document.title += '!'</script>";
const CORS = {
	"Access-Control-Allow-Origin": "*",
	"Access-Control-Expose-Headers": "ETag",
	// Of pages that are isolated (COEP): without it they may not load this.
	"Cross-Origin-Resource-Policy": "cross-origin",
	"Timing-Allow-Origin": "*",
};
const PLAIN = "text/plain; charset=utf-8";
const WHOLE: Sending = { is: "whole" };

export function plan(asked: Asked, file: ServedFile | null, fault: AnswerFault | null): Planned {
	const usual = file === null ? message(404, "No such file.") : fresh(asked, file);
	return fault === null ? usual : spoil(usual, asked, fault);
}

function spoil(usual: Planned, { url }: Asked, fault: AnswerFault): Planned {
	const { body } = usual;
	switch (fault.is) {
		case "none":
			return usual;
		case "error":
			return message(fault.status ?? 503, "Out of order.");
		case "not-found":
			return message(404, "No such file.");
		case "slow":
			return { ...usual, sending: { is: "late", ms: fault.ms ?? SLOW_MS } };
		case "drip":
			return { ...usual, sending: { is: "drip", bytesPerSecond: fault.bytesPerSecond ?? 1 } };
		case "truncated":
			return { ...usual, body: halved(body) };
		case "cut-off":
			return { ...usual, sending: { is: "cut", bytes: halved(body).length } };
		case "corrupt":
			return { ...usual, body: corrupted(body) };
		case "wrong-type":
			return withHeaders(usual, { "Content-Type": PLAIN });
		case "html":
			return html();
		case "redirect":
			return withHeaders(message(302, "It is elsewhere."), {
				Location: `${new URL(fault.to).origin}${url}`,
			});
		case "no-cors":
			return withoutCors(usual);
		case "silent":
			return { ...usual, sending: { is: "never" } };
		default:
			return fault satisfies never;
	}
}

function fresh({ ifNoneMatch }: Asked, { body, type, freshness, tag }: ServedFile): Planned {
	const headers = { ...CORS, "Cache-Control": freshness, ETag: tag };
	const known = ifNoneMatch?.split(",").map((entry) => entry.trim().replace(/^W\//, ""));
	if (known?.some((entry) => entry === tag || entry === "*"))
		return { status: 304, headers, body: new Uint8Array(), sending: WHOLE };
	const all = { ...headers, "Content-Type": type, "X-Content-Type-Options": "nosniff" };
	return { status: 200, headers: all, body, sending: WHOLE };
}

export function message(status: number, text: string): Planned {
	const headers = { ...CORS, "Cache-Control": "no-store", "Content-Type": PLAIN };
	return { status, headers, body: new TextEncoder().encode(text), sending: WHOLE };
}

function html(): Planned {
	const portal = { ...message(200, LOGIN) };
	return withHeaders(portal, { "Content-Type": "text/html; charset=utf-8" });
}

function withHeaders(planned: Planned, headers: OutgoingHttpHeaders): Planned {
	return { ...planned, headers: { ...planned.headers, ...headers } };
}

function withoutCors(planned: Planned): Planned {
	const kept = Object.entries(planned.headers).filter(([name]) => !(name in CORS));
	return { ...planned, headers: Object.fromEntries(kept) };
}

/** A connection that ends before ends the sending. */
export function send(response: ServerResponse, { status, headers, body, sending }: Planned): void {
	if (response.destroyed) return;
	const length = status === 304 ? {} : { "Content-Length": body.length };
	const begin = (): ServerResponse => response.writeHead(status, { ...headers, ...length });
	switch (sending.is) {
		case "whole":
			return void begin().end(body);
		case "late":
			return soon(response, sending.ms, () => begin().end(body));
		case "drip":
			return drip(begin(), body, sending.bytesPerSecond);
		case "cut":
			return void begin().write(body.subarray(0, sending.bytes), () => response.destroy());
		case "never":
			return;
		default:
			return sending satisfies never;
	}
}

/** Ten parts a second, or a byte at a time where that is more than it may be. */
function drip(response: ServerResponse, body: Uint8Array, bytesPerSecond: number): void {
	const size = Math.max(1, Math.round(bytesPerSecond / 10));
	const next = (at: number): void => {
		if (at >= body.length) return void response.end();
		response.write(body.subarray(at, at + size));
		soon(response, (size / bytesPerSecond) * 1_000, () => next(at + size));
	};
	response.flushHeaders();
	next(0);
}

function soon(response: ServerResponse, ms: number, run: () => void): void {
	const timer = setTimeout(() => {
		response.off("close", stop);
		run();
	}, ms);
	const stop = (): void => clearTimeout(timer);
	response.once("close", stop);
}
