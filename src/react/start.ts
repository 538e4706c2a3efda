import type { SubscribeOptions } from "../client/client.js";

/** Where a component starts. */
export type Start = NonNullable<SubscribeOptions["from"]>;

/** Whether who starts at `start` surely hears all that one at `other` would. */
export function reaches(start: Start, other: Start): boolean {
	// What is no such number is NaN here, and compares with nothing.
	const last = (from: Start): number => Number((from as { readonly last?: number }).last);
	return other === "now" || start === "earliest" || last(start) >= last(other);
}
