import { type ErrorCode, isRealtimeError } from "../errors/realtime-error.js";
import {
	decodeHistory,
	decodePollResponse,
	decodePublishResponse,
} from "../protocol/decode-server.js";
import type {
	HistoryResponse,
	PollRequest,
	PollResponse,
	PublishRequest,
	PublishResponse,
} from "../protocol/frames.js";
import { LONGEST_WAIT_MS, SERVER_TEXT, type TextLimits } from "../protocol/limits.js";
import type { Position } from "../protocol/position.js";
import type { Runtime } from "../runtime/runtime.js";
import { fetchJson, type JsonRequest } from "./fetch-json.js";

/** What accompanies a request. The token travels in a header, never in the URL. */
export interface Call {
	readonly token: string | null;
	readonly signal?: AbortSignal | undefined;
}

export interface HistoryQuery {
	readonly channel: string;
	readonly before?: Position | undefined;
	readonly limit?: number | undefined;
}

const REQUEST_MS = 10_000;
const ADMISSION_MS = 5_000;
/** How long a base URL that failed is left out, unless all have failed. */
const AVOID_MS = 30_000;
/** Another base may do better. Pushback is not among them: what one sheds must not land on the next. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
	"endpoint-refused",
	"connect-timeout",
	"protocol-violation",
]);

/**
 * The HTTP half of a server, under base URLs in order of preference. One request a call: after a
 * failure the next call goes to the next base, and back to the preferred one half a minute later.
 * Every call rejects with a `RealtimeError`, or with the signal's reason when aborted.
 */
export class HttpHalf {
	readonly #bases: readonly string[];
	readonly #avoidUntil: number[];
	readonly #runtime: Runtime;

	constructor(bases: readonly string[], runtime: Runtime) {
		this.#bases = bases;
		this.#avoidUntil = bases.map(() => 0);
		this.#runtime = runtime;
	}

	poll(request: PollRequest, call: Call): Promise<PollResponse> {
		const ms = request.waitMs + REQUEST_MS;
		return this.#ask("poll", { ...call, ms, body: request }, decodePollResponse);
	}

	publish(request: PublishRequest, call: Call): Promise<PublishResponse> {
		return this.#ask("publish", { ...call, ms: REQUEST_MS, body: request }, decodePublishResponse);
	}

	history({ channel, before, limit }: HistoryQuery, call: Call): Promise<HistoryResponse> {
		const query = new URLSearchParams({ channel });
		if (limit !== undefined) query.set("limit", `${limit}`);
		if (before) {
			query.set("epoch", before.epoch);
			query.set("offset", `${before.offset}`);
		}
		return this.#ask(`history?${query}`, { ...call, ms: REQUEST_MS }, decodeHistory);
	}

	async #ask<T>(
		path: string,
		request: JsonRequest,
		decode: (text: string, limits: TextLimits) => T,
	): Promise<T> {
		const { clock } = this.#runtime;
		const chosen = this.#choose(clock.monotonic());
		const url = `${this.#bases[chosen]?.replace(/\/$/, "")}/${path}`;
		try {
			const answer = decode(await fetchJson(url, request, this.#runtime), SERVER_TEXT);
			this.#avoidUntil[chosen] = 0;
			return answer;
		} catch (reason) {
			if (isRealtimeError(reason) && ELSEWHERE.has(reason.code))
				this.#avoidUntil[chosen] = clock.monotonic() + AVOID_MS;
			throw reason;
		}
	}

	#choose(now: number): number {
		const fit = this.#avoidUntil.findIndex((until) => until <= now);
		return fit < 0 ? this.#avoidUntil.indexOf(Math.min(...this.#avoidUntil)) : fit;
	}
}

/** What a static file on a CDN tells clients that sleep, at no cost to the edge. */
export interface Admission {
	readonly windowMs: number;
	readonly realtime: "up" | "down";
}

/**
 * The file as it is now; null where it says nothing that can be used: its failure is never a reason to
 * do anything.
 */
export async function getAdmission(
	url: string,
	runtime: Runtime,
	signal?: AbortSignal,
): Promise<Admission | null> {
	try {
		const file: unknown = JSON.parse(await fetchJson(url, { ms: ADMISSION_MS, signal }, runtime));
		const { windowMs, realtime } = file as Partial<Admission>;
		if (typeof windowMs !== "number" || (realtime !== "up" && realtime !== "down")) return null;
		return { windowMs: Math.min(Math.max(windowMs, 0), LONGEST_WAIT_MS), realtime };
	} catch {
		return null;
	}
}
