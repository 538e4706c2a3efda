/*
 * One connection to where the log lives, dialled for as long as the log is used.
 *
 *    dialling ── dialled ──▶ near ── it broke, or fell silent ──▶ away ── 100 ms to 5 s ──▶ dialling
 *       ╰── failed ────────────────────────────────────────────▶ away
 *
 * What is asked while it first dials waits for the outcome; after that, what is asked while it is not near
 * is rejected at once: a gateway has to answer its clients, and they know what to do.
 */
import { type ErrorCode, RealtimeError } from "../../errors/realtime-error.js";
import { withDeadline } from "../../runtime/deadline.js";
import type { Clock, Logger } from "../../runtime/runtime.js";
import { kindOf } from "../fault.js";

/** A connection as this needs it. */
export interface Connection {
	/** Resolves when it has broken. Never rejects. */
	readonly broken: Promise<unknown>;
	/** Resolves when an answer came. */
	ping(): Promise<unknown>;
	/** Ends it at once; whatever waits for an answer is rejected. */
	destroy(): void;
}

export interface RedialOptions<C> {
	/** What it is called in errors and logs: "Redis". */
	readonly name: string;
	readonly dial: (signal: AbortSignal) => Promise<C>;
	/** A new connection is there. */
	readonly near: (connection: C) => void;
	readonly clock: Clock;
	readonly random: () => number;
	readonly logger: Logger;
	/** Of a dial, and of an answer to a ping; there is one every half of it. */
	readonly timeoutMs: number;
}

/** They came from the other side: it is not away. */
const ANSWERS: readonly ErrorCode[] = ["message-too-large", "overloaded", "closed"];
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [100, 5_000];

export class Redial<C extends Connection> {
	readonly #options: RedialOptions<C>;
	readonly #over = new AbortController();
	readonly #first: Promise<void>;
	#connection: C | null = null;
	#isSettled = false;
	#reason: RealtimeError | null = null;

	constructor(options: RedialOptions<C>) {
		this.#options = options;
		let settle: () => void = () => undefined;
		this.#first = new Promise((resolve) => {
			settle = resolve;
		});
		void this.#run(() => {
			this.#isSettled = true;
			settle();
		});
	}

	/**
	 * The connection, if there is one.
	 * @throws RealtimeError `closed`, `connection-lost`, or what the dial was refused with
	 */
	async use(): Promise<C> {
		if (!this.#isSettled) await this.#first;
		if (this.#over.signal.aborted) throw new RealtimeError("closed", "The log is closed.");
		if (this.#connection === null) throw this.away(this.#reason);
		return this.#connection;
	}

	/** Gives up a connection that is of no use any more. */
	drop(connection: C): void {
		if (connection === this.#connection) this.#connection = null;
		connection.destroy();
	}

	end(): void {
		this.#over.abort();
		this.#connection?.destroy();
		this.#connection = null;
	}

	/** What to reject with: why, as far as it is known, and what to do. */
	away(cause: unknown): RealtimeError {
		const { name } = this.#options;
		if (cause instanceof RealtimeError && ANSWERS.includes(cause.code)) return cause;
		const { code, message } = RealtimeError.from(cause ?? new Error("it was lost"));
		const isRefusal = code === "unauthorized" || code === "invalid-option";
		return new RealtimeError(isRefusal ? code : "connection-lost", `${name} is away: ${message}`, {
			cause,
			remediation: `Check that ${name} runs at the given address and lets this server in; it is dialled again by itself.`,
		});
	}

	async #run(settle: () => void): Promise<void> {
		const { clock, random, logger, name, near } = this.#options;
		const { signal } = this.#over;
		for (let retryMs = FIRST_RETRY_MS; !signal.aborted; ) {
			try {
				const connection = await this.#dial();
				[this.#connection, this.#reason, retryMs] = [connection, null, FIRST_RETRY_MS];
				settle();
				near(connection);
				await this.#attend(connection);
				this.#connection = null;
				logger.warn("log-lost", { log: name });
			} catch (reason) {
				this.#reason = RealtimeError.from(reason);
				logger.warn("log-away", { log: name, kind: kindOf(reason) });
			}
			settle();
			// Aborted: it is over, and the loop with it.
			await clock.sleep(retryMs * (0.5 + random() / 2), signal).catch(() => undefined);
			retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
		}
	}

	async #dial(): Promise<C> {
		const { clock, dial, timeoutMs: ms, name } = this.#options;
		let isLate = false;
		const dialled = withDeadline(
			async (signal) => {
				const connection = await dial(signal);
				if (isLate || this.#over.signal.aborted) connection.destroy();
				return connection;
			},
			{ clock, ms, label: name, signal: this.#over.signal },
		);
		return dialled.catch((reason) => {
			isLate = true;
			throw reason;
		});
	}

	/** Until it has broken. Silence is noticed also where TCP would wait for minutes. */
	async #attend(connection: C): Promise<void> {
		const { clock, timeoutMs: ms, name } = this.#options;
		let isBroken = false;
		const broken = connection.broken.then(() => {
			isBroken = true;
		});
		while (!isBroken) {
			const pause = new AbortController();
			await Promise.race([broken, clock.sleep(ms / 2, pause.signal).catch(() => undefined)]);
			pause.abort();
			if (isBroken) return;
			await withDeadline(() => Promise.race([broken, connection.ping()]), {
				clock,
				ms,
				label: name,
			}).catch(() => this.drop(connection));
		}
	}
}
