/* The findings as a document, as JSON, and as charts. Pure. */
import { toSvg } from "../fleet/chart.js";
import { table } from "../support/table.js";
import type { Finding, Settings, Spread } from "./contract.js";
import { demandsOf } from "./judge.js";

export interface About {
	readonly settings: Settings;
	readonly proxies: readonly string[];
	readonly command: string;
	readonly machine: string;
	readonly minutes: number;
}

export function toReport(findings: readonly Finding[], about: About): string {
	const { settings, proxies, command, machine, minutes } = about;
	const { clients, rate, acceptRate } = settings;
	const failed = findings.filter(({ failures }) => failures.length > 0);
	return `# The real edge, in trouble

Written by \`${command}\`, all of it, in ${minutes.toFixed(0)} minutes. ${machine}, loopback: clients, gateways and proxies
(${proxies.join(", ") || "none ran"}) share it.

${clients.toLocaleString("en")} clients of the SDK, in Node, over TLS, through balancers and the real proxies of four PoPs; they resolve
names by the library, from the edge's own DNS. Each says something ${rate} times a second to a room of ten. Sockets,
arrivals and who was struck are the servers' counts; times without a link are the clients'; what was lost or repeated is
the ledger's, which holds every receipt against every delivery. A trouble begins when all but 2 % are on the primary's name
and no more than that have moved for ${settings.calmMs / 1_000} s, and its messages are counted until that is so again.

${failed.length === 0 ? `All ${findings.length} troubles struck, and cost no message.` : `**${failed.length} of ${findings.length} failed**: see below.`}

## What they cost

${costs(findings)}
${failed.map(({ trouble, failures }) => `\n- **${trouble.name}** failed: ${failures.join(" ")}`).join("")}
Sudden troubles: without a link, in seconds; each client's own time, all its outages together.

${sudden(findings)}

"After the loss" and "after the first dial" are of single outages; the first dial after a loss that nobody announced is spread over half a
second. N/C: clients that were struck, by what the gateways that had them announce to take in a second (${acceptRate} each). Of
endpoints that come and go it is the longest outage, and N the most that were struck at once.

![Share back over time](real-edge-back.svg)

![Lengths of outages](real-edge-outages.svg)

Planned moves: each client has its next link before it leaves the last one.

${planned(findings)}

"Two links" is sockets beyond one a client, over time, by clients that moved. What a move takes is mostly what it was told to take:
servers that leave give ${settings.withinMs / 1_000} s, ten of them for the last ones; a hot restart takes 30 s whoever has left; a changed record waits for a refresh and a
doubt ([decision 15](../decisions/0015-drained-or-weighted.md)); a migration dwells ${settings.dwellMs / 1_000} s at each step.

![Sockets taken in over time](real-edge-moves.svg)

## What was asked for

${demands(findings)}

## What was done, and what shows it

${findings.map(told).join("\n")}

## What this does not show

- Losses of packets, delays, other regions: all of it is one machine's loopback. Faults of the way are the balancers', see [FAULTS](../FAULTS.md).
- S7's and S15's figures are for one client, and S11's for a thousand kills: these are a fleet's, on a machine that it shares with all servers. Rows that are missed here may be met where a test holds them, and the other way round: [STATES](../STATES.md).
- That no client moves more than once in ten minutes (S18): \`test/client/dns.test.ts\` does.
- Runs are single: trust counts, and times to a tenth of a second.
`;
}

const s = (ms: number | undefined | null): string =>
	ms === undefined || ms === null || Number.isNaN(ms) ? "–" : (ms / 1_000).toFixed(2);
const many = (count: number): string => count.toLocaleString("en");
const times = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

function costs(findings: readonly Finding[]): string {
	const head = [
		...["trouble", "struck", "published", "a second", "delivered"],
		...["lost", "repeated", "out of order", "late", "no receipt", ""],
	];
	const rows = findings.map(({ trouble, struck, seconds, counts, failures }) => [
		trouble.title,
		many(struck),
		many(counts.stored),
		seconds > 0 ? (counts.stored / seconds).toFixed(0) : "–",
		many(counts.delivered),
		counts.lost,
		counts.repeated,
		counts.outOfOrder,
		counts.late,
		counts.unstored,
		failures.length === 0 ? "passed" : "**failed**",
	]);
	return table(head, rows);
}

const parts = (spread: Spread | null): readonly string[] =>
	[spread?.p50, spread?.p90, spread?.p99, spread?.max].map(s);

function sudden(findings: readonly Finding[]): string {
	const head = [
		...["trouble", "outages", "p50", "p90", "p99", "max"],
		...["after the loss, p50 / p99", "after the first dial, p50 / p99", "on the backup"],
		...["all back after", "N/C", "= N/C ×"],
	];
	const pair = (spread: Spread | null): string => `${s(spread?.p50)} / ${s(spread?.p99)}`;
	const rows = findings
		.filter(({ trouble }) => trouble.kind === "sudden")
		.map((finding) => [
			finding.trouble.title,
			finding.outages,
			...parts(finding.without),
			pair(finding.fromLoss),
			pair(finding.fromDial),
			finding.onBackup,
			s(finding.wholeMs),
			unitOf(finding),
			times(finding.whole),
		]);
	return table(head, rows);
}

const unitOf = ({ unit }: Finding): string =>
	unit === null
		? "–"
		: `${unit.clients} ÷ ${unit.accepts} = ${(unit.clients / unit.accepts).toFixed(2)} s`;

function planned(findings: readonly Finding[]): string {
	const head = [
		...["trouble", "moved", "outages", "sockets, fewest to most", "two links for"],
		...["arrivals a second, most", "all moved after", "N/C", "= N/C ×"],
	];
	const rows = findings
		.filter(({ trouble }) => trouble.kind === "planned")
		.map((finding) => [
			finding.trouble.title,
			many(finding.struck),
			finding.outages,
			`${finding.sockets.fewest} to ${finding.sockets.most}`,
			s(finding.overlapMs),
			Math.max(0, ...finding.arrivals),
			s(finding.wholeMs),
			unitOf(finding),
			times(finding.whole),
		]);
	return table(head, rows);
}

function demands(findings: readonly Finding[]): string {
	const rows = demandsOf(findings).map(({ row, asked, found, isMet }) => [
		row,
		asked,
		found,
		isMet ? "yes" : "**no**",
	]);
	return table(["row", "asked for", "found", "met"], rows);
}

function told({ trouble, bites, causes, remarks }: Finding): string {
	const seen = bites.map(({ says, holds }) => (holds ? says : `not that ${says}`)).join("; ");
	const why = Object.entries(causes)
		.sort(([, a], [, b]) => b - a)
		.map(([cause, count]) => `${count} × "${cause}"`);
	return [
		`- **${trouble.title}.** ${trouble.about} Seen: ${seen || "nothing"}.`,
		...(why.length > 0
			? [`Clients said of their losses: ${why.slice(0, MOST_CAUSES).join(", ")}.`]
			: []),
		...remarks.map((remark) => `Afterwards: ${remark}`),
	].join(" ");
}

const MOST_CAUSES = 5;

/** Of all that can be drawn from later on, nothing that the report has not. */
export function toJson(findings: readonly Finding[], about: About): string {
	const { minutes, ...rest } = about;
	const rounded = (_: string, value: unknown): unknown =>
		typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
	return `${JSON.stringify({ ...rest, minutes, findings }, rounded, "\t")}\n`;
}

export function toCharts(findings: readonly Finding[]): Readonly<Record<string, string>> {
	const of = (kind: "sudden" | "planned", points: (finding: Finding) => Finding["curve"]) =>
		findings
			.filter(({ trouble }) => trouble.kind === kind)
			.map((finding) => ({ name: finding.trouble.name, points: points(finding) }))
			.filter((series) => series.points.length > 0);
	const chart = (title: string, label: string, series: ReturnType<typeof of>): string =>
		toSvg({
			title,
			x: { label, most: widest(series) },
			y: { label: "share of those struck", ticks: [0, 0.25, 0.5, 0.75, 1], scale: "linear" },
			series,
		});
	return {
		"real-edge-back.svg": chart(
			"Back after a sudden trouble",
			"seconds since the strike",
			of("sudden", ({ curve }) => curve),
		),
		"real-edge-outages.svg": chart(
			"Outages by their length",
			"seconds from a loss to the next link",
			of("sudden", ({ lengths }) => lengths),
		),
		"real-edge-moves.svg": chart(
			"Planned moves: sockets taken in, of clients that move",
			"seconds since the beginning",
			of("planned", ({ curve }) => curve),
		),
	};
}

/** Something that divides by six in whole seconds, or halves of them. */
function widest(series: readonly { readonly points: Finding["curve"] }[]): number {
	const most = Math.max(0.5, ...series.flatMap(({ points }) => points.map(([at]) => at)));
	const step = most > 30 ? 6 : most > 6 ? 3 : 0.6;
	return Math.ceil(most / step) * step;
}
