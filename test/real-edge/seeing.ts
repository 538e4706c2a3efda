/* What troubles look at, in states of the edge. Pure. */
import type { EdgeState, GatewayState, PopState } from "../../playground/edge/control/contract.js";
import type { ProxyFacts } from "../../playground/edge/control/proxy-facts.js";
import {
	isSettled,
	popOf,
	socketsAt,
	socketsOf,
} from "../../playground/edge/stories/conditions.js";

export const socketsOfGateway = ({ primary, backup }: GatewayState): number => primary + backup;

/** By the clients themselves: each has a link. */
export const areLinked = ({ fleet: { wanted, clients, connected } }: EdgeState): boolean =>
	clients === wanted && connected.primary + connected.backup === wanted;

/** By the clients, and by the servers without those of this PoP. */
export const areElsewhere = (state: EdgeState, pop: string): boolean =>
	areLinked(state) && socketsOf(state) - socketsAt(popOf(state, pop)) >= state.fleet.wanted;

/** By the clients and by the servers, and nobody is on a server that leaves. */
export const areAllBack = (state: EdgeState): boolean =>
	areLinked(state) && socketsOf(state) >= state.fleet.wanted && isSettled(state);

export const busiestPop = ({ pops }: EdgeState): PopState => mostOf(pops, socketsAt);

export const accepted = ({ pops }: EdgeState): number =>
	sumOf(pops, ({ gateways }) => sumOf(gateways, (gateway) => gateway.accepted));

export const leaving = ({ pops }: EdgeState): number =>
	sumOf(pops, ({ gateways }) => sumOf(gateways, (gateway) => gateway.leaving));

/** Of all proxies that say something of themselves. */
export const proxiesOf = ({ pops }: EdgeState): readonly ProxyFacts[] =>
	pops.flatMap(({ proxy, newArm }) => [proxy ?? [], newArm ?? []].flat());

/** What all gateways announce together, in sockets a second. */
export const announcedBy = ({ pops, acceptRate }: EdgeState): number =>
	(acceptRate ?? 0) * sumOf(pops, ({ gateways }) => gateways.length);

export const sumOf = <T>(all: readonly T[], of: (one: T) => number): number =>
	all.reduce((sum, one) => sum + of(one), 0);

/** The first of those with the most. Throws where there is none. */
export function mostOf<T>(all: readonly T[], of: (one: T) => number): T {
	const [first, ...rest] = all;
	if (first === undefined) throw new Error("There is none.");
	return rest.reduce((most, one) => (of(one) > of(most) ? one : most), first);
}
