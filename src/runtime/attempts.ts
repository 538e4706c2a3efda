import pRetry from "p-retry";
import { RealtimeError } from "../errors/realtime-error.js";
import { pushback } from "../policy/backoff.js";
import { credit, initialBudget, spend } from "../policy/retry-budget.js";
import { withDeadline } from "./deadline.js";
import type { Clock } from "./runtime.js";

export interface AttemptOptions {
	readonly clock: Clock;
	readonly random: () => number;
	/** Names the work in errors and in a virtual clock's list. */
	readonly label: string;
	/** After the first try. */
	readonly retries: number;
	/** Of each try. @default 10000 */
	readonly timeoutMs?: number;
	readonly signal?: AbortSignal | undefined;
	/** Shared by all bounded work of a client: what fails as a whole is not asked a multiple. */
	readonly budget?: Budget | undefined;
	/** @default the error's own `retryable` */
	readonly retryable?: (error: RealtimeError) => boolean;
}

/** Where the retry budget is kept between calls. */
export class Budget {
	#left = initialBudget;

	credit(): void {
		this.#left = credit(this.#left);
	}

	spend(): boolean {
		const [left, isGranted] = spend(this.#left);
		this.#left = left;
		return isGranted;
	}
}

const BASE_MS = 500;
const CAP_MS = 5_000;

/**
 * Bounded work, tried again with full jitter, never ahead of what an error's `retryAfterMs` asks for.
 * @throws RealtimeError of the last try; the signal's reason when aborted.
 */
export function attempt<T>(
	run: (signal: AbortSignal) => Promise<T>,
	options: AttemptOptions,
): Promise<T> {
	const { clock, random, label, retries, signal, budget, timeoutMs: ms = 10_000 } = options;
	const { retryable = (error: RealtimeError) => error.retryable } = options;
	budget?.credit();
	const once = async (): Promise<T> => {
		try {
			return await withDeadline(run, { clock, ms, label, signal });
		} catch (reason) {
			// Wrapped, or p-retry would give up at any TypeError of an app's own function.
			throw signal?.aborted ? reason : RealtimeError.from(reason);
		}
	};
	// p-retry's own wait has no jitter at first and little later, and a clock that no test can hold.
	return pRetry(once, {
		retries,
		minTimeout: 0,
		async onFailedAttempt({ error, attemptNumber, retriesLeft }) {
			if (signal?.aborted) throw signal.reason;
			const failure = error as RealtimeError;
			const isOver = retriesLeft === 0 || !retryable(failure) || budget?.spend() === false;
			if (isOver) throw failure;
			const spanMs = Math.min(CAP_MS, BASE_MS * 2 ** (attemptNumber - 1));
			const toldMs = pushback(failure.retryAfterMs ?? 0, { now: 0, random });
			await clock.sleep(Math.max(random() * spanMs, toldMs), signal);
		},
	});
}
