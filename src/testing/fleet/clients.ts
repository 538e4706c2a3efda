import type { Loss } from "../../connection/contract.js";

/** What clients can do to the world around them. */
export interface Ground {
	readonly random: () => number;
	/** `endpoint`: its place in the list. A second dial gives up the first. */
	dial(client: number, dialId: number, endpoint: number): void;
	hangUp(client: number, dialId: number): void;
	/** The link of that dial is the one that counts from now on. */
	adopt(client: number, dialId: number): void;
}

/** All clients of one kind, by number. The world tells them what happens, and ticks each when it is due. */
export interface Clients {
	/** Infinity: never, until something happens to it. */
	dueAt(client: number): number;
	tick(client: number, now: number): void;
	start(client: number, now: number): void;
	welcomed(client: number, dialId: number, windowMs: number, now: number): void;
	/** A dial of its own came to nothing, or a link is gone. */
	lost(client: number, dialId: number, loss: Loss, now: number): void;
	/** Its server asks it to leave. */
	goodbye(
		client: number,
		dialId: number,
		spans: { readonly windowMs: number; readonly deadlineMs: number },
		now: number,
	): void;
}

/** Makes them, connected for long (their link is dial 1), or not started yet. */
export type Recruit = (
	ground: Ground,
	begin: { readonly now: number; readonly windowMs: number; readonly isConnected: boolean },
) => Clients;
