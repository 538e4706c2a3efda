/*
 *   none ──get──▶ asking ──▶ known ──80 % of its life──▶ asking "expired" ──▶ known, sent in-band
 *                              │
 *                              ╰──rejected once──▶ asking "rejected" ──▶ known ──rejected──▶ final
 *
 * The token, fetched beside resolve and connect, one request at a time, kept until it is refused.
 */
import { isRealtimeError, RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import { attempt, Budget } from "../runtime/attempts.js";
import type { Runtime } from "../runtime/runtime.js";
import type { ClientOptions } from "./options.js";

type Reason = "initial" | "expired" | "rejected";

const ATTEMPT_MS = 15_000;
const REFRESH_AT = 0.8;

export class TokenSource {
	readonly #getToken: ClientOptions["getToken"];
	readonly #runtime: Runtime;
	readonly #budget = new Budget();
	#reason: Reason = "initial";
	#token: Promise<string | null> | null = null;
	#abort: AbortController | null = null;
	#refresh: Disposable | null = null;
	/** The dial for which a fresh token was asked after a rejection: if that is refused too, it is final. */
	#lastChance: number | null = null;
	#isAnswered = false;

	constructor(getToken: ClientOptions["getToken"], runtime: Runtime) {
		this.#getToken = getToken;
		this.#runtime = runtime;
	}

	/** Whether `get` has its answer at hand. */
	get isKnown(): boolean {
		return this.#getToken === undefined || this.#isAnswered;
	}

	/** Null without `getToken`. Rejects with a `RealtimeError`; the next call asks again. `dialId` null: for HTTP. */
	get(dialId: number | null): Promise<string | null> {
		if (this.#getToken === undefined) return Promise.resolve(null);
		if (this.#token !== null) return this.#token;
		if (this.#reason === "rejected") this.#lastChance = dialId;
		const token = this.#ask(this.#getToken, this.#reason);
		this.#token = token;
		token.then(
			() => {
				if (this.#token === token) this.#isAnswered = true;
			},
			() => {
				if (this.#token === token) this.#token = null;
			},
		);
		return token;
	}

	/**
	 * A server refused the token. Returns whether a fresh one is worth a try: one is. Fresh is what was
	 * asked for in that very dial: any other may have expired on a shelf while dials came to nothing.
	 */
	reject(dialId: number | null): boolean {
		const isFinal = dialId !== null && dialId === this.#lastChance;
		this.#forget("rejected");
		return this.#getToken !== undefined && !isFinal;
	}

	/** A server took it. `ttlMs` 0: it does not expire. `refreshed` hears of the next one. */
	accept(ttlMs: number, refreshed: (token: Promise<string | null>) => void): void {
		this.#lastChance = null;
		this.#reason = "expired";
		dispose(this.#refresh);
		this.#refresh = null;
		if (ttlMs <= 0 || this.#getToken === undefined) return;
		// Spread, or all tabs of a fleet that started together would ask together.
		const waitMs = ttlMs * REFRESH_AT * (1 - 0.1 * this.#runtime.random());
		this.#refresh = this.#runtime.clock.setTimeout(
			() => {
				this.#forget("expired");
				refreshed(this.get(null));
			},
			waitMs,
			"token",
		);
	}

	stop(): void {
		dispose(this.#refresh);
		this.#refresh = null;
		this.#abort?.abort(new RealtimeError("closed", "The client was closed."));
		this.#abort = null;
		this.#forget("initial");
		this.#lastChance = null;
	}

	#forget(reason: Reason): void {
		this.#reason = reason;
		this.#token = null;
		this.#isAnswered = false;
	}

	#ask(getToken: NonNullable<ClientOptions["getToken"]>, reason: Reason): Promise<string | null> {
		const { clock, random } = this.#runtime;
		this.#abort ??= new AbortController();
		return attempt(
			async (signal) => {
				const token: unknown = await getToken({ reason, signal }).catch(explain);
				if (typeof token === "string" && token !== "") return token;
				throw new RealtimeError("unauthorized", "getToken returned no token.");
			},
			{
				label: "token",
				retries: 2,
				timeoutMs: ATTEMPT_MS,
				clock,
				random,
				signal: this.#abort.signal,
				budget: this.#budget,
			},
		);
	}
}

/** A token endpoint that fails is trouble that passes, unless the app says that it is not. */
function explain(reason: unknown): never {
	if (isRealtimeError(reason)) throw reason;
	throw new RealtimeError("unauthorized", "getToken failed.", { cause: reason, retryable: true });
}
