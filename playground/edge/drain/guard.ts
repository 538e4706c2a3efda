/*
 * What no drain may do, whoever asks for it: take a second PoP while one is out, leave a service without
 * a place, or leave less room than the sockets that there are. Asked before a drain begins, and again
 * before each of its steps.
 */
import {
	type Drain,
	type DrainPolicy,
	type PopSeen,
	SERVICES,
	type Seen,
	type Service,
	type Target,
} from "./contract.js";
import { idOf } from "./target.js";

/** Why not, and what to do about it; null: nothing speaks against it. */
export function guard(
	target: Target,
	drains: readonly Drain[],
	seen: Seen,
	policy: Pick<DrainPolicy, "mostLoad">,
): string | null {
	const others = drains.filter(({ id }) => id !== idOf(target));
	const elsewhere = others.find((each) => each.target.pop !== target.pop);
	if (elsewhere !== undefined)
		return `${elsewhere.id} is drained already, and one PoP at a time is enough: undrain it first.`;
	const targets = [...others.map((drain) => drain.target), target];
	const left = (pop: PopSeen, service: Service): number =>
		pop.isUp ? 1 - drainedShare(pop, service, targets) : 0;
	for (const service of target.service === null ? SERVICES : [target.service])
		if (!seen.some((pop) => left(pop, service) > 0))
			return `It would leave ${service} no place at all: no other PoP is up.`;
	if (target.service === "api") return null;
	const room = Math.floor(
		policy.mostLoad *
			seen.reduce((sum, pop) => {
				// A gateway serves both names: what one of them leaves free, the other may use.
				const share = Math.max(left(pop, "primary"), left(pop, "backup"));
				return sum + share * pop.capacity;
			}, 0),
	);
	const sockets = seen.reduce((sum, pop) => sum + pop.sockets, 0);
	if (sockets <= room) return null;
	return `It would leave room for ${room} sockets, and there are ${sockets}: add capacity, or wait until fewer are here.`;
}

/** Of a PoP's capacity, 0 to 1, once all is done: zones have equal parts of it. */
function drainedShare(
	{ pop, zones }: PopSeen,
	service: Service,
	targets: readonly Target[],
): number {
	const here = targets.filter((each) => each.pop === pop && (each.service ?? service) === service);
	if (here.some(({ zone }) => zone === null)) return 1;
	const drained = zones.filter(({ zone }) => here.some((each) => each.zone === zone));
	return drained.length / Math.max(1, zones.length);
}
