/* The HTTP half: for clients that no WebSocket reaches. It answers under any base URL. */
import { isRealtimeError, RealtimeError } from "../errors/realtime-error.js";
import { decodePollRequest, decodePublishRequest } from "../protocol/decode-client.js";
import { MAX_CHANNEL_LENGTH, MAX_FRAMES, MAX_PUBLISHES } from "../protocol/limits.js";
import type { Position } from "../protocol/position.js";
import type { Access } from "./access.js";
import type { Identity } from "./contract.js";
import { corsHeaders, isAllowed, preflight } from "./cors.js";
import { kindOf } from "./fault.js";
import { readBody } from "./http-body.js";
import { poll } from "./http-poll.js";
import { publish } from "./http-publish.js";
import type { Hub } from "./hub.js";
import { messageJson } from "./message-json.js";
import { TokenBucket } from "./token-bucket.js";

const PATH = /\/(poll|publish|history|health)\/?$/;
type Route = "poll" | "publish" | "history" | "health";
const METHODS: Readonly<Record<Route, string>> = {
	poll: "POST",
	publish: "POST",
	history: "GET",
	health: "GET",
};
const STATUS: Readonly<Partial<Record<string, number>>> = {
	"protocol-violation": 400,
	unauthorized: 401,
	forbidden: 403,
	"message-too-large": 413,
	overloaded: 429,
};
const MAX_HISTORY = 1_000;
/** What a poll counts for, beside the frames that a link could have sent. */
const CHANNELS_A_FRAME = 16;
const RETRY_MS = 1_000;
/** Tokens whose rate is remembered; one that has rested for ten seconds need not be. */
const MAX_BUCKETS = 10_000;

export class HttpHalf<X> {
	readonly #access: Access<X>;
	readonly #hub: Hub;
	readonly #buckets = new Map<string, TokenBucket>();

	constructor(access: Access<X>, hub: Hub) {
		this.#access = access;
		this.#hub = hub;
	}

	/** Never rejects. */
	async handle(request: Request, context: X): Promise<Response> {
		const headers = corsHeaders(request, this.#hub.settings.allowedOrigins);
		try {
			return await this.#route(request, context, headers);
		} catch (reason) {
			return this.#refuse(reason, headers);
		}
	}

	async #route(request: Request, context: X, headers: Headers): Promise<Response> {
		const route = PATH.exec(new URL(request.url).pathname)?.[1] as Route | undefined;
		if (route === undefined) return respond(404, failure("not-found", "No such path."), headers);
		if (!isAllowed(request, this.#hub.settings.allowedOrigins))
			throw new RealtimeError("forbidden", "This origin is not allowed.");
		if (request.method === "OPTIONS") return preflight(headers);
		if (request.method !== METHODS[route]) {
			headers.set("allow", METHODS[route]);
			return respond(405, failure("method-not-allowed", `Use ${METHODS[route]}.`), headers);
		}
		if (route === "health") return this.#health(headers);
		return respond(200, await this.#answer(route, request, context), headers);
	}

	/** Who asks is known before anything of theirs is read. */
	async #answer(route: Exclude<Route, "health">, request: Request, context: X): Promise<string> {
		const token = bearerOf(request);
		const identity = await this.#admit(token, context);
		const { text } = this.#hub.settings;
		if (route === "history") {
			this.#limit(token, 1);
			return this.#history(identity, new URL(request.url).searchParams);
		}
		// A thousand channels, or sixteen publishes of the largest size, have to fit.
		const maxLength = MAX_PUBLISHES * text.maxLength;
		const body = await readBody(request, maxLength);
		const limits = { maxLength, maxFrames: MAX_FRAMES };
		if (route === "poll") {
			const asked = decodePollRequest(body, limits);
			checkSame(identity, asked.as);
			this.#limit(token, 1 + Object.keys(asked.channels).length / CHANNELS_A_FRAME);
			return poll(identity, asked, request.signal, this.#hub);
		}
		const sent = decodePublishRequest(body, limits);
		checkSame(identity, sent.as);
		this.#limit(token, sent.publishes.length);
		const results = await publish(
			identity,
			sent,
			{ bytes: body.length, signal: request.signal },
			this.#hub,
		);
		return JSON.stringify({ results, dedupeMs: this.#hub.dedupeMs });
	}

	async #admit(token: string | null, context: X): Promise<Identity> {
		const admission = await this.#access.admit(token, context, undefined);
		if (admission.status === "admitted") return admission.identity;
		if (admission.status === "unauthorized")
			throw new RealtimeError("unauthorized", "A valid token is needed.");
		throw new RealtimeError("internal", "Try again later.");
	}

	/** By token: many guests may be one identity, and those without a token cannot be told apart. */
	#limit(token: string | null, cost: number): void {
		if (token === null) return;
		const { clock, maxFramesPerSecond } = this.#hub.settings;
		const now = clock.monotonic();
		if (this.#buckets.size >= MAX_BUCKETS) this.#forget(now);
		const bucket = this.#buckets.get(token) ?? new TokenBucket(maxFramesPerSecond, now);
		this.#buckets.set(token, bucket);
		if (bucket.take(cost, now)) return;
		const retryAfterMs = bucket.waitMs(cost);
		throw new RealtimeError("overloaded", "Too many requests.", { retryAfterMs });
	}

	#forget(now: number): void {
		for (const [token, bucket] of this.#buckets)
			if (bucket.isFull(now)) this.#buckets.delete(token);
	}

	async #history(identity: Identity, query: URLSearchParams): Promise<string> {
		const channel = query.get("channel") ?? "";
		if (channel === "" || channel.length > MAX_CHANNEL_LENGTH)
			throw new RealtimeError("protocol-violation", "channel is missing.");
		const before = readPosition(query);
		const limit = Math.min(readCount(query, "limit") ?? 100, MAX_HISTORY);
		const verdict = await this.#hub.rights.canSubscribe(identity, channel);
		if (verdict === "denied") throw new RealtimeError("forbidden", "Not for this identity.");
		if (verdict === "failed") throw new RealtimeError("internal", "Try again later.");
		const messages = await this.#hub.log.before(channel, before, limit);
		return `{"messages":[${messages.map(messageJson).join(",")}]}`;
	}

	#health(headers: Headers): Response {
		const { roster, signal } = this.#hub;
		const isLeaving = roster.isDraining || signal.aborted;
		if (isLeaving) headers.set("retry-after", "1");
		const body = JSON.stringify({
			status: isLeaving ? "draining" : "ok",
			realtime: isLeaving || roster.isFull ? "down" : "up",
			windowMs: roster.windowMs,
		});
		return respond(isLeaving ? 503 : 200, body, headers);
	}

	/** What is not the client's doing is ours, and passes: 503. Its message is for no client. */
	#refuse(reason: unknown, headers: Headers): Response {
		const status = isRealtimeError(reason) ? STATUS[reason.code] : undefined;
		if (!isRealtimeError(reason) || status === undefined) {
			this.#hub.settings.logger.error("request-failed", { kind: kindOf(reason) });
			headers.set("retry-after", `${RETRY_MS / 1_000}`);
			return respond(503, failure("internal", "Try again later."), headers);
		}
		if (status === 429)
			headers.set("retry-after", `${Math.max(1, Math.ceil((reason.retryAfterMs ?? 0) / 1_000))}`);
		if (status === 401) headers.set("www-authenticate", "Bearer");
		// Its body was not read to the end.
		if (status === 413) headers.set("connection", "close");
		return respond(status, failure(reason.code, reason.message), headers);
	}
}

function respond(status: number, body: string, headers: Headers): Response {
	headers.set("content-type", "application/json");
	headers.set("x-content-type-options", "nosniff");
	return new Response(body, { status, headers });
}

function failure(code: string, message: string): string {
	return JSON.stringify({ code, message });
}

function bearerOf({ headers }: Request): string | null {
	return /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

/** Nothing of one user's is sent or fetched in the name of the next (PROTOCOL, 4403). */
function checkSame({ id }: Identity, as: string | undefined): void {
	if (as !== undefined && as !== id)
		throw new RealtimeError("forbidden", "The token is of another identity.");
}

function readPosition(query: URLSearchParams): Position | null {
	const epoch = query.get("epoch");
	const offset = readCount(query, "offset");
	if (epoch === null && offset === null) return null;
	if (epoch === null || offset === null)
		throw new RealtimeError("protocol-violation", "epoch and offset come together.");
	return { epoch, offset };
}

function readCount(query: URLSearchParams, name: string): number | null {
	const text = query.get(name);
	if (text === null) return null;
	const count = Number(text);
	if (!/^\d{1,15}$/.test(text) || !Number.isSafeInteger(count))
		throw new RealtimeError("protocol-violation", `${name} is no count.`);
	return count;
}
