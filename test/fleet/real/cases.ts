/* What is struck, and how, with what the simulation is asked for the same. */
import type { FleetOptions } from "holdfast/testing";
import type { RealFleetOptions } from "./real-fleet.js";

export interface Case {
	readonly name: string;
	/** For a legend. */
	readonly brief: string;
	readonly real: Pick<RealFleetOptions, "strike" | "window" | "welcomes" | "rejectCost">;
	readonly window: FleetOptions["window"];
}

const ANNOUNCED: FleetOptions["window"] = { multiple: 1.2, announced: true };
const STANDING: FleetOptions["window"] = { multiple: 1.2, announced: false };
const killed = { strike: "kill", window: "told", welcomes: "renewed" } as const;

export const CASES: readonly Case[] = [
	{
		name: "restarted, window announced, r = 0.2",
		brief: "announced",
		real: { strike: "leave", window: "told", welcomes: "renewed", rejectCost: 0.2 },
		window: ANNOUNCED,
	},
	{
		name: "killed, window from welcome, r = 0.2",
		brief: "killed, r = 0.2",
		real: { ...killed, rejectCost: 0.2 },
		window: STANDING,
	},
	{
		name: "killed, window from welcome, r = 0.5",
		brief: "killed, r = 0.5",
		real: { ...killed, rejectCost: 0.5 },
		window: STANDING,
	},
	{
		name: "killed, windows of a fleet that grew, r = 0.2",
		brief: "killed, it grew",
		real: { ...killed, welcomes: "as it grew", rejectCost: 0.2 },
		window: STANDING,
	},
	{
		name: "killed, no window, r = 0.05",
		brief: "no window",
		real: { strike: "kill", window: "none", welcomes: "as it grew", rejectCost: 0.05 },
		window: "none",
	},
];
