/*
 * Where visitors' connections went: a page can't see which PoP its browser was led to, so the front tells.
 * One entry a visitor and name, the newest; who has no connection is forgotten after a while.
 */
import type { VisitState } from "./control/contract.js";

/** A connection, as the front has led it. */
export type Led = Omit<VisitState, "isOpen">;

const FORGET_MS = 120_000;
/** Labels are anybody's to make up. */
const MOST = 200;

interface Visit {
	readonly led: Led;
	isOpen: boolean;
}

export class Visits {
	readonly #visits = new Map<string, Visit>();
	readonly #now: () => number;

	/** `now`: wall time. */
	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	/** Call what it returns when the connection is over. */
	begin(led: Led): () => void {
		const key = `${led.visitor} ${led.name}`;
		const visit: Visit = { led, isOpen: led.pop !== null };
		this.#visits.delete(key);
		this.#visits.set(key, visit);
		for (const oldest of this.#visits.keys()) {
			if (this.#visits.size <= MOST) break;
			this.#visits.delete(oldest);
		}
		return () => {
			visit.isOpen = false;
		};
	}

	get state(): readonly VisitState[] {
		const since = this.#now() - FORGET_MS;
		for (const [key, { led, isOpen }] of this.#visits)
			if (!isOpen && led.askedAt < since) this.#visits.delete(key);
		return [...this.#visits.values()].map(({ led, isOpen }) => ({ ...led, isOpen }));
	}
}
