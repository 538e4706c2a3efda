/* `npm run scenario -- <name>`: see --help. Exits with 0 if all passed, 1 if one failed, 3 if one was not run. */
import { parseArgs } from "node:util";
import type { Scenario, ScenarioVerdict } from "./contract.js";
import { renderVerdict } from "./judge.js";
import { runScenarios } from "./run-scenario.js";
import { SCENARIOS, scenarioNamed } from "./scenarios.js";

const HELP = `Usage: npm run scenario -- <name>… [options]

Breaks an edge of its own, and says whether its clients noticed: one line each, or JSON.

  --list         what there is
  --all          all of it, but for what has to be asked for by name: drain-2000
  --clients <n>  of the fleet. (default: 30; of drain-2000 2000)
  --seed <n>     of DNS's chance; the order of events is the machine's all the same. (default: 1)
  --json         the verdicts, as one array
  --help         prints this
`;

process.once("SIGINT", () => process.exit(130));

interface Settings {
	readonly scenarios: readonly Scenario[];
	readonly clients: number | null;
	readonly seed: number;
	readonly isJson: boolean;
}

function readSettings(args: readonly string[]): Settings | string {
	const flag = { type: "boolean" } as const;
	const text = { type: "string" } as const;
	const options = { list: flag, all: flag, json: flag, help: flag, clients: text, seed: text };
	const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
	if (values.list) return values.json ? JSON.stringify(SCENARIOS.map(listed)) : list();
	const named = positionals.map(scenarioNamed);
	const scenarios = values.all ? SCENARIOS.filter(({ edge }) => edge === null) : named;
	if (values.help || scenarios.length === 0) return HELP;
	const clients =
		values.clients === undefined ? null : readCount("--clients", values.clients, 6, 5_000);
	const seed = readCount("--seed", values.seed ?? "1", 0, 2 ** 31);
	return { scenarios, clients, seed, isJson: values.json ?? false };
}

function readCount(what: string, text: string, least: number, most: number): number {
	const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (!(count >= least && count <= most))
		throw new Error(`${what} is a whole number from ${least} to ${most}; not "${text}".`);
	return count;
}

const listed = ({ name, about, needs }: Scenario) => ({ name, about, needs });

function list(): string {
	const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
	const lines = SCENARIOS.map(
		({ name, about, needs }) =>
			`${name.padEnd(width)}  ${about}${needs === null ? "" : ` (needs ${needs})`}`,
	);
	return `${lines.join("\n")}\n`;
}

async function main(): Promise<number> {
	const settings = readSettings(process.argv.slice(2));
	if (typeof settings === "string") {
		process.stdout.write(settings);
		return 0;
	}
	const { scenarios, clients, seed, isJson } = settings;
	const tell = (verdict: ScenarioVerdict): void => {
		if (!isJson) process.stdout.write(`${renderVerdict(verdict)}\n`);
	};
	const verdicts = await runScenarios(scenarios, { clients, seed, ended: tell });
	if (isJson) process.stdout.write(`${JSON.stringify(verdicts, null, "\t")}\n`);
	if (verdicts.some(({ is }) => is === "failed")) return 1;
	return verdicts.some(({ is }) => is === "not-run") ? 3 : 0;
}

process.exitCode = await main().catch((reason: Error) => {
	process.stderr.write(`${reason.message}\n`);
	return 2;
});
