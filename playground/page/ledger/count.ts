/* What the ledger on top shows: what was done since the page was opened. Pure. */
import type { LedgerState } from "../../edge/control/contract.js";

export interface Counts {
	readonly lost: number;
	readonly repeated: number;
	readonly outOfOrder: number;
	readonly delivered: number;
	readonly late: number;
	readonly altered: number;
	/** Owed, and still within their time. */
	readonly pending: number;
}

export function countSince(before: LedgerState, now: LedgerState): Counts {
	const gained = (name: keyof LedgerState): number =>
		Math.max(0, Number(now[name]) - Number(before[name]));
	return {
		lost: gained("lost"),
		repeated: gained("repeated"),
		outOfOrder: gained("outOfOrder"),
		delivered: gained("delivered"),
		late: gained("late"),
		altered: gained("altered"),
		pending: now.pending,
	};
}

const NUMBER = new Intl.NumberFormat("en");
export const figure = (count: number): string => NUMBER.format(count);

/** As tests and screen readers read it. */
export function ledgerWords({ lost, repeated, outOfOrder, delivered }: Counts): string {
	const parts = [
		[lost, "lost"],
		[repeated, "repeated"],
		[outOfOrder, "out of order"],
		[delivered, "delivered"],
	] as const;
	return parts.map(([count, words]) => `${figure(count)} ${words}`).join(" · ");
}
