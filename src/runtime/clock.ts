import { disposable, dispose } from "../reactive/disposable.js";
import type { Clock } from "./runtime.js";

/** What setTimeout can hold: a longer delay wraps around and fires at once. */
const LONGEST_MS = 2_147_483_647;

/**
 * The platform's clocks, looked up at each call. Its timers keep a Node process alive: a client that
 * waits to redial is at work, and an idle one has no timer.
 */
export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	setTimeout(run, ms) {
		// Node warns of NaN.
		const waitMs = Math.max(ms, 0) || 0;
		if (waitMs > LONGEST_MS) return setLongTimeout(run, waitMs);
		const timer = setTimeout(run, waitMs);
		return disposable(() => clearTimeout(timer));
	},
	sleep: (ms, signal) => sleep(systemClock, ms, signal),
};

/** In parts that a timer can hold. Apart, because an idle client holds a timer and pays for its scope. */
function setLongTimeout(run: () => void, ms: number): Disposable {
	let leftMs = ms;
	let timer: ReturnType<typeof setTimeout>;
	const arm = (): void => {
		const partMs = Math.min(leftMs, LONGEST_MS);
		leftMs -= partMs;
		timer = setTimeout(leftMs > 0 ? arm : run, partMs);
	};
	arm();
	return disposable(() => clearTimeout(timer));
}

/** `sleep` of any clock that has timers. */
export function sleep(
	clock: Pick<Clock, "setTimeout">,
	ms: number,
	signal?: AbortSignal,
	label = "sleep",
): Promise<void> {
	return new Promise((resolve, reject) => {
		if (signal?.aborted) {
			reject(signal.reason);
			return;
		}
		const timer = clock.setTimeout(
			() => {
				signal?.removeEventListener("abort", abort);
				resolve();
			},
			ms,
			label,
		);
		const abort = (): void => {
			dispose(timer);
			reject(signal?.reason);
		};
		signal?.addEventListener("abort", abort, { once: true });
	});
}
