import type { Recruit } from "./clients.js";
import type { FleetReport } from "./contract.js";
import { SCENARIOS } from "./scenarios.js";
import type { FleetSettings } from "./settings.js";
import { World } from "./world.js";

/** What a watcher of a long run is told. */
export interface FleetProgress {
	readonly elapsedMs: number;
	readonly connected: number;
}

const EVENTS_BETWEEN = 100_000;

/** Runs clients of any kind through the scenario: the shipped ones, or others to compare them with. */
export function runFleet(
	settings: FleetSettings,
	recruit: Recruit,
	onProgress: (progress: FleetProgress) => void = () => undefined,
): FleetReport {
	const world = new World(settings, recruit);
	SCENARIOS[settings.scenario](world);
	for (let events = 1; world.step(); events++)
		if (events % EVENTS_BETWEEN === 0)
			onProgress({ elapsedMs: world.elapsedMs, connected: world.roll.connected });
	world.finish();
	return toReport(world);
}

function toReport({ settings, roll, meter, beginAt }: World): FleetReport {
	const { unitMs, acceptsPerSecond } = settings;
	const times = roll.backSince(beginAt);
	const counts = roll.counts();
	const at = (share: number): number =>
		(times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? Number.POSITIVE_INFINITY) / unitMs;
	const all = at(1);
	return {
		p50: at(0.5),
		p99: at(0.99),
		all: Number.isFinite(all) ? all : null,
		attemptsPerClient: counts.attempts / Math.max(1, counts.touched),
		peakArrivalsOverCapacity: (meter.mostArrivals * 1_000) / (acceptsPerSecond * meter.stepMs),
		timeline: meter.timeline,
		counts,
	};
}
