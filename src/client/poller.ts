/* The HTTP half at work: polls, and publishes in requests of at most sixteen, one at a time. */
import type { OutboxEffect } from "../channels/contract.js";
import { RealtimeError } from "../errors/realtime-error.js";
import type {
	HistoryResponse,
	PollRequest,
	PollResponse,
	PublishResponse,
} from "../protocol/frames.js";
import type { Runtime } from "../runtime/runtime.js";
import { type HistoryQuery, HttpHalf } from "../transport/http.js";
import type { LinkNumbers } from "./link-numbers.js";
import type { QueueIdentity } from "./outbox-store.js";
import type { TokenSource } from "./token.js";

type SendOrder = Extract<OutboxEffect, { type: "send" }>;

/** What HTTP requests need of the rest of the client. */
export interface PollerContext {
	readonly token: TokenSource;
	readonly publisher: {
		readonly queue: QueueIdentity;
		readonly links: Pick<LinkNumbers, "ofRequest">;
	};
	/** Whom the server takes us for; throws if that is somebody else than before. */
	identified(identity: string): void;
}

export class Poller {
	readonly http: HttpHalf;
	readonly #context: PollerContext;
	#abort: AbortController | null = null;

	constructor(api: readonly string[], context: PollerContext, runtime: Runtime) {
		this.http = new HttpHalf(api, runtime);
		this.#context = context;
	}

	async poll(request: PollRequest): Promise<PollResponse> {
		const response = await this.#authorized((token, signal) =>
			this.http.poll({ ...request, ...this.#as() }, { token, signal }),
		);
		this.#context.identified(response.identity);
		return response;
	}

	publish(order: SendOrder): Promise<PublishResponse> {
		const { client } = this.#context.publisher.queue;
		const publishes = order.publishes.map(({ first, ...publish }) =>
			first ? { ...publish, first } : publish,
		);
		const body = {
			client,
			link: this.#context.publisher.links.ofRequest(),
			...this.#as(),
			publishes,
		};
		return this.#authorized((token, signal) => this.http.publish(body, { token, signal }));
	}

	async history(query: HistoryQuery, signal?: AbortSignal): Promise<HistoryResponse> {
		const token = await this.#context.token.get(null);
		return this.#run(() => this.http.history(query, { token, signal }));
	}

	/** Ends what is in flight. */
	abort(): void {
		this.#abort?.abort(new RealtimeError("closed", "Polling ended."));
		this.#abort = null;
	}

	async #authorized<T>(run: (token: string | null, signal: AbortSignal) => Promise<T>): Promise<T> {
		this.#abort ??= new AbortController();
		const { signal } = this.#abort;
		const token = await this.#context.token.get(null);
		signal.throwIfAborted();
		return this.#run(() => run(token, signal));
	}

	async #run<T>(request: () => Promise<T>): Promise<T> {
		try {
			return await request();
		} catch (reason) {
			const error = RealtimeError.from(reason, "connection-lost");
			if (error.code === "unauthorized") this.#context.token.reject(null);
			throw error;
		}
	}

	#as(): { readonly as?: string } {
		const { identity } = this.#context.publisher.queue;
		return identity === null ? {} : { as: identity };
	}
}
