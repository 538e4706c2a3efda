import { entries, type OutboxState } from "../channels/outbox.js";
import type { Unsubscribe } from "../reactive/readable.js";
import type { Outbox, OutboxEntry } from "./client.js";
import type { Publisher } from "./publisher.js";

/** The outbox as an app sees it. */
export class OutboxView implements Outbox {
	readonly #publisher: Publisher;
	#seen: OutboxState | null = null;
	#entries: readonly OutboxEntry[] = [];

	constructor(publisher: Publisher) {
		this.#publisher = publisher;
	}

	get(): readonly OutboxEntry[] {
		return this.#of(this.#publisher.changes.get());
	}

	subscribe(
		listener: (now: readonly OutboxEntry[], before: readonly OutboxEntry[]) => void,
	): Unsubscribe {
		return this.#publisher.changes.subscribe((state, previous) => {
			const before = this.#of(previous);
			listener(this.#of(state), before);
		});
	}

	clear(): Promise<void> {
		return this.#publisher.clear();
	}

	/** The same list for the same state. */
	#of(state: OutboxState): readonly OutboxEntry[] {
		if (this.#seen !== state) this.#entries = entries(state);
		this.#seen = state;
		return this.#entries;
	}
}
