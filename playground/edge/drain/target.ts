/* Which places there are, by name, and what they have to do with each other. */
import type { EdgeConfig } from "../config.js";
import type { Drain, Service, Target, Zone } from "./contract.js";

/** One a balancer, as every zone of availability has its own. */
export function zonesOf({ pops }: Pick<EdgeConfig, "pops">): readonly Zone[] {
	return pops.flatMap(({ name: pop, addresses }) =>
		addresses.map((address, at) => ({ zone: `${pop}-${letter(at)}`, pop, address })),
	);
}

const letter = (at: number): string => String.fromCharCode("a".charCodeAt(0) + at);

export function idOf({ pop, zone, service }: Target): string {
	return service === null ? (zone ?? pop) : `${zone ?? pop}/${service}`;
}

/** What was asked for by name, checked. Throws with what there is instead. */
export function readTarget(
	asked: {
		readonly pop?: string | undefined;
		readonly zone?: string | undefined;
		readonly service?: Service | undefined;
	},
	zones: readonly Zone[],
): Target {
	const { pop, zone, service = null } = asked;
	const pops = [...new Set(zones.map((each) => each.pop))].join(", ");
	if (pop !== undefined && !zones.some((each) => each.pop === pop))
		throw new RangeError(`There is no PoP "${pop}"; there are ${pops}.`);
	if (zone === undefined) {
		if (pop !== undefined) return { pop, zone: null, service };
		const what = service === null ? "A drain" : `All of ${service} at once is an outage: a drain`;
		throw new RangeError(`${what} needs a PoP (one of ${pops}) or a zone.`);
	}
	const found = zones.find((each) => each.zone === zone);
	if (found === undefined)
		throw new RangeError(
			`There is no zone "${zone}"; there are ${zones.map((each) => each.zone).join(", ")}.`,
		);
	if (pop !== undefined && pop !== found.pop)
		throw new RangeError(`The zone ${zone} is in ${found.pop}, not in ${pop}.`);
	return { pop: found.pop, zone, service };
}

/** In percent, of newcomers. */
export function percentOf({ stage }: Drain): number {
	return stage.is === "drained" ? 100 : stage.percent;
}
