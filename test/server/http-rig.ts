/* Requests to the HTTP half of a rig's server, and their answers as a client decodes them. */
import { expect } from "vitest";
import {
	decodeHistory,
	decodePollResponse,
	decodePublishResponse,
} from "../../src/protocol/decode-server.js";
import type {
	HistoryResponse,
	PollRequest,
	PollResponse,
	PublishRequest,
	PublishResponse,
	ServerFrame,
} from "../../src/protocol/frames.js";
import { SERVER_TEXT } from "../../src/protocol/limits.js";
import type { StartAt } from "../../src/protocol/position.js";
import type { Rig } from "./rig.js";

export const BASE = "https://app.test/some/base";

export interface Call {
	readonly method?: string;
	readonly token?: string | null;
	readonly body?: unknown;
	readonly origin?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly signal?: AbortSignal;
}

export function call(
	rig: Rig,
	path: string,
	{ method, token = "ada", body, ...rest }: Call = {},
): Promise<Response> {
	const headers = new Headers(rest.headers);
	if (token !== null) headers.set("authorization", `Bearer ${token}`);
	if (rest.origin !== undefined) headers.set("origin", rest.origin);
	const text = typeof body === "string" ? body : JSON.stringify(body);
	return rig.server.handle(
		new Request(`${BASE}/${path}`, {
			method: method ?? (body === undefined ? "GET" : "POST"),
			headers,
			...(body !== undefined && { body: text }),
			...(rest.signal && { signal: rest.signal }),
		}),
		"context",
	);
}

export const ask = (from: StartAt, id = 1): { readonly id: number; readonly from: StartAt } => ({
	id,
	from,
});
export const asked = (over: Partial<PollRequest> = {}): PollRequest => ({
	channels: {},
	waitMs: 0,
	...over,
});

export async function poll(
	rig: Rig,
	body: Partial<PollRequest>,
	rest: Call = {},
): Promise<PollResponse> {
	const response = await call(rig, "poll", { body: asked(body), ...rest });
	expect(response.status).toBe(200);
	return decodePollResponse(await response.text(), SERVER_TEXT);
}

export async function send(
	rig: Rig,
	body: Partial<PublishRequest>,
	token = "ada",
): Promise<PublishResponse> {
	const response = await call(rig, "publish", {
		body: { client: "c", link: 1, publishes: [], ...body },
		token,
	});
	expect(response.status).toBe(200);
	return decodePublishResponse(await response.text(), SERVER_TEXT);
}

export async function history(rig: Rig, query: string): Promise<HistoryResponse> {
	const response = await call(rig, `history?${query}`);
	expect(response.status).toBe(200);
	return decodeHistory(await response.text(), SERVER_TEXT);
}

export const types = (frames: readonly ServerFrame[]): readonly string[] =>
	frames.map(({ type }) => type);
export const data = (frames: readonly ServerFrame[]): readonly unknown[] =>
	frames.flatMap((frame) => (frame.type === "message" ? [frame.data] : []));
