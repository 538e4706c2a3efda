/* What DNS is told of the drains: of each PoP and service, the share of answers that leads elsewhere. */
import type { Drained } from "../dns/decide/contract.js";
import { type Drain, SERVICES, type Zone } from "./contract.js";
import { percentOf } from "./target.js";

/** By PoP, then by service. A PoP without drains has none. */
export type Shares = Readonly<Record<string, Readonly<Record<string, Drained>>>>;

export function sharesOf(drains: readonly Drain[], zones: readonly Zone[]): Shares {
	const shares: Record<string, Record<string, Drained>> = {};
	for (const drain of drains) {
		const { pop, zone, service } = drain.target;
		const share = percentOf(drain) / 100;
		const address = zones.find((each) => each.zone === zone)?.address ?? null;
		const of = shares[pop] ?? {};
		for (const name of service === null ? SERVICES : [service])
			of[name] = withShare(of[name], address, share);
		shares[pop] = of;
	}
	return shares;
}

/** Where two drains speak of the same, the further one counts. */
function withShare(
	before: Drained = { whole: 0, addresses: {} },
	address: string | null,
	share: number,
): Drained {
	if (address === null) return { ...before, whole: Math.max(before.whole, share) };
	const known = before.addresses[address] ?? 0;
	return { ...before, addresses: { ...before.addresses, [address]: Math.max(known, share) } };
}
