/* What happens to Dublin, or to one of its zones, and how it is healed. */

import type { Action } from "../control/contract.js";
import { perform } from "../control/perform.js";
import type { WholeEdge } from "../whole-edge.js";
import type { Place } from "./watch-newcomers.js";

export interface Case {
	readonly name: string;
	readonly about: string;
	readonly place: Place;
	/** Before it: who sees to it that DNS changes. */
	readonly automation: "on" | "off";
	readonly strike: (edge: WholeEdge) => Promise<void>;
}

const DUBLIN: Place = { pop: "DUB", arm: null };
/** Behind the last balancer. */
const ZONE: Place = { pop: "DUB", arm: "new" };
/** So slow that no probe has its answer in time, and every newcomer gets in after all. */
const SLOW = { delayMs: 600 };

const act =
	(action: Action) =>
	(edge: WholeEdge): Promise<void> =>
		perform(edge.assembly, action);

export const CASES: readonly Case[] = [
	{
		...{ name: "drain-pop", place: DUBLIN, automation: "off" },
		about: "Dublin is drained by order",
		strike: act({ do: "drain", pop: "DUB" }),
	},
	{
		...{ name: "drain-zone", place: ZONE, automation: "off" },
		about: "zone DUB-b is drained by order",
		strike: act({ do: "drain", zone: "DUB-b" }),
	},
	{
		...{ name: "slow-pop", place: DUBLIN, automation: "on" },
		about: "Dublin is slow, and drained by the automation",
		strike: act({ do: "set-conditions", pop: "DUB", link: "clients", conditions: SLOW }),
	},
	{
		...{ name: "slow-zone", place: ZONE, automation: "on" },
		about: "zone DUB-b is slow, and drained by the automation",
		strike: async ({ assembly }) => assembly.pop("DUB").balancers[1]?.change(SLOW),
	},
	{
		...{ name: "kill-pop", place: DUBLIN, automation: "off" },
		about: "Dublin is gone, as the monitor finds",
		strike: act({ do: "kill-pop", pop: "DUB" }),
	},
];
