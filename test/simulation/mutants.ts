/* npm run mutants: does the simulation notice? */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTATIONS, type Mutation } from "./mutations.js";
import { bundle, runSeeds } from "./pool.js";

const HELP = `
Puts one mistake after the other into a copy of src/ and runs the simulation on it, first the seed that
has shown it before, if one is known, then from seed 1 on, until a seed fails that does not fail without
the mistake. Exits with 1 if a mistake survives, or if
the text that it replaces is not there any more.

  npm run mutants -- [--seeds N] [--only TEXT] [--threads T] [--check] [--from DIRECTORY]

  --seeds N    of each at most (default 3000)
  --only TEXT  those whose name or home has this in it
  --threads T  so many at once (default: one a core)
  --check      only look whether every text to be replaced is there
  --from DIR   where src/ and test/simulation/ are (default: this project)
`.trim();

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A mutant that goes round in a circle is caught, and not waited for; a busy machine is no circle. */
const HUNG_MS = 60_000;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "3000" },
		only: { type: "string", default: "" },
		threads: { type: "string", default: String(availableParallelism()) },
		check: { type: "boolean", default: false },
		from: { type: "string", default: ROOT },
		help: { type: "boolean", default: false },
	},
});

const SCRATCH = path.join(values.from, ".tmp", `mutants-${process.pid}`);

if (values.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
	const began = performance.now();
	const chosen = MUTATIONS.filter(({ name, home }) => `${home} ${name}`.includes(values.only));
	const lost = (await Promise.all(chosen.map(mutated))).filter((text) => text === null).length;
	console.log(`${chosen.length} mutants, ${values.seeds} seeds each at most`);
	if (lost > 0) console.error(`${lost} of them without their text`);
	if (values.check || lost > 0 || chosen.length === 0) return lost > 0 || !values.check ? 1 : 0;
	const survivors = await examineAll(chosen).finally(() => rm(SCRATCH, { recursive: true }));
	const seconds = ((performance.now() - began) / 1_000).toFixed(0);
	for (const { name } of survivors) console.error(`survived: ${name}`);
	const caught = chosen.length - survivors.length;
	console.log(`${caught} of ${chosen.length} caught · ${survivors.length} survived · ${seconds} s`);
	return survivors.length > 0 ? 1 : 0;
}

/** Those that nothing gave away. */
async function examineAll(chosen: readonly Mutation[]): Promise<readonly Mutation[]> {
	const original = await bundle(values.from, path.join(SCRATCH, "original"));
	const survivors: Mutation[] = [];
	const waiting = [...chosen];
	const work = async (): Promise<void> => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
			if (!(await isCaught(next, original))) survivors.push(next);
	};
	await Promise.all(Array.from({ length: Number(values.threads) }, work));
	return survivors;
}

/** The file with the mistake in it, or null if its text is not there exactly once. */
async function mutated({ name, file, find, replace }: Mutation): Promise<string | null> {
	const source = await readFile(path.join(values.from, "src", file), "utf8").catch(() => "");
	const parts = source.split(find);
	if (parts.length === 2) return parts.join(replace);
	console.error(`"${name}": ${parts.length - 1} places in src/${file} read\n  ${find}`);
	return null;
}

async function isCaught(mutation: Mutation, original: string): Promise<boolean> {
	const began = performance.now();
	const folder = path.join(SCRATCH, String(MUTATIONS.indexOf(mutation)));
	await copyProject(folder);
	await writeFile(path.join(folder, "src", mutation.file), (await mutated(mutation)) ?? "");
	const worker = await bundle(folder, path.join(folder, "bundle"));
	const verdict =
		(await examine(worker, original, mutation.hint ?? 1, 1)) ??
		(await examine(worker, original, 1, Number(values.seeds)));
	await rm(folder, { recursive: true, force: true });
	const seconds = ((performance.now() - began) / 1_000).toFixed(0).padStart(4);
	const outcome = verdict === null ? "SURVIVED" : "caught  ";
	const found = verdict ?? `${values.seeds} seeds saw nothing`;
	console.log(`${outcome}  ${mutation.home.padEnd(6)}  ${seconds} s  ${mutation.name}\n\t${found}`);
	return verdict !== null;
}

async function copyProject(folder: string): Promise<void> {
	await mkdir(path.join(folder, "test"), { recursive: true });
	for (const part of ["src", "test/simulation"])
		await cp(path.join(values.from, part), path.join(folder, part), { recursive: true });
}

/** What gave it away; null: nothing did. A seed that fails without the mistake too says nothing of it. */
async function examine(
	worker: string,
	original: string,
	first: number,
	count: number,
): Promise<string | null> {
	const end = first + count;
	for (let from = first; from < end; ) {
		const { failures } = await runSeeds({
			...{ worker, from, seeds: end - from, threads: 1, hungMs: HUNG_MS },
			until: "first-failure",
		});
		for (const { seed, breaches } of failures) {
			const without = await runSeeds({ worker: original, from: seed, seeds: 1, threads: 1 });
			if (without.failures.length === 0) return `seed ${seed}: ${breaches[0] ?? ""}`.slice(0, 140);
		}
		from = 1 + (failures.at(-1)?.seed ?? end);
	}
	return null;
}
