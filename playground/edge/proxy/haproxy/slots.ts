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

/**
 * "empty-first" frees the places of who is gone, then fills them. "fill-first" is Slack's of 2020: who is new
 * looks for a place first, and where one finds none, nothing is freed any more, and the list is of yesterday.
 */
export type SlotOrder = "empty-first" | "fill-first";

export function planSlots(
	slots: Slots,
	wanted: readonly Endpoint[],
	order: SlotOrder = "empty-first",
): SlotPlan {
	const kept = slots.map((each) => (wanted.some((one) => isSame(each, one)) ? each : null));
	const newcomers = wanted.filter((one) => !kept.some((each) => isSame(each, one)));
	const isStuck = order === "fill-first" && newcomers.length > slots.filter(isFree).length;
	const next = isStuck ? [...slots] : [...kept];
	const empty = slots.flatMap((each, at) => (each !== null && next[at] === null ? [at] : []));
	const fill: { slot: number; endpoint: Endpoint }[] = [];
	const left: Endpoint[] = [];
	for (const endpoint of newcomers) {
		const slot = next.indexOf(null);
		if (slot === -1) left.push(endpoint);
		else {
			next[slot] = endpoint;
			fill.push({ slot, endpoint });
		}
	}
	return { slots: next, empty, fill, left };
}

const isFree = (slot: Slots[number]): boolean => slot === null;

const isSame = (a: Slots[number], b: Endpoint): boolean => a?.host === b.host && a.port === b.port;
