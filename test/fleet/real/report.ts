/* Real fleets beside simulated ones: one table, one chart. Times are multiples of N/C. */
import type { FleetReport } from "holdfast/testing";
import { toSvg } from "../chart.js";
import type { Case } from "./cases.js";
import type { RealFleetReport } from "./real-fleet.js";

export interface Measured {
	readonly name: string;
	readonly case: Case;
	readonly real: readonly RealFleetReport[];
	readonly simulated: readonly FleetReport[];
}

export interface Scale {
	readonly clients: number;
	readonly acceptsPerSecond: number;
}

const POINTS = 150;

const unitMs = ({ clients, acceptsPerSecond }: Scale): number =>
	(clients / acceptsPerSecond) * 1_000;

/** The value that a share of the whole fleet does not exceed; Infinity: so many are not back. */
function at(backMs: readonly number[], share: number, scale: Scale): number {
	const rank = Math.max(0, Math.ceil(share * scale.clients) - 1);
	return (backMs[rank] ?? Number.POSITIVE_INFINITY) / unitMs(scale);
}

export interface Figures {
	readonly p50: number;
	readonly p99: number;
	readonly all: number;
	readonly dials: number;
}

export const ofReal = (report: RealFleetReport, scale: Scale): Figures => ({
	p50: at(report.backMs, 0.5, scale),
	p99: at(report.backMs, 0.99, scale),
	all: at(report.backMs, 1, scale),
	dials: report.dials / Math.max(1, report.touched),
});

export const ofSimulated = (report: FleetReport): Figures => ({
	p50: report.p50,
	p99: report.p99,
	all: report.all ?? Number.POSITIVE_INFINITY,
	dials: report.attemptsPerClient,
});

export function toDocument(
	measured: readonly Measured[],
	scale: Scale,
	about: { readonly command: string; readonly machine: string },
): string {
	const { clients, acceptsPerSecond } = scale;
	const seconds = clients / acceptsPerSecond;
	return `# The law, on real sockets

Written by \`${about.command}\`, all of it. ${about.machine}, loopback, other work on the machine.

${clients.toLocaleString("en")} real clients in processes of their own, a gateway that takes in ${acceptsPerSecond} a second; N/C is ${seconds} s, and times are
multiples of it, from the strike to the last welcome. The gateway is the shipped server half; before its upgrades stands
the gate of the simulation, on real time: an accept takes 1/C, who comes while two seconds of work wait is turned away at
r/C, unanswered (1006). It is restarted (its closes carry the window) or killed with -9, and another one takes its port at
once. Simulated: \`simulateFleet\` with the same N, C, r and window. Medians, and from where to where.

${toTable(measured, scale)}

**Windows of a fleet that grew**: a \`welcome\` names the window for the clients that are there by then, so who came
first knows a shorter one. In the other cases each client took a new link when all were in. The simulation has no such case:
beside it stands what it says of a fleet whose windows are right.

![Share connected over time](law.svg)

The chart has the first run, and the first seed, of the first four cases.
`;
}

export function toTable(measured: readonly Measured[], scale: Scale): string {
	const head = ["", "", "p50", "p99", "all back", "dials a client", "real ÷ simulated, all back"];
	const lines = measured.flatMap(({ name, real, simulated }) => {
		const ours = real.map((report) => ofReal(report, scale));
		const model = simulated.map(ofSimulated);
		const ratio = median(ours.map(({ all }) => all)) / median(model.map(({ all }) => all));
		return [
			[name, `real sockets, ${real.length} ×`, ...columns(ours), ratio.toFixed(2)],
			["", `simulated, ${simulated.length} seeds`, ...columns(model), ""],
		];
	});
	return [head, head.map(() => "---"), ...lines]
		.map((cells) => `| ${cells.join(" | ")} |`)
		.join("\n");
}

function columns(all: readonly Figures[]): readonly string[] {
	return (["p50", "p99", "all", "dials"] as const).map((name) =>
		spread(all.map((figures) => figures[name])),
	);
}

/** The median, and from where to where where there are several. */
function spread(values: readonly number[]): string {
	const text = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "never");
	const [least, most] = [Math.min(...values), Math.max(...values)];
	const middle = text(median(values));
	return text(least) === text(most) ? middle : `${middle} (${text(least)}–${text(most)})`;
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const half = Math.floor(sorted.length / 2);
	const [lower = Number.NaN, upper = lower] =
		sorted.length % 2 === 1 ? [sorted[half]] : [sorted[half - 1], sorted[half]];
	return (lower + upper) / 2;
}

/** The share that is back over time: of each case the first real run, and the first seed. */
export function toChart(measured: readonly Measured[], scale: Scale): string {
	const unit = unitMs(scale);
	const series = measured.slice(0, 4).flatMap(({ case: { brief }, real: [real], simulated }) => [
		{
			name: `${brief}: real`,
			points: thin(
				(real?.backMs ?? []).map((ms, index) => [ms / unit, (index + 1) / scale.clients] as const),
			),
		},
		{
			name: `${brief}: simulated`,
			points: thin(
				(simulated[0]?.timeline ?? []).map(
					({ atMs, connected }) => [atMs / unit, connected / scale.clients] as const,
				),
			),
		},
	]);
	return toSvg({
		title: `${scale.clients.toLocaleString("en")} clients, ${scale.acceptsPerSecond} accepts a second`,
		x: { label: "time since the strike, in multiples of N/C", most: 3 },
		y: { label: "share connected", ticks: [0, 0.25, 0.5, 0.75, 1], scale: "linear" },
		series,
	});
}

/** As many points as can be told apart. */
function thin<T>(points: readonly T[]): readonly T[] {
	const step = Math.max(1, Math.floor(points.length / POINTS));
	return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}
