/* `npm run edge:newcomers`: see --help. Exits with 0 if all is in time, 1 if not. */
import { parseArgs } from "node:util";
import { PROXIES } from "../config.js";
import { prepareEdge } from "../whole-edge.js";
import { CASES } from "./cases.js";
import { CHANGE_WITHIN_MS, failuresOf } from "./figures.js";
import { runCase } from "./run-case.js";

const HELP = `Usage: npm run edge:newcomers -- [options]

Drains Dublin or a zone of it, by order and by the automation, while strangers dial, and prints when DNS led
elsewhere and when the last newcomer came, by the servers' counts: within ${CHANGE_WITHIN_MS / 1_000} s, and within ${CHANGE_WITHIN_MS / 1_000} s and a TTL.

  --only <name>       one of ${CASES.map(({ name }) => name).join(", ")}
  --proxy <which>     ${PROXIES.join(", ")}. (default: embedded)
  --strangers <n>     each dials once a second. (default: 20)
  --clients <n>       of the fleet beside them. (default: 60)
  --ttl <seconds>     (default: 10)
  --json              for programs
  --help              prints this
`;

interface Settings {
	readonly only: string | undefined;
	readonly proxy: (typeof PROXIES)[number];
	readonly strangers: number;
	readonly clients: number;
	readonly ttl: number;
	readonly isJson: boolean;
}

function readSettings(args: readonly string[]): Settings | null {
	const text = { type: "string" } as const;
	const flag = { type: "boolean" } as const;
	const options = { only: text, proxy: text, strangers: text, clients: text, ttl: text };
	const { values } = parseArgs({
		args: [...args],
		options: { ...options, json: flag, help: flag },
	});
	if (values.help) return null;
	const { only } = values;
	if (only !== undefined && !CASES.some(({ name }) => name === only))
		throw new Error(`--only ${only}: it is ${CASES.map(({ name }) => name).join(", ")}.`);
	const proxy = PROXIES.find((each) => each === (values.proxy ?? "embedded"));
	if (proxy === undefined) throw new Error(`--proxy ${values.proxy}: it is ${PROXIES.join(", ")}.`);
	return {
		...{ only, proxy, isJson: values.json ?? false },
		strangers: readCount("--strangers", values.strangers ?? "20"),
		clients: readCount("--clients", values.clients ?? "60"),
		ttl: readCount("--ttl", values.ttl ?? "10"),
	};
}

function readCount(option: string, given: string): number {
	const count = Number(given);
	if (!Number.isInteger(count) || count < 1 || count > 1_000)
		throw new Error(`${option} is from 1 to 1000, whole; not "${given}".`);
	return count;
}

async function run({ only, proxy, strangers, clients, ttl, isJson }: Settings): Promise<boolean> {
	// Two of a kind, so that a zone's newcomers can be told by the arm through which they came.
	const edge = await prepareEdge({ clients, ttl, proxy, newArm: proxy });
	process.once("SIGINT", () => void edge.stop().finally(() => process.exit(130)));
	await edge.start();
	const results = [];
	try {
		for (const each of CASES.filter(({ name }) => only === undefined || name === only)) {
			const figures = await runCase(edge, each, strangers);
			const failures = failuresOf(figures, ttl * 1_000);
			results.push({ case: each.name, ...figures, failures });
			if (!isJson) say(each.name, each.about, figures, failures);
		}
	} finally {
		await edge.stop();
	}
	if (isJson) process.stdout.write(`${JSON.stringify({ ttl, proxy, strangers, results })}\n`);
	return results.every(({ failures }) => failures.length === 0);
}

function say(
	name: string,
	about: string,
	{ dnsChangedAfterMs, lastNewcomerAfterMs, newcomers }: Awaited<ReturnType<typeof runCase>>,
	failures: readonly string[],
): void {
	const seconds = (ms: number | null): string =>
		ms === null ? "never" : `${(ms / 1_000).toFixed(2)} s`;
	const is = failures.length === 0 ? "in time" : failures.join("; ");
	process.stdout.write(
		`${name.padEnd(11)} DNS after ${seconds(dnsChangedAfterMs)}, last of ${newcomers} newcomers after ${seconds(lastNewcomerAfterMs)}: ${is} (${about})\n`,
	);
}

try {
	const settings = readSettings(process.argv.slice(2));
	if (settings === null) process.stdout.write(HELP);
	else process.exitCode = (await run(settings)) ? 0 : 1;
} catch (reason) {
	process.stderr.write(`${(reason as Error).message}\n`);
	process.exitCode = 2;
}
process.exit();
