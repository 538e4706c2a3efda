/* Row S28 of the requirements, cell by cell. Times are multiples of N/C. */
import type { FleetOptions } from "holdfast/testing";

export interface Cell {
	readonly name: string;
	readonly options: FleetOptions;
	/** The latest that the last client may be back. */
	readonly all: number;
	readonly attempts?: number;
}

type Window = FleetOptions["window"];
export const ANNOUNCED: Window = { multiple: 1.2, announced: true };
export const STANDING: Window = { multiple: 1.2, announced: false };
/** A fifth less than what 1.2 promises to be safe: 0.8 of N/C. */
const LOW: Window = { multiple: 0.8, announced: true };

const cell = (
	name: string,
	window: Window,
	rejectCost: number,
	limits: Pick<Cell, "all" | "attempts">,
): Cell => ({
	name: `${name}, r = ${rejectCost}`,
	options: {
		clients: 20_000,
		seed: 1,
		acceptsPerSecond: 200,
		rejectCost,
		scenario: "cut-all",
		window,
	},
	...limits,
});

export const announced = [0, 0.05, 0.2, 0.5, 1].map((r) =>
	cell("announced, W = 1.2", ANNOUNCED, r, { all: 1.25, attempts: 1.05 }),
);
export const low = [0, 0.05, 0.2, 0.5].map((r) =>
	cell("announced, 20 % low", LOW, r, { all: 2.7 }),
);
export const standing = (
	[
		[0.05, 2.4],
		[0.2, 2.8],
		[0.5, 3.8],
		[1, 10],
	] as const
).map(([r, all]) => cell("unannounced, W = 1.2 from welcome", STANDING, r, { all }));
export const none = (
	[
		[0.05, 3.5],
		[0.2, 14],
		[0.5, 42],
	] as const
).map(([r, all]) => cell("no window", "none", r, { all }));

export const TABLE: readonly Cell[] = [...announced, ...low, ...standing, ...none];
