/* Waiting for conditions, never for time: what a test on a noisy machine may do. */
import type { Readable } from "../../src/reactive/readable.js";

/** Far beyond anything healthy, and within the time that a test has. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 5;

/** Resolves when the condition holds, with what it returned; rejects, naming what was awaited, when it never does. */
export async function until<T>(
	condition: () => T | Promise<T>,
	what: string,
	patienceMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
	const giveUpAt = performance.now() + patienceMs;
	for (;;) {
		const seen = await condition();
		if (seen) return seen as NonNullable<T>;
		if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
	}
}

/** Resolves with the first value that fits, the present one included: no state that passes is missed. */
export function when<T, S extends T = T>(
	readable: Readable<T>,
	fits: ((value: T) => value is S) | ((value: T) => boolean),
	what: string,
	patienceMs = PATIENCE_MS,
): Promise<S> {
	return new Promise((resolve, reject) => {
		const stop = (): void => {
			clearTimeout(timer);
			unsubscribe();
		};
		const look = (value: T): void => {
			if (!fits(value)) return;
			stop();
			resolve(value as S);
		};
		const timer = setTimeout(() => {
			stop();
			reject(new Error(`waited in vain: ${what}; last seen: ${JSON.stringify(readable.get())}`));
		}, patienceMs);
		const unsubscribe = readable.subscribe(look);
		look(readable.get());
	});
}
