/* npm run fleet:real: the law on real sockets, beside what the simulation says of the same fleet. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { simulateFleet } from "holdfast/testing";
import { CASES, type Case } from "./cases.js";
import { type RealFleetReport, runRealFleet } from "./real-fleet.js";
import { type Measured, ofReal, type Scale, toChart, toDocument, toTable } from "./report.js";

const HELP = `
Real clients in processes of their own, against a real gateway with a limited door, which is restarted or
killed (-9) and replaced at once. Recovery in multiples of N/C beside simulateFleet's for the same fleet.

  npm run fleet:real -- [--clients N] [--rate C] [--processes P] [--repeats K] [--only TEXT] [--report DIRECTORY]

  --clients    default 2000; each is a socket here and one at the gateway: see ulimit -n
  --rate       accepts a second at the door, default 100
  --processes  of clients, default 4
  --repeats    real runs of each case, and seeds of its simulation; default 3
  --only       cases with this text in their names:
${CASES.map(({ name }) => `                 ${name}`).join("\n")}
  --report     writes law.md, law.json and law.svg into a directory

A case takes about a minute and 4 × N/C: at the defaults some ten minutes for one repeat of all.
`.trim();

const { values } = parseArgs({
	options: {
		clients: { type: "string", default: "2000" },
		rate: { type: "string", default: "100" },
		processes: { type: "string", default: "4" },
		repeats: { type: "string", default: "3" },
		only: { type: "string", default: "" },
		report: { type: "string" },
		help: { type: "boolean", default: false },
	},
});
const scale: Scale = { clients: Number(values.clients), acceptsPerSecond: Number(values.rate) };
const [processes, repeats] = [Number(values.processes), Number(values.repeats)];
/** As in the simulation of S28: past it a fleet counts as not back. */
const LIMIT_UNITS = 15;

if (values.help) console.log(HELP);
else if ([...Object.values(scale), processes, repeats].every((n) => Number.isInteger(n) && n > 0))
	await main(CASES.filter(({ name }) => name.includes(values.only)));
else {
	console.error(`Counts are integers above 0.\n\n${HELP}`);
	process.exitCode = 2;
}

async function main(cases: readonly Case[]): Promise<void> {
	const measured: Measured[] = [];
	for (const one of cases) measured.push(await measure(one));
	const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
	console.log(`${toTable(measured, scale)}\n\n${machine}`);
	if (values.report === undefined) return;
	mkdirSync(values.report, { recursive: true });
	write("law.json", `${JSON.stringify(summary(measured, machine), null, "\t")}\n`);
	const command = ["npm run fleet:real --", ...process.argv.slice(2)].join(" ");
	write("law.md", toDocument(measured, scale, { command, machine }));
	write("law.svg", toChart(measured, scale));
}

async function measure(one: Case): Promise<Measured> {
	const { name, real, window } = one;
	const limitMs = (LIMIT_UNITS * scale.clients * 1_000) / scale.acceptsPerSecond;
	const base = { ...scale, rejectCost: real.rejectCost, scenario: "cut-all", limitMs } as const;
	const reports: RealFleetReport[] = [];
	for (let run = 1; run <= repeats; run++) {
		const tell = (line: string): void => console.error(`${name}, ${run} of ${repeats}: ${line}`);
		const report = await runRealFleet({ ...scale, ...real, processes, limitMs, tell });
		const { all, dials } = ofReal(report, scale);
		tell(`all back after ${all.toFixed(2)} × N/C, ${dials.toFixed(2)} dials a client`);
		reports.push(report);
	}
	const seeds = Array.from({ length: repeats }, (_, index) => index + 1);
	const simulated = seeds.map((seed) => simulateFleet({ ...base, window, seed }));
	return { name, case: one, real: reports, simulated };
}

function summary(measured: readonly Measured[], machine: string): object {
	return {
		machine,
		...scale,
		cases: measured.map(({ name, real, simulated }) => ({
			name,
			real: real.map((report) => ({
				...ofReal(report, scale),
				touched: report.touched,
				arrived: report.counts.arrived,
				accepted: report.counts.acceptedAt.length,
				rejected: report.counts.rejected,
			})),
			simulated: simulated.map(({ p50, p99, all, attemptsPerClient, counts }) => ({
				...{ p50, p99, all, dials: attemptsPerClient },
				...{ welcomed: counts.welcomed, rejected: counts.rejected },
			})),
		})),
	};
}

function write(name: string, text: string): void {
	const file = path.join(values.report ?? "", name);
	writeFileSync(file, text);
	console.error(`wrote ${file}`);
}
