/* `npm run edge:report`: see HELP. Exits with 1 if a trouble struck nobody, or cost a message. */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Settings } from "./contract.js";
import { type About, toCharts, toJson, toReport } from "./report.js";
import { runTroubles } from "./run-troubles.js";
import { TROUBLES } from "./troubles.js";

const HELP = `npm run edge:report [-- options]

A whole edge of real Envoys with real SDK clients, one trouble after the other: what each cost, how long it
took until everybody was back, as a spread and as a multiple of N/C. About ten minutes.
Needs Envoy and HAProxy: npm run edge:install envoy haproxy

  --clients <n>     of the fleet; from 6 to 5000. (default: 1000)
  --rate <n>        messages a second of each client; who is in its room of ten hears them. (default: 0.15)
  --accepts <n>     sockets a second that each gateway announces to take: C. (default: 50)
  --only <trouble>  that one; may be given again
${TROUBLES.map(({ name, title }) => `                      ${name.padEnd(15)} ${title}`).join("\n")}
  --write           docs/reports/real-edge.md, .json and its charts, instead of printing the report
  --directory <d>   where to write instead
  --help            prints this
`;

process.once("SIGINT", () => process.exit(130));

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const { values } = parseArgs({
	options: {
		...{ clients: text, rate: text, accepts: text, directory: text, write: flag, help: flag },
		only: { type: "string", multiple: true },
	},
});

function number(name: "clients" | "rate" | "accepts", least: number, most: number, usual: number) {
	const given = values[name];
	const value = given === undefined ? usual : Number(given);
	if (!(value >= least && value <= most))
		throw new Error(`--${name} is a number from ${least} to ${most}; not "${given}".`);
	return value;
}

function readSettings(): Settings {
	return {
		clients: Math.round(number("clients", 6, 5_000, 1_000)),
		rate: number("rate", 0.01, 10, 0.15),
		acceptRate: number("accepts", 1, 10_000, 50),
		...{ updates: 104, everyMs: 300, withinMs: 25_000 },
		...{ steadyMs: 70_000, dwellMs: 6_000, calmMs: 6_000 },
	};
}

function readTroubles() {
	const wanted = values.only ?? TROUBLES.map(({ name }) => name);
	return wanted.map((name) => {
		const found = TROUBLES.find((trouble) => trouble.name === name);
		if (found !== undefined) return found;
		const names = TROUBLES.map((trouble) => trouble.name).join(", ");
		throw new Error(`There is no trouble "${name}"; there are ${names}.`);
	});
}

async function main(): Promise<number> {
	if (values.help) {
		process.stdout.write(HELP);
		return 0;
	}
	const [settings, troubles] = [readSettings(), readTroubles()];
	const beganAt = performance.now();
	const say = (line: string): void => {
		const seconds = ((performance.now() - beganAt) / 1_000).toFixed(0);
		process.stderr.write(`${seconds.padStart(4)} s  ${line}\n`);
	};
	const { findings, proxies } = await runTroubles(troubles, { settings, say });
	const about: About = {
		settings,
		proxies,
		command: ["npm run edge:report --", ...process.argv.slice(2)].join(" "),
		machine: `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
		minutes: (performance.now() - beganAt) / 60_000,
	};
	const report = toReport(findings, about);
	if (values.write || values.directory !== undefined)
		await write(values.directory ?? "docs/reports", {
			"real-edge.md": report,
			"real-edge.json": toJson(findings, about),
			...toCharts(findings),
		});
	else process.stdout.write(report);
	return findings.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

async function write(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
	await mkdir(directory, { recursive: true });
	for (const [name, content] of Object.entries(files)) {
		await writeFile(join(directory, name), content);
		process.stderr.write(`wrote ${join(directory, name)}\n`);
	}
}

process.exitCode = await main().catch((reason: Error) => {
	process.stderr.write(`${reason.message}\n`);
	return 2;
});
