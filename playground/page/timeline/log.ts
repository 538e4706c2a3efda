/* Notes what happens to a client, newest last, for as long as the page is open. */
import type { Client } from "holdfast";
import { Store } from "../app/store.js";
import type { Entry, Happening } from "./entry.js";

const MOST = 200;

export class TimelineLog {
	readonly entries = new Store<readonly Entry[]>([]);
	readonly #client: Client;
	readonly #replayed = new Map<number, number>();
	#next = 1;
	/** The entry of the newest link. */
	#link = 0;

	constructor(client: Client) {
		this.#client = client;
		client.on("transition", (transition) => {
			const id = this.note({ is: "transition", ...transition });
			if (transition.to.status === "connected") this.#link = id;
		});
		client.on("goodbye", (goodbye) => this.note({ is: "goodbye", ...goodbye }));
		client.on("gap", (gap) => this.note({ is: "gap", ...gap }));
		client.on("error", ({ code, message }) => this.note({ is: "error", code, message }));
		client.mode.subscribe((mode, before) => {
			if (mode.mode !== before.mode) this.note({ is: "mode", mode });
		});
		client.banner.subscribe((banner, before) => {
			const kind = banner?.kind ?? null;
			if (kind !== (before?.kind ?? null)) this.note({ is: "banner", kind });
		});
	}

	/** Its id. */
	note(happening: Happening): number {
		const id = this.#next++;
		const { outbox, dials } = this.#client.stats.get();
		const entry: Entry = { id, at: Date.now(), happening, outbox, dials };
		this.entries.set([...this.entries.get(), entry].slice(-MOST));
		return id;
	}

	/** A message came that was stored while there was no link. */
	replayed(): void {
		this.#replayed.set(this.#link, this.replayedAfter(this.#link) + 1);
	}

	/** How many came after this link was made. */
	replayedAfter(id: number): number {
		return this.#replayed.get(id) ?? 0;
	}
}
