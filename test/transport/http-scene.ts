import { expect } from "vitest";
import type { PollResponse } from "../../src/protocol/frames.js";
import { systemRuntime } from "../../src/runtime/system.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";
import { HttpHalf } from "../../src/transport/http.js";
import { CANARY_TOKEN } from "../support/secrets.js";

/* A client of the HTTP half whose fetch is the test's. */
const NOW = Date.UTC(2025, 0, 1, 12);
export const POLLED: PollResponse = {
	identity: "ann",
	frames: [],
	pollAfterMs: 5_000,
	windowMs: 0,
	dedupeMs: 60_000,
	realtime: "up",
};
export const ASK = { channels: { chat: { id: 1, from: null } }, waitMs: 0 };
export const CALL = { token: CANARY_TOKEN };

export type Answer = (url: string, init: RequestInit) => Response | Promise<Response>;

/** JSON, unless told otherwise. */
export function respond(
	body: unknown,
	status = 200,
	headers: Record<string, string> = {},
): Response {
	const isRaw = typeof body === "string" || body instanceof ReadableStream;
	return new Response(isRaw ? body : JSON.stringify(body), {
		status,
		headers: { "content-type": "application/json", ...headers },
	});
}

export function streamOf(parts: readonly Uint8Array[]): ReadableStream {
	return new ReadableStream({
		start: (controller) => {
			for (const part of parts) controller.enqueue(part);
			controller.close();
		},
	});
}

export function scene(answer: Answer, bases = ["https://a.example/rt", "https://b.example/rt/"]) {
	const clock = createVirtualClock({ startAt: NOW });
	const asked: { url: string; init: RequestInit }[] = [];
	const fetch = async (url: string, init: RequestInit): Promise<Response> => {
		asked.push({ url, init });
		return answer(url, init);
	};
	const runtime = systemRuntime({ clock, fetch: fetch as typeof globalThis.fetch });
	const urls = (): string[] => asked.map(({ url }) => new URL(url).host);
	return { http: new HttpHalf(bases, runtime), runtime, clock, asked, urls };
}

export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
	work.then(
		() => expect.unreachable(),
		(reason) => reason,
	);

export const hang = (): Promise<Response> => new Promise(() => {});
