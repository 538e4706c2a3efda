/* What scenarios' stories have in common. */
import type { EdgeState } from "../control/contract.js";
import { ALL_CONNECTED, both, popOf, saidMore, socketsAt } from "../stories/conditions.js";
import type { Condition, Step } from "../stories/contract.js";

const PATIENCE_MS = 40_000;

export const begin = (caption: string): Step => ({
	id: "begin",
	caption,
	act: () => [],
	until: both(ALL_CONNECTED, saidMore(1)),
	withinMs: PATIENCE_MS,
});

export const step = (id: string, caption: string, act: Step["act"], until: Condition): Step => ({
	id,
	caption,
	act,
	until,
	withinMs: PATIENCE_MS,
});

export const accepted = (state: EdgeState, pop: string): number =>
	popOf(state, pop).gateways.reduce((sum, gateway) => sum + gateway.accepted, 0);

export const nobodyNoticed: Condition = {
	says: "no client was without a link",
	holds: ({ now, step: began }) => now.fleet.outages === began.fleet.outages,
};

export const nobodyIn = (pop: string): Condition => ({
	says: `nobody is left in ${pop}`,
	holds: ({ now }) => socketsAt(popOf(now, pop)) === 0,
});
