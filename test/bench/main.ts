/*
 * npm run bench: what REQUIREMENTS ask of speed and cost, beside raw `ws` in one run. Machines are
 * noisy: trust the ratios and the seconds, not the milliseconds.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { balancer } from "./balancer.js";
import { chromiumNames } from "./chromium-names.js";
import { cost } from "./cost.js";
import { degraded, failover, firstRedial, flapping, flappingLate, halfOpen } from "./recovery.js";
import { size } from "./size.js";
import { type Row, toMarkdown } from "./table.js";
import { wholeEdge } from "./whole-edge.js";

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
	S26: size,
	S27: cost,
	S3: firstRedial,
	S7: failover,
	S9: halfOpen,
	S13: degraded,
	S5: flapping,
	S19: chromiumNames,
	E1: wholeEdge,
	E5: balancer,
	"S5-late": flappingLate,
};
/** Asked for by name only: eleven minutes. */
const SLOW = "S5-late";

const HELP = `npm run bench [-- --rows S3,S27] [--json]

Measures these rows of the requirements on this machine, about five minutes in all:
  ${Object.keys(PARTS).join(", ")}
${SLOW}, which takes eleven more, only where it is asked for.
Prints a table in Markdown; --json prints the rows as JSON. Ends with 0 also where a figure is missed.`;

const { values } = parseArgs({
	options: { rows: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
});

if (values.help) console.log(HELP);
else await main(values.rows?.split(",") ?? Object.keys(PARTS).filter((name) => name !== SLOW));

async function main(names: readonly string[]): Promise<void> {
	const unknown = names.filter((name) => !(name in PARTS));
	if (unknown.length > 0) {
		console.error(`Unknown rows: ${unknown.join(", ")}. Known: ${Object.keys(PARTS).join(", ")}.`);
		process.exitCode = 2;
		return;
	}
	const rows: Row[] = [];
	for (const name of names) {
		process.stderr.write(`${name} …\n`);
		rows.push(...((await PARTS[name]?.()) ?? []));
	}
	const [cpu] = cpus();
	console.log(values.json ? JSON.stringify(rows, null, "\t") : toMarkdown(rows));
	console.log(`\nNode ${process.version}, ${cpus().length} × ${cpu?.model ?? "unknown processor"}`);
}
