/* `npm run scenario -- <name>`: see --help. Exits with 0 if all passed, 1 if one failed, 3 if one was not run. */
import { parseArgs } from "node:util";
import { PROXIES, type ProxyKind } from "../config.js";
import { LOG_KINDS, type LogKind } from "../log/log-store.js";
import type { Scenario, ScenarioVerdict } from "./contract.js";
import { renderVerdict } from "./judge.js";
import { runScenarios } from "./run-scenario.js";
import { SCENARIOS, scenarioNamed } from "./scenarios.js";

const HELP = `Usage: npm run scenario -- <name>… [options]

Breaks an edge of its own, and says whether its clients noticed: one line each, or JSON. A verdict
fails where the fault has struck nobody, anything was lost, repeated, out of order, altered or late,
or fewer messages than clients × seconds were published. Exits with 0 if all passed, 1 if one failed,
3 if one was not run.

  --list           what there is
  --all            all of it, but for what has to be asked for by name: drain-600, drain-2000
  --clients <n>    of the fleet. (default: 30; of drain-600 600, of drain-2000 2000)
  --proxy <which>  in each PoP: embedded, envoy or haproxy; the last two are real ones, which
                   npm run edge:install gets. (default: embedded; of slot-exhaustion haproxy)
  --log <kind>     where the edge keeps its messages: memory, or a redis or nats server that is
                   started for it. (default: memory)
  --seed <n>       of DNS's chance; the order of events is the machine's all the same. (default: 1)
  --json           the verdicts, as one array
  --help           prints this
`;

process.once("SIGINT", () => process.exit(130));

interface Settings {
	readonly scenarios: readonly Scenario[];
	readonly clients: number | null;
	readonly seed: number;
	/** Null: what each scenario has. */
	readonly proxy: ProxyKind | null;
	readonly log: LogKind;
	readonly isJson: boolean;
}

function readSettings(args: readonly string[]): Settings | string {
	const flag = { type: "boolean" } as const;
	const text = { type: "string" } as const;
	const flags = { list: flag, all: flag, json: flag, help: flag };
	const options = { ...flags, clients: text, seed: text, proxy: text, log: text };
	const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
	if (values.list) return values.json ? JSON.stringify(SCENARIOS.map(listed)) : list();
	const named = positionals.map(scenarioNamed);
	const scenarios = values.all ? SCENARIOS.filter(({ clients }) => clients === null) : named;
	if (values.help || scenarios.length === 0) return HELP;
	const clients =
		values.clients === undefined ? null : readCount("--clients", values.clients, 6, 5_000);
	const seed = readCount("--seed", values.seed ?? "1", 0, 2 ** 31);
	const proxy = values.proxy === undefined ? null : readOneOf("--proxy", values.proxy, PROXIES);
	const log = readOneOf("--log", values.log ?? "memory", LOG_KINDS);
	return { scenarios, clients, seed, proxy, log, isJson: values.json ?? false };
}

function readOneOf<Kind extends string>(what: string, text: string, all: readonly Kind[]): Kind {
	const found = all.find((each) => each === text);
	if (found !== undefined) return found;
	throw new Error(`${what} is ${all.join(", ")}; not "${text}".`);
}

function readCount(what: string, text: string, least: number, most: number): number {
	const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (!(count >= least && count <= most))
		throw new Error(`${what} is a whole number from ${least} to ${most}; not "${text}".`);
	return count;
}

const listed = ({ name, about, proxies }: Scenario) => ({
	name,
	about,
	proxies: proxies ?? PROXIES,
});

function list(): string {
	const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
	const lines = SCENARIOS.map(
		({ name, about, proxies }) =>
			`${name.padEnd(width)}  ${about}${proxies === null ? "" : ` (with ${proxies.join(" or ")})`}`,
	);
	return `${lines.join("\n")}\n`;
}

async function main(): Promise<number> {
	const settings = readSettings(process.argv.slice(2));
	if (typeof settings === "string") {
		process.stdout.write(settings);
		return 0;
	}
	const { scenarios, isJson, ...options } = settings;
	const tell = (verdict: ScenarioVerdict): void => {
		if (!isJson) process.stdout.write(`${renderVerdict(verdict)}\n`);
	};
	const verdicts = await runScenarios(scenarios, { ...options, ended: tell });
	if (isJson) process.stdout.write(`${JSON.stringify(verdicts, null, "\t")}\n`);
	if (verdicts.some(({ is }) => is === "failed")) return 1;
	return verdicts.some(({ is }) => is === "not-run") ? 3 : 0;
}

process.exitCode = await main().catch((reason: Error) => {
	process.stderr.write(`${reason.message}\n`);
	return 2;
});
