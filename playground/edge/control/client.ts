/*
 * The control API from the other side: for the page, the stories and the tests. Nothing of Node in it. State
 * comes as server-sent events, read by fetch, since an EventSource can't send the token.
 */
import type { Action, EdgeState, LedgerReport, Refusal, Sample, Where } from "./contract.js";

export interface ControlOptions {
	/** "http://127.0.0.1:4702" */
	readonly url: string;
	readonly token: string;
	/** @default the platform's */
	readonly fetch?: typeof fetch;
}

/** The API said no; `code` and `message` are its own. */
export class ControlError extends Error {
	readonly code: Refusal["code"];

	constructor({ code, message }: Refusal) {
		super(message);
		this.name = "ControlError";
		this.code = code;
	}
}

export class ControlClient {
	readonly #options: ControlOptions;

	constructor(options: ControlOptions) {
		this.#options = options;
	}

	/** Resolves when it is done; a drain or a deploy when it has begun. Rejects with a `ControlError`. */
	async act(action: Action): Promise<void> {
		await this.#ask("POST", "/actions", action);
	}

	/** Takes part in the ledger. */
	async report(report: LedgerReport): Promise<void> {
		await this.#ask("POST", "/reports", report);
	}

	async state(): Promise<EdgeState> {
		return (await this.#ask("GET", "/state")).json() as Promise<EdgeState>;
	}

	/** One a second, of the last ten minutes, oldest first. */
	async history(): Promise<readonly Sample[]> {
		return (await this.#ask("GET", "/history")).json() as Promise<readonly Sample[]>;
	}

	/** Rejects with `failed` until the edge is ready. */
	async where(): Promise<Where> {
		return (await this.#ask("GET", "/where")).json() as Promise<Where>;
	}

	/**
	 * Each state as it comes, until aborted; ends when the server does. `clients` take part in the ledger
	 * until then.
	 */
	async *watch(signal?: AbortSignal, clients: readonly string[] = []): AsyncGenerator<EdgeState> {
		const query = clients.map((client) => `client=${encodeURIComponent(client)}`).join("&");
		const answer = await this.#ask("GET", `/events?${query}`, undefined, signal);
		const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
		const decoder = new TextDecoder();
		let text = "";
		try {
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return;
				text += decoder.decode(value, { stream: true });
				const events = text.split("\n\n");
				text = events.pop() ?? "";
				for (const event of events) yield JSON.parse(event.slice("data: ".length)) as EdgeState;
			}
		} finally {
			await reader.cancel().catch(() => undefined);
		}
	}

	async #ask(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
		const { url, token, fetch: ask = fetch } = this.#options;
		const headers = new Headers({ "X-Playground-Token": token });
		if (body !== undefined) headers.set("Content-Type", "application/json");
		const answer = await ask(`${url}${path}`, {
			method,
			headers,
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			...(signal === undefined ? {} : { signal }),
		});
		if (!answer.ok) throw new ControlError((await answer.json()) as Refusal);
		return answer;
	}
}
