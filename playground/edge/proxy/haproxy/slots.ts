/*
 * Endpoints of a backend of HAProxy, in places that were made when it started: the runtime API can fill and
 * empty them, and make no more. Pure. Places are emptied before others are filled: the other order ended in
 * "No such server." and a stale list (Slack, 2020-05-12).
 */
import type { Endpoint } from "../model/model.js";

/** By place; null: empty. */
export type Slots = readonly (Endpoint | null)[];

export interface SlotPlan {
	readonly slots: Slots;
	/** Places to empty, then those to fill; from 0. */
	readonly empty: readonly number[];
	readonly fill: readonly { readonly slot: number; readonly endpoint: Endpoint }[];
	/** For whom there was no place. */
	readonly left: readonly Endpoint[];
}

export const emptySlots = (count: number): Slots => new Array<Endpoint | null>(count).fill(null);

export function planSlots(slots: Slots, wanted: readonly Endpoint[]): SlotPlan {
	const isSame = (a: Endpoint | null, b: Endpoint): boolean =>
		a?.host === b.host && a.port === b.port;
	const kept = slots.map((each) => (wanted.some((one) => isSame(each, one)) ? each : null));
	const empty = slots.flatMap((each, at) => (each !== null && kept[at] === null ? [at] : []));
	const fill: { slot: number; endpoint: Endpoint }[] = [];
	const left: Endpoint[] = [];
	const next = [...kept];
	for (const endpoint of wanted.filter((one) => !kept.some((each) => isSame(each, one)))) {
		const slot = next.indexOf(null);
		if (slot === -1) left.push(endpoint);
		else {
			next[slot] = endpoint;
			fill.push({ slot, endpoint });
		}
	}
	return { slots: next, empty, fill, left };
}
