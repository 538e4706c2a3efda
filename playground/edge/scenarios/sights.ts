/* What is seen while a scenario runs, four times a second, and the figures that come of it. */
import type { EdgeState } from "../control/contract.js";
import { percentOf } from "../drain/target.js";

export interface Sight {
	/** Wall time, in ms. */
	readonly at: number;
	/** Sockets a second that a gateway can take in. */
	readonly acceptRate: number | null;
	readonly pops: Readonly<Record<string, PopSight>>;
}

interface PopSight {
	/** Within the last second; since the start; now. */
	readonly arrivals: number;
	readonly accepted: number;
	readonly sockets: number;
	/** Down, or with connections that fall silent. */
	readonly isIll: boolean;
	/** Whether DNS leads newcomers there. */
	readonly isNamed: boolean;
	readonly isDrained: boolean;
	/** By its real proxy's own count; 0 where it has none. */
	readonly refused: number;
	readonly unplaced: number;
}

export type Figures = Readonly<Record<string, number>>;

export function sightOf({ at, pops, drain, acceptRate }: EdgeState): Sight {
	return {
		at,
		acceptRate,
		pops: Object.fromEntries(
			pops.map((pop) => {
				const isDrained = drain.state.drains.some(
					(each) => each.id === pop.name && percentOf(each) === 100,
				);
				const sight: PopSight = {
					arrivals: pop.sockets.arrivals,
					accepted: pop.gateways.reduce((sum, gateway) => sum + gateway.accepted, 0),
					sockets: pop.sockets.primary + pop.sockets.backup,
					isIll:
						pop.is === "down" || pop.balancers.some(({ conditions }) => conditions.lossShare > 0),
					isNamed: pop.dns.up && !isDrained,
					isDrained,
					refused: pop.proxy?.refused ?? 0,
					unplaced: pop.proxy?.unplaced ?? 0,
				};
				return [pop.name, sight];
			}),
		),
	};
}

/** E15: from the fault to another answer in DNS, and to the last newcomer; in ms, to a quarter of a second. */
export function figuresOfFault(sights: readonly Sight[], name: string): Figures {
	const fault = sights.find(({ pops }) => pops[name]?.isIll);
	if (fault === undefined) return {};
	const ill = sights.filter(({ at, pops }) => at >= fault.at && pops[name]?.isIll);
	const changed = sights.find(({ at, pops }) => at >= fault.at && pops[name]?.isNamed === false);
	let [last, accepted] = [fault.at, fault.pops[name]?.accepted ?? 0];
	for (const { at, pops } of ill) {
		const now = pops[name]?.accepted ?? 0;
		if (now > accepted) [last, accepted] = [at, now];
	}
	return {
		...(changed === undefined ? {} : { dnsChangedAfterMs: changed.at - fault.at }),
		lastNewcomerAfterMs: last - fault.at,
	};
}

/** E8: gateways for which a proxy had no place, at most, and newcomers whom it refused meanwhile. */
export function figuresOfPlaces(sights: readonly Sight[], name: string): Figures {
	const most = (of: (sight: PopSight) => number): number =>
		Math.max(0, ...sights.flatMap(({ pops }) => (pops[name] ? [of(pops[name])] : [])));
	const [first] = sights;
	return {
		withoutPlace: most(({ unplaced }) => unplaced),
		refused: most(({ refused }) => refused) - (first?.pops[name]?.refused ?? 0),
	};
}

/** E12: sockets that a PoP took in within a second, while another one was drained. */
export function figuresOfDrain(sights: readonly Sight[], from: string, to: string): Figures {
	const drained = sights.filter(({ pops }) => pops[from]?.isDrained);
	const end = drained.findIndex(({ pops }) => pops[from]?.sockets === 0);
	const during = end === -1 ? drained : drained.slice(0, end + 1);
	const arrivals = during.map(({ pops }) => pops[to]?.arrivals ?? 0).sort((a, b) => a - b);
	const [first, last] = [during[0]?.at ?? 0, during.at(-1)?.at ?? 0];
	return {
		moved: during[0]?.pops[from]?.sockets ?? 0,
		arrivalsP50: quantile(arrivals, 0.5),
		arrivalsP95: quantile(arrivals, 0.95),
		arrivalsMost: arrivals.at(-1) ?? 0,
		emptyAfterMs: last - first,
	};
}

/** That of its beginning: what is healed in the end is another one. Null: there was no drain. */
export function rateOfDrain(sights: readonly Sight[], from: string): number | null {
	return sights.find(({ pops }) => pops[from]?.isDrained)?.acceptRate ?? null;
}

function quantile(sorted: readonly number[], share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
