/*
 * A client that sleeps long looks at a small static file meanwhile: it costs the edge nothing, and
 * lets a fleet that was told (or grew) long waits come back as soon as realtime is up.
 */
import { dispose } from "../reactive/disposable.js";
import type { Runtime } from "../runtime/runtime.js";
import { getAdmission } from "../transport/http.js";

/** Shorter waits are not worth a request. */
const LONG_MS = 15_000;
const LOOK_MS: readonly [number, number] = [5_000, 15_000];

export class AdmissionWatch {
	readonly #url: string | null;
	readonly #runtime: Runtime;
	readonly #up: (windowMs: number) => void;
	#timer: Disposable | null = null;
	#abort: AbortController | null = null;

	constructor(url: string | null, runtime: Runtime, up: (windowMs: number) => void) {
		this.#url = url;
		this.#runtime = runtime;
		this.#up = up;
	}

	/** `retryInMs`: how long the client will sleep; null when it does not. */
	watch(retryInMs: number | null): void {
		if (this.#url === null || retryInMs === null || retryInMs < LONG_MS) return this.stop();
		if (this.#timer !== null) return;
		const [least, most] = LOOK_MS;
		const waitMs = least + this.#runtime.random() * (most - least);
		this.#timer = this.#runtime.clock.setTimeout(
			() => this.#look(this.#url as string),
			waitMs,
			"admission",
		);
	}

	stop(): void {
		dispose(this.#timer);
		this.#timer = null;
		this.#abort?.abort();
		this.#abort = null;
	}

	#look(url: string): void {
		this.#abort = new AbortController();
		const { signal } = this.#abort;
		void getAdmission(url, this.#runtime, signal).then((admission) => {
			if (signal.aborted) return;
			this.#timer = null;
			if (admission?.realtime === "up") this.#up(admission.windowMs);
			else this.watch(LONG_MS);
		});
	}
}
