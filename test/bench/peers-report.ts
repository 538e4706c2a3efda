/* The side-by-side bench in Markdown. Where another client is ahead, that is said first. */
import type { Figure, Measure, Outcome } from "./measure.js";
import type { PeerName } from "./peers/names.js";
import type { Peer } from "./peers/peer.js";
import type { Measured, Results } from "./side-by-side.js";

export interface Compared {
	readonly name: PeerName;
	readonly peer: Peer;
	/** Of its packages, as installed. */
	readonly versions: string;
}

/** Nearer than that, two medians are even: a shared machine is no better. */
const EVEN = 0.1;

export const numbers = (outcomes: readonly Outcome[] = []): readonly number[] =>
	outcomes.filter((outcome) => typeof outcome === "number");

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
	const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
	return upper === lower ? upper : (lower + upper) / 2;
}

export function toReport(
	measured: Measured,
	compared: readonly Compared[],
	machine: string,
): string {
	const sections = [...measured].map(([measure, results]) => section(measure, results, compared));
	return [
		"# Beside other clients\n",
		`Written by \`npm run bench:peers -- --report docs/reports\`, all of it, on ${machine}, loopback, other work on the machine. In each table all clients ran in one run, in turns. Medians of the repeats, and from where to where. Trust ratios and seconds, not milliseconds. × is a multiple of what the table names, in the same repeat.\n`,
		"## Where others are ahead\n",
		behind(measured, compared),
		"## What was compared\n",
		peersTable(compared),
		...sections,
	].join("\n");
}

/** By more than a tenth, or at all where it is a count. */
export function isAhead(figure: Figure, theirs: number, ours: number): boolean {
	if (Number.isNaN(theirs) || Number.isNaN(ours)) return false;
	const [better, worse] = figure.better === "less" ? [theirs, ours] : [ours, theirs];
	return figure.against === null ? better < worse : better < worse * (1 - EVEN);
}

function behind(measured: Measured, compared: readonly Compared[]): string {
	const lines = [...measured].flatMap(([measure, results]) =>
		measure.figures.flatMap((figure) => {
			const ours = median(numbers(results.get("holdfast")?.[figure.key]));
			const ahead = compared.filter(({ name }) =>
				isAhead(figure, median(numbers(results.get(name)?.[figure.key])), ours),
			);
			if (ahead.length === 0) return [];
			const who = ahead.map(
				({ name, peer }) =>
					`${peer.name} ${text(figure, median(numbers(results.get(name)?.[figure.key])))}`,
			);
			return [
				`- **${measure.title}, ${figure.title}**: Holdfast ${text(figure, ours)}; ${who.join(", ")}`,
			];
		}),
	);
	const even = `By more than ${EVEN * 100} %, or at all where messages or attempts are counted:\n`;
	return `${lines.length === 0 ? "Nowhere, in what is measured here." : [even, ...lines].join("\n")}\n`;
}

function peersTable(compared: readonly Compared[]): string {
	const head = ["client", "version", "server", "defaults in force, and what is not one"];
	const rows = compared.map(({ peer, versions }) => [
		...[peer.name, versions, peer.server, peer.defaults],
	]);
	return `${toTable([head, ...rows])}\n`;
}

function section(
	measure: Measure,
	results: ReadonlyMap<PeerName, Results>,
	compared: readonly Compared[],
): string {
	const head = ["client", ...measure.figures.map(titleOf)];
	const rows = compared.map(({ name, peer }) => [
		peer.name,
		...measure.figures.map((figure) => cell(figure, name, results)),
	]);
	const repeats = Math.max(
		...[...results.values()].flatMap(Object.values).map(({ length }) => length),
	);
	return `## ${measure.title}\n\n\`--only ${measure.name}\`, ${repeats === 1 ? "once" : `${repeats} repeats`}: ${measure.how}.\n\n${toTable([head, ...rows])}\n`;
}

const titleOf = ({ title, against }: Figure): string =>
	against === null ? title : `${title}, × ${against === "holdfast" ? "Holdfast" : against}`;

function cell(figure: Figure, name: PeerName, results: ReadonlyMap<PeerName, Results>): string {
	const outcomes = results.get(name)?.[figure.key] ?? [];
	const lacking = outcomes.find((outcome) => typeof outcome !== "number");
	const values = numbers(outcomes);
	if (values.length === 0) return lacking ? `n/a: ${(lacking as { none: string }).none}` : "n/a";
	const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)].map(
		(value) => text(figure, value),
	);
	const spread = least === most ? middle : `${middle} (${least}–${most})`;
	const failed = lacking
		? `; ${outcomes.length - values.length} × ${(lacking as { none: string }).none}`
		: "";
	return `${spread}${ratio(figure, name, results)}${failed}`;
}

/** Pairs of one repeat each. */
function ratio(figure: Figure, name: PeerName, results: ReadonlyMap<PeerName, Results>): string {
	if (figure.against === null) return "";
	const base = results.get(figure.against === "raw ws" ? "ws" : "holdfast")?.[figure.key] ?? [];
	const pairs = (results.get(name)?.[figure.key] ?? []).flatMap((value, repeat) => {
		const other = base[repeat];
		return typeof value === "number" && typeof other === "number" ? [value / other] : [];
	});
	const middle = median(pairs);
	return Number.isFinite(middle)
		? `, ${middle < 10 ? middle.toFixed(2) : middle.toFixed(0)} ×`
		: "";
}

export function text({ digits, limitS }: Figure, value: number): string {
	if (Number.isNaN(value)) return "n/a";
	if (value === Number.POSITIVE_INFINITY) return `not within ${limitS} s`;
	return value.toLocaleString("en", {
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
	});
}

const toTable = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
	[head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
