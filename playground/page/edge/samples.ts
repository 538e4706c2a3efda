/* Sockets over time. Pure. */
import type { EdgeState, Sample } from "../../edge/control/contract.js";

export type SeriesName = "primary" | "backup" | "polling";

/** Each has a dash of its own: colour is not all. */
export const SERIES: readonly {
	readonly name: SeriesName;
	readonly label: string;
	readonly dash: readonly number[];
}[] = [
	{ name: "primary", label: "primary", dash: [] },
	{ name: "backup", label: "backup", dash: [6, 3] },
	{ name: "polling", label: "polling", dash: [2, 2] },
];

export const SHOWN_MS = 180_000;
const KEPT = 600;
const EVERY_MS = 900;

/** One a second at most; the state comes four times. */
export function addSample(samples: readonly Sample[], state: EdgeState): readonly Sample[] {
	const last = samples.at(-1);
	if (last !== undefined && state.at - last.at < EVERY_MS) return samples;
	return [...samples, { at: state.at, ...state.sockets }].slice(-KEPT);
}

/** For uPlot: seconds before the last one, and a row for each series. */
export function rowsOf(samples: readonly Sample[]): number[][] {
	const end = samples.at(-1)?.at ?? 0;
	return [
		samples.map(({ at }) => (at - end) / 1_000),
		...SERIES.map(({ name }) => samples.map((sample) => sample[name])),
	];
}

/** Of an instant in seconds before now. */
export const agoWords = (at: number): string =>
	at === 0 ? "now" : `${Math.round(-at / 60)} min ago`;

const MINUTE_MS = 60_000;

export function samplesWords(samples: readonly Sample[], now: number): string {
	const last = samples.at(-1);
	if (last === undefined) return "No sockets were counted yet.";
	const words = (sample: Sample): string =>
		SERIES.map(({ name, label }) => `${sample[name]} ${label}`).join(", ");
	const before = samples.findLast(({ at }) => at <= now - MINUTE_MS);
	const then = before === undefined ? "" : ` A minute ago: ${words(before)}.`;
	return `Sockets now: ${words(last)}.${then}`;
}
