/* What is told of a balancer. */
import type { Balancer } from "../balancer.js";
import type { BalancerState } from "../control/contract.js";

export function stateOf(balancer: Balancer, address: string): BalancerState {
	const { connections, accepted, conditions } = balancer;
	return { address, connections, accepted, bytes: { ...balancer.bytes }, conditions };
}
