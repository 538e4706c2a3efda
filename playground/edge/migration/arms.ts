/* Which addresses an arm has, and what DNS is told of them: each PoP's last balancer is the new arm. */
import type { EdgeConfig, PopConfig } from "../config.js";
import type { Arm } from "../dns/decide/contract.js";
import type { ArmName } from "./contract.js";

/** A PoP with one balancer has no new arm. */
export function addressesOf(
	{ addresses }: Pick<PopConfig, "addresses">,
	arm: ArmName,
): readonly string[] {
	const fresh = addresses.length > 1 ? addresses.slice(-1) : [];
	return arm === "new" ? fresh : addresses.slice(0, addresses.length - fresh.length);
}

/** `percent`: of newcomers that shall come by the new arm. */
export function armsOf(pop: Pick<PopConfig, "addresses">, percent: number): readonly Arm[] {
	return [
		{ addresses: addressesOf(pop, "old"), weight: 100 - percent },
		{ addresses: addressesOf(pop, "new"), weight: percent },
	];
}

export const allAddresses = ({ pops }: Pick<EdgeConfig, "pops">, arm: ArmName): readonly string[] =>
	pops.flatMap((pop) => addressesOf(pop, arm));
