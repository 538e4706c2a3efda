import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { Clock } from "./runtime.js";

export interface Deadline {
	readonly clock: Clock;
	readonly ms: number;
	/** Names the wait in a virtual clock's list and in the error. */
	readonly label: string;
	readonly signal?: AbortSignal | undefined;
}

/**
 * Runs bounded work. Its signal aborts with the caller's and at the deadline, and the promise settles
 * then even if the work does not listen: a token function of an app's may hang for ever.
 * @throws RealtimeError `connect-timeout` at the deadline; the signal's reason when aborted.
 */
export function withDeadline<T>(
	run: (signal: AbortSignal) => Promise<T>,
	{ clock, ms, label, signal }: Deadline,
): Promise<T> {
	return new Promise((resolve, reject) => {
		if (signal?.aborted) return reject(signal.reason);
		const inner = new AbortController();
		const stop = (reason: unknown): void => {
			reject(reason);
			inner.abort(reason);
			settled();
		};
		const abort = (): void => stop(signal?.reason);
		const settled = (): void => {
			dispose(timer);
			signal?.removeEventListener("abort", abort);
			// What an answer left unread is let go of, too.
			inner.abort();
		};
		const late = (): void => stop(new RealtimeError("connect-timeout", `${label}: no answer`));
		const timer = clock.setTimeout(late, ms, label);
		signal?.addEventListener("abort", abort);
		// Async, so that work which throws before its first await rejects and frees the timer too.
		const work = async (): Promise<T> => run(inner.signal);
		work().finally(settled).then(resolve, reject);
	});
}
