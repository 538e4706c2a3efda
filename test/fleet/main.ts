/* npm run fleet: what a fleet does after a fault, in the model, beside what other clients' schedules do. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { FleetOptions, FleetReport } from "holdfast/testing";
import { ANNOUNCED, STANDING, standing, TABLE } from "./cells.js";
import { toSvg } from "./chart.js";
import { bundle, type Job, measureCosts, runJobs } from "./jobs.js";
import { PEERS } from "./peers.js";

const HELP = `
Fleets of the shipped connection machine against servers of finite capacity. Times are multiples of
N/C: clients ÷ accepts a second.

  npm run fleet -- [--parts table,compare,scenarios,law,plan,seeds] [--only TEXT]
                   [--clients N] [--rate C] [--reject R] [--seed K]
                   [--json FILE] [--charts DIRECTORY] [--from FILE]

  table      row S28 of the requirements, N = 20,000, C = 200/s; exits with 1 where one is missed
  compare    cut-all, beside other clients' published schedules: N, C and R as given, 3 N/C long
  scenarios  each scenario, N = 20,000, C = 200/s, r = 0.2
  law        full jitter with a fixed cap on both sides of r·N/(cap/2) = C
  seeds      the cell of S28 that is closest to its limit, with seeds 1 to 40; not among the default parts
  plan       what one connection costs the server half here: bytes, heap, welcomes a second

  --parts    default: all but seeds
  --only     of each part, the runs whose name has this text in it
  --clients  of compare (default 1000000, which takes minutes and up to 3 GB a core)
  --rate     accepts a second, of compare (default a hundredth of the clients)
  --reject   what a reject costs, of compare (default 0.2)
  --seed     default 1
  --json     writes every report, with its timeline, into a file
  --charts   writes two charts of compare into a directory
  --from     draws them from such a file, and runs nothing
`.trim();

const { values } = parseArgs({
	options: {
		parts: { type: "string", default: "table,compare,scenarios,law,plan" },
		only: { type: "string", default: "" },
		clients: { type: "string", default: "1000000" },
		rate: { type: "string" },
		reject: { type: "string", default: "0.2" },
		seed: { type: "string", default: "1" },
		json: { type: "string" },
		charts: { type: "string" },
		from: { type: "string" },
		help: { type: "boolean", default: false },
	},
});

interface Done extends Job {
	readonly report: FleetReport;
	/** Of table: the latest that is allowed. */
	readonly limit: number | null;
	readonly isMet: boolean;
}
type Task = Job & { readonly limit: number | null; readonly attempts: number | null };

const seed = Number(values.seed);
const clients = Number(values.clients);
const rate = values.rate === undefined ? clients / 100 : Number(values.rate);
const rejectCost = Number(values.reject);
/** Clients without jitter dial in spikes of a second, and combs of them are no chart. */
const SMOOTH_STEPS = 10;
const plain = { limit: null, attempts: null } as const;

const PARTS: Readonly<Record<string, () => readonly Task[]>> = {
	table,
	compare,
	scenarios,
	law,
	seeds,
};

if (values.help) console.log(HELP);
else if (values.from)
	draw(values.charts ?? ".tmp", JSON.parse(readFileSync(values.from, "utf8")).done.compare);
else await main(values.parts.split(","));

async function main(names: readonly string[]): Promise<void> {
	const unknown = names.filter((name) => name !== "plan" && !Object.hasOwn(PARTS, name));
	if (unknown.length > 0) {
		console.error(`Unknown parts: ${unknown.join(", ")}\n\n${HELP}`);
		process.exitCode = 2;
		return;
	}
	const worker = await bundle();
	const began = performance.now();
	const done: Record<string, readonly Done[]> = {};
	for (const name of names) {
		if (name === "plan") {
			console.log(`\n### plan\n\n${JSON.stringify(await measureCosts(worker), null, "\t")}`);
			continue;
		}
		const tasks = (PARTS[name]?.() ?? []).filter((task) => task.name.includes(values.only));
		const reports = await runJobs(tasks, worker, (line) => console.error(line));
		const rows = tasks.map((task, at) => judge(task, reports[at] as FleetReport));
		done[name] = rows;
		console.log(`\n### ${name}\n\n${toMarkdown(rows)}`);
		if (rows.some(({ isMet }) => !isMet)) process.exitCode = 1;
	}
	const seconds = ((performance.now() - began) / 1_000).toFixed(0);
	const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
	console.log(`\nseed ${seed}, ${seconds} s on ${machine}`);
	if (values.json) write(values.json, `${JSON.stringify({ seed, machine, done }, null, "\t")}\n`);
	if (values.charts && done.compare) draw(values.charts, done.compare);
}

function table(): readonly Task[] {
	return TABLE.map(({ name, options, all, attempts = null }) => ({
		...{ name, options: { ...options, seed }, peer: null, limit: all, attempts },
	}));
}

function seeds(): readonly Task[] {
	const [cell] = standing;
	if (cell === undefined) return [];
	return Array.from({ length: 40 }, (_, index) => ({
		...{ name: `${cell.name}, seed ${index + 1}`, peer: null, limit: cell.all, attempts: null },
		options: { ...cell.options, seed: index + 1 },
	}));
}

function compare(): readonly Task[] {
	const base = { clients, seed, acceptsPerSecond: rate, rejectCost, scenario: "cut-all" } as const;
	const limitMs = (3 * clients * 1_000) / rate;
	const ours = (name: string, window: FleetOptions["window"]): Task => ({
		...{ name: `holdfast, ${name}`, options: { ...base, window, limitMs }, peer: null, ...plain },
	});
	const theirs = (Object.keys(PEERS) as (keyof typeof PEERS)[]).map(
		(peer): Task => ({
			...{ name: peer, options: { ...base, window: "none", limitMs }, peer, ...plain },
		}),
	);
	return [
		ours("announced", ANNOUNCED),
		ours("unannounced", STANDING),
		ours("no window", "none"),
	].concat(theirs);
}

function scenarios(): readonly Task[] {
	const base = { clients: 20_000, seed, acceptsPerSecond: 200, rejectCost: 0.2 };
	const task = (
		scenario: FleetOptions["scenario"],
		window: FleetOptions["window"],
		name: string,
	): Task => ({
		name: `${scenario}, ${name}`,
		options: { ...base, scenario, window },
		peer: null,
		...plain,
	});
	const both = (["cut-all", "endpoint-down", "rolling-drain", "flap"] as const).flatMap(
		(scenario) => [task(scenario, ANNOUNCED, "announced"), task(scenario, STANDING, "unannounced")],
	);
	return [
		...both,
		task("cut-all", { multiple: 0.12, announced: true }, "announced, W ten times too low"),
		task("cut-all", { multiple: 0.12, announced: false }, "unannounced, W ten times too low"),
		task("region-blip", STANDING, "unannounced"),
		task("region-blip", "none", "no window"),
		task("boot-storm", "none", "no window"),
	];
}

/** Cap 30 s, so cap/2 = 15 s: 5,000 clients dial 333 times a second, at a capacity of 50. */
function law(): readonly Task[] {
	const base = { clients: 5_000, seed, acceptsPerSecond: 50, scenario: "cut-all" } as const;
	return [0.12, 0.135, 0.165, 0.2].map((r) => {
		const load = ((r * base.clients) / 15 / base.acceptsPerSecond).toFixed(2);
		const options: FleetOptions = { ...base, rejectCost: r, window: "none" };
		const peer = "AWS full jitter, cap 30 s";
		return { name: `r = ${r}: rejects are ${load} of capacity`, options, peer, ...plain };
	});
}

function judge(task: Task, report: FleetReport): Done {
	const { limit, attempts } = task;
	const isInTime = limit === null || (report.all !== null && report.all <= limit);
	return {
		...task,
		report,
		isMet: isInTime && (attempts === null || report.attemptsPerClient <= attempts),
	};
}

function toMarkdown(rows: readonly Done[]): string {
	const isJudged = rows.some(({ limit }) => limit !== null);
	const head = ["", "p50", "p99", "all", "dials a client", "peak ÷ C", "back"];
	const lines = rows.map(({ name, report, limit, isMet, options }) => {
		const { p50, p99, all, attemptsPerClient, peakArrivalsOverCapacity, counts } = report;
		const share = (100 * counts.connected) / options.clients;
		return [
			...[name, times(p50), times(p99), times(all ?? Number.POSITIVE_INFINITY)],
			...[
				attemptsPerClient.toFixed(2),
				peakArrivalsOverCapacity.toFixed(2),
				`${share.toFixed(1)} %`,
			],
			...(isJudged ? [`≤ ${limit}`, isMet ? "yes" : "**no**"] : []),
		];
	});
	const titles = isJudged ? [...head, "required", "met"] : head;
	return [titles, titles.map(() => "---"), ...lines]
		.map((cells) => `| ${cells.join(" | ")} |`)
		.join("\n");
}

function times(value: number): string {
	return Number.isFinite(value) ? value.toFixed(2) : "never";
}

function draw(directory: string, rows: readonly Done[]): void {
	const [first] = rows;
	if (first === undefined) return;
	mkdirSync(directory, { recursive: true });
	const { clients, acceptsPerSecond, rejectCost } = first.options;
	const unitMs = (clients / acceptsPerSecond) * 1_000;
	const perStep = clients / 100;
	const title = `${clients.toLocaleString("en")} clients cut off, ${acceptsPerSecond.toLocaleString("en")} accepts a second, a reject costs ${rejectCost} of one`;
	const x = { label: "time since the cut, in multiples of N/C", most: 3 };
	const arrivals = rows.map(({ name, report }) => ({
		name,
		points: smooth(report.timeline.map(({ arrivals }) => arrivals / perStep)).map(
			(value, step) => [(step + 1) / 100, value] as const,
		),
	}));
	const connected = rows.map(({ name, report }) => ({
		name,
		points: [
			[0, 0] as const,
			...report.timeline.map(
				({ atMs, connected }) => [atMs / unitMs, connected / clients] as const,
			),
		],
	}));
	const load = {
		label: "dials that arrive ÷ capacity, mean of the last tenth of N/C",
		scale: "log",
	} as const;
	const share = { label: "share connected", scale: "linear" } as const;
	const charts = {
		"fleet-arrivals.svg": {
			...{ title, x, y: { ...load, ticks: [0.1, 1, 10, 100, 1_000] }, series: arrivals },
			mark: { at: 1, name: "capacity" },
		},
		"fleet-connected.svg": {
			...{ title, x, y: { ...share, ticks: [0, 0.25, 0.5, 0.75, 1] }, series: connected },
		},
	};
	for (const [name, chart] of Object.entries(charts))
		write(path.join(directory, name), toSvg(chart));
}

function smooth(values: readonly number[]): readonly number[] {
	return values.map((_, step) => {
		const part = values.slice(Math.max(0, step + 1 - SMOOTH_STEPS), step + 1);
		return part.reduce((sum, value) => sum + value, 0) / part.length;
	});
}

function write(file: string, text: string): void {
	writeFileSync(file, text);
	console.error(`wrote ${file}`);
}
