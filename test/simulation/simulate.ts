/* npm run simulate: many seeds, or one of them word for word. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle, runSeeds } from "./pool.js";
import { simulate } from "./simulation.js";
import { neverStruck, strikeTable, summary } from "./tally.js";

const HELP = `
Whole systems from seeds: the shipped client and server half on a virtual clock and a simulated
network, with faults. Exits with 1 if a seed failed, or if a kind of fault never struck in 500 seeds
or more.

  npm run simulate -- [--seeds N] [--from K] [--threads T]
  npm run simulate -- --replay SEED

  --seeds N      how many (default 2000)
  --from K       the first seed (default 1)
  --threads T    worker threads (default: one a core)
  --replay SEED  that seed alone: prints its history, which is the same each time
  --help         this text
`.trim();

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Fewer cannot see every kind of fault. */
const ENOUGH = 500;
const PROGRESS_MS = 5_000;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "2000" },
		from: { type: "string", default: "1" },
		threads: { type: "string" },
		replay: { type: "string" },
		help: { type: "boolean", default: false },
	},
});

if (values.help) console.log(HELP);
else if (values.replay !== undefined) await replay(integer(values.replay));
else await run(integer(values.seeds), integer(values.from));

async function replay(seed: number): Promise<void> {
	const { history, breaches, hash } = await simulate(seed, "recorded");
	console.log(history.join("\n"));
	console.log(`seed ${seed} · ${breaches.length} breaches · history ${hash}`);
	process.exitCode = breaches.length === 0 ? 0 : 1;
}

async function run(seeds: number, from: number): Promise<void> {
	const worker = await bundle(ROOT, `${ROOT}/.tmp/simulation-${process.pid}`);
	const began = performance.now();
	const seconds = (): number => (performance.now() - began) / 1_000;
	let toldAt = began;
	let told = 0;
	const tally = await runSeeds({
		worker,
		from,
		seeds,
		...(values.threads !== undefined && { threads: integer(values.threads) }),
		onProgress: (sofar) => {
			for (const { seed, breaches } of sofar.failures.slice(told))
				console.error(`seed ${seed} failed:\n  ${breaches.join("\n  ")}`);
			told = sofar.failures.length;
			if (performance.now() - toldAt < PROGRESS_MS) return;
			toldAt = performance.now();
			console.error(`${sofar.seeds} of ${seeds}, ${(sofar.seeds / seconds()).toFixed(0)} seeds/s`);
		},
	});
	console.error(strikeTable(tally));
	const missing = seeds >= ENOUGH ? neverStruck(tally) : [];
	if (missing.length > 0) console.error(`never struck: ${missing.join(", ")}`);
	for (const { seed } of tally.failures)
		console.error(`npm run simulate -- --replay ${seed}   # fails`);
	console.log(summary(tally, seconds()));
	process.exitCode = tally.failures.length + missing.length === 0 ? 0 : 1;
}

function integer(text: string): number {
	const value = Number(text);
	if (Number.isSafeInteger(value) && value >= 0) return value;
	console.error(`Not a number of seeds: ${text}\n\n${HELP}`);
	process.exit(2);
}
