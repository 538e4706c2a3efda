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
	const series = measured.slice(0, 4).flatMap(({ name, real: [real], simulated: [simulated] }) => [
		{
			name: `${name}: real`,
			points: (real?.backMs ?? []).map(
				(ms, index) => [ms / unit, (index + 1) / scale.clients] as const,
			),
		},
		{
			name: "the same, simulated",
			points: (simulated?.timeline ?? []).map(
				({ atMs, connected }) => [atMs / unit, connected / scale.clients] as const,
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
