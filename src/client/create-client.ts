import type { Message, PublishReceipt } from "../channels/message.js";
import { RealtimeError } from "../errors/realtime-error.js";
import { MAX_CHANNEL_LENGTH, MAX_ID_LENGTH } from "../protocol/limits.js";
import { ASYNC_DISPOSE, disposable } from "../reactive/disposable.js";
import { systemRuntime } from "../runtime/system.js";
import type {
	ChannelMap,
	Client,
	ClientEvents,
	PublishOptions,
	SubscribeOptions,
	Subscription,
} from "./client.js";
import { woken } from "./effects.js";
import type { ClientOptions } from "./options.js";
import { OutboxView } from "./outbox-view.js";
import { checkOptions, invalid } from "./settings.js";
import { Supervisor } from "./supervisor.js";

/**
 * A client of a Holdfast server: it holds on when the network, a server or a region does not, and
 * says what is known when it can't. Nothing is dialled before the first subscribe or publish, unless
 * `connect` says otherwise.
 *
 * @example
 * const client = createClient({
 *   endpoints: ["wss://eu.example.com/realtime", "wss://us.example.com/realtime"],
 *   api: "https://api.example.com/realtime",
 * });
 * client.subscribe("room", (message) => show(message.data));
 * await client.publish("room", { text: "hello" });
 *
 * @throws RealtimeError `invalid-option` where options make no sense.
 */
export function createClient<C extends ChannelMap = Record<string, unknown>>(
	options: ClientOptions,
): Client<C> {
	const settings = checkOptions(options);
	const shell = new Supervisor(settings, systemRuntime(options.runtime));
	if (settings.connect === "eager") shell.start();
	return new PublicClient(shell) as unknown as Client<C>;
}

type HistoryOptions = NonNullable<Parameters<Client["history"]>[1]>;

/** The public face: checks what it is given, starts the shell when it is first needed. */
class PublicClient implements Client {
	readonly #shell: Supervisor;
	#outbox: OutboxView | null = null;
	#stats: Client["stats"] | null = null;
	#degraded: Client["degraded"] | null = null;

	constructor(shell: Supervisor) {
		this.#shell = shell;
	}

	get connection(): Client["connection"] {
		return this.#shell.shown.connection;
	}

	get mode(): Client["mode"] {
		return this.#shell.shown.mode;
	}

	get banner(): Client["banner"] {
		return this.#shell.shown.banner;
	}

	get endpoints(): Client["endpoints"] {
		return this.#shell.shown.endpoints;
	}

	get sharing(): Client["sharing"] {
		return this.#shell.sharing;
	}

	get stats(): Client["stats"] {
		const { shown } = this.#shell;
		this.#stats ??= {
			get: () => shown.stats.get(),
			subscribe: (listener) => shown.stats.subscribe(listener),
		};
		return this.#stats;
	}

	get outbox(): Client["outbox"] {
		this.#outbox ??= new OutboxView(this.#shell.publisher);
		return this.#outbox;
	}

	get degraded(): Client["degraded"] {
		this.#degraded ??= {
			hold: (reason) => this.#hold(reason),
			loadMore: () => this.#shell.loadMore(),
		};
		return this.#degraded;
	}

	connect({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
		if (signal?.aborted) return Promise.reject(signal.reason);
		this.#shell.start();
		return new Promise((resolve, reject) => {
			const ended = (end: () => void): void => {
				for (const unwatch of watched) unwatch();
				signal?.removeEventListener("abort", abort);
				end();
			};
			const abort = (): void => ended(() => reject(signal?.reason));
			const look = (): void => {
				const state = this.connection.get();
				if (state.status === "connected" || this.mode.get().mode === "degraded") ended(resolve);
				else if (state.status === "failed") ended(() => reject(state.cause));
				else if (state.status === "closed") ended(() => reject(closed()));
			};
			const watched = [this.connection.subscribe(look), this.mode.subscribe(look)];
			signal?.addEventListener("abort", abort);
			look();
		});
	}

	reconnect(reason = "requested"): void {
		this.#shell.reconnect(reason);
	}

	wake(reason: string): void {
		this.#shell.share?.wake(reason);
		woken(this.#shell, reason);
	}

	close(): Promise<void> {
		return this.#shell.stop();
	}

	[ASYNC_DISPOSE](): Promise<void> {
		return this.close();
	}

	subscribe(
		channel: string,
		listener: (message: Message<never>) => void,
		options: SubscribeOptions = {},
	): Subscription {
		checkChannel(channel);
		if (typeof listener !== "function") throw invalid("The listener is not a function.");
		const subscription = this.#shell.subscriptions.subscribe(channel, listener, options);
		this.#startLazily();
		return subscription;
	}

	publish(channel: string, data: unknown, options: PublishOptions = {}): Promise<PublishReceipt> {
		checkChannel(channel);
		checkPublish(options);
		const { status } = this.connection.get();
		if (status === "closed") return Promise.reject(closed());
		this.#startLazily();
		return this.#shell.publish(channel, data, options);
	}

	async history(
		channel: string,
		{ before, limit = 50, signal }: HistoryOptions = {},
	): Promise<readonly Message<never>[]> {
		checkChannel(channel);
		const messages = await this.#shell.polling.history({ channel, before, limit }, signal);
		return messages as readonly Message<never>[];
	}

	on<E extends keyof ClientEvents>(
		event: E,
		listener: (detail: ClientEvents[E]) => void,
	): () => void {
		return this.#shell.events.on(event, listener);
	}

	#hold(reason: string): Disposable {
		this.#shell.hold("hold", reason);
		let isHeld = true;
		return disposable(() => {
			if (isHeld) this.#shell.hold("release", reason);
			isHeld = false;
		});
	}

	#startLazily(): void {
		const isIdle = this.connection.get().status === "idle";
		if (isIdle && this.#shell.settings.connect !== "manual") this.#shell.start();
	}
}

function closed(): RealtimeError {
	return new RealtimeError("closed", "The client is closed.");
}

function checkChannel(channel: unknown): void {
	if (typeof channel !== "string" || channel === "" || channel.length > MAX_CHANNEL_LENGTH)
		throw invalid("A channel is a text of 1 to 256 characters.");
}

function checkPublish({ id, ttlMs }: PublishOptions): void {
	if (id !== undefined && (typeof id !== "string" || id === "" || id.length > MAX_ID_LENGTH))
		throw invalid("id is a text of 1 to 128 characters.");
	if (ttlMs !== undefined && !(ttlMs >= 0)) throw invalid("ttlMs must be at least 0.");
}
