/* The lock that says who leads: one wish for it at a time. */
import { RealtimeError } from "../errors/realtime-error.js";
import { dispose } from "../reactive/disposable.js";
import type { Tabs } from "../runtime/runtime.js";

export interface LockFacts {
	granted(): void;
	/** Another has stolen it. */
	taken(): void;
	refused(): void;
}

export class GroupLock {
	readonly #tabs: Tabs;
	readonly #name: string;
	readonly #facts: LockFacts;
	#wish: AbortController | null = null;
	#lock: Disposable | null = null;

	constructor(tabs: Tabs, name: string, facts: LockFacts) {
		this.#tabs = tabs;
		this.#name = name;
		this.#facts = facts;
	}

	request(how: "queue" | "steal"): void {
		this.drop();
		const wish = new AbortController();
		this.#wish = wish;
		const isOurs = (): boolean => this.#wish === wish;
		const lost = (): void => {
			if (!isOurs()) return;
			this.#lock = null;
			this.#facts.taken();
		};
		this.#tabs.lock(this.#name, { how, signal: wish.signal, lost }).then(
			(lock) => {
				if (!isOurs()) return dispose(lock);
				this.#lock = lock;
				this.#facts.granted();
			},
			() => isOurs() && this.#facts.refused(),
		);
	}

	/** Releases it, or waits for it no more. */
	drop(): void {
		const wish = this.#wish;
		this.#wish = null;
		wish?.abort(new RealtimeError("closed", "Not waiting any more."));
		dispose(this.#lock);
		this.#lock = null;
	}
}
