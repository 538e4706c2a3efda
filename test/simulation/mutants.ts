/* npm run mutants: does the simulation notice? */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTATIONS, type Mutation } from "./mutations.js";
import { bundle, runSeeds } from "./pool.js";
import { emptyTally, merge, neverStruck } from "./tally.js";

const HELP = `
Puts one mistake after the other into a copy of src/ and runs the simulation on it. Exits with 1 if
one survives, or if the text that it replaces is not there any more.

  npm run mutants -- [--seeds N] [--only TEXT] [--check] [--from DIRECTORY]

  --seeds N    of each at most (default 2000); it stops at the first that fails
  --only TEXT  those whose name or home has this in it
  --check      only look whether every text to be replaced is there
  --from DIR   where src/ and test/simulation/ are (default: this project)
`.trim();

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Fewer cannot see every kind of fault. */
const ENOUGH = 500;

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "2000" },
		only: { type: "string", default: "" },
		check: { type: "boolean", default: false },
		from: { type: "string", default: ROOT },
		help: { type: "boolean", default: false },
	},
});

if (values.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
	const chosen = MUTATIONS.filter(({ name, home }) => `${home} ${name}`.includes(values.only));
	const lost = (await Promise.all(chosen.map(mutated))).filter((text) => text === null).length;
	if (values.check || lost > 0) {
		console.log(`${chosen.length} mutations, ${lost} without their text`);
		return lost > 0 ? 1 : 0;
	}
	const original = await bundle(values.from, path.join(values.from, ".tmp", "unmutated"));
	const survivors: string[] = [];
	for (const mutation of chosen)
		if (!(await isCaught(mutation, original))) survivors.push(mutation.name);
	console.log(
		`${chosen.length} mutants, ${survivors.length} survived${survivors.map((name) => `\n  ${name}`).join("")}`,
	);
	return survivors.length > 0 ? 1 : 0;
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
	const folder = path.join(values.from, ".tmp", `mutant-${process.pid}`);
	await copyProject(folder);
	await writeFile(path.join(folder, "src", mutation.file), (await mutated(mutation)) ?? "");
	const worker = await bundle(folder, path.join(folder, "bundle"));
	const verdict = await examine(worker, original);
	await rm(folder, { recursive: true, force: true });
	const seconds = ((performance.now() - began) / 1_000).toFixed(0).padStart(4);
	const outcome = verdict === null ? "SURVIVED" : "caught  ";
	console.log(`${outcome}  ${mutation.home.padEnd(6)}  ${seconds} s  ${mutation.name}`);
	if (verdict !== null) console.log(`${" ".repeat(26)}${verdict}`);
	return verdict !== null;
}

async function copyProject(folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(path.join(folder, "test"), { recursive: true });
	for (const part of ["src", "test/simulation"])
		await cp(path.join(values.from, part), path.join(folder, part), { recursive: true });
}

/** What gave it away; null: nothing did. A seed that fails without the mistake too says nothing of it. */
async function examine(worker: string, original: string): Promise<string | null> {
	const end = Number(values.seeds) + 1;
	let tally = emptyTally();
	for (let from = 1; from < end; from = 1 + (tally.failures.at(-1)?.seed ?? end)) {
		const seeds = end - from;
		const part = await runSeeds({ worker, from, seeds, until: "first-failure" });
		tally = merge(tally, part);
		for (const { seed, breaches } of part.failures) {
			const without = await runSeeds({ worker: original, from: seed, seeds: 1, threads: 1 });
			if (without.failures.length === 0) return `seed ${seed}: ${breaches[0] ?? ""}`.slice(0, 140);
		}
		if (part.failures.length === 0) break;
	}
	const never = tally.seeds >= ENOUGH ? neverStruck(tally) : [];
	return never.length > 0 ? `never struck: ${never.join(", ")}` : null;
}
