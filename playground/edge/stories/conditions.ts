/* What stories wait for, and what several of them do. */
import type { EdgeState, PopState } from "../control/contract.js";
import type { Condition, View } from "./contract.js";

export function popOf(state: EdgeState, name: string): PopState {
	const found = state.pops.find((pop) => pop.name === name);
	if (found === undefined) throw new Error(`There is no PoP "${name}".`);
	return found;
}

export const socketsOf = ({ sockets }: EdgeState): number => sockets.primary + sockets.backup;
export const socketsAt = ({ sockets }: PopState): number => sockets.primary + sockets.backup;

/** By the servers' count, and nothing of an old server. */
export const ALL_CONNECTED: Condition = {
	says: "every client has a socket, and nobody is on the move",
	holds: ({ now }) =>
		now.fleet.clients === now.fleet.wanted &&
		now.fleet.connected.primary + now.fleet.connected.backup === now.fleet.wanted &&
		// Who is moving to a better endpoint has two for a moment.
		socketsOf(now) >= now.fleet.wanted &&
		isSettled(now),
};

export const isSettled = (state: EdgeState): boolean =>
	state.pops.every(({ gateways }) => gateways.every(({ leaving }) => leaving === 0));

/** Since the step began, so many for each client. */
export function saidMore(each: number): Condition {
	return {
		says: `${each} messages a client have arrived meanwhile`,
		holds: ({ now, step }) =>
			now.ledger.delivered - step.ledger.delivered >= each * now.fleet.clients,
	};
}

/** Since the step began. */
export function aWhile(ms: number): Condition {
	return { says: `${ms / 1_000} s have passed`, holds: ({ now, step }) => now.at - step.at >= ms };
}

export function both(a: Condition, b: Condition): Condition {
	return {
		says: `${a.says}, and ${b.says}`,
		holds: (view: View) => a.holds(view) && b.holds(view),
	};
}

/** A fleet goes on talking, so something is always under way; but nothing for long. */
const UNDER_WAY_MS = 3_000;

export const NOTHING_PENDING: Condition = {
	says: "every message with a receipt has arrived at everybody within 3 s",
	holds: ({ now }) => now.ledger.oldestPendingMs < UNDER_WAY_MS && isTalkedOut(now),
};

/** What was kept during an outage has been sent: a twentieth of the clients may be talking right now. */
const isTalkedOut = ({ fleet }: EdgeState): boolean =>
	fleet.outbox <= Math.max(2, fleet.clients / 20);
