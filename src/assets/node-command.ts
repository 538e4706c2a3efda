/* `holdfast manifest <folder>`: what it says and does, apart from the process that runs it. */
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RealtimeError } from "../errors/realtime-error.js";
import { integrityOf } from "./integrity.js";
import { type FolderOptions, manifestOf } from "./node-folder.js";

/** What a run of the command prints, and its exit code. */
export interface CommandResult {
	readonly code: 0 | 1 | 2;
	readonly out: string;
	readonly err: string;
}

const FILE = "holdfast-manifest.json";
const HELP = `holdfast manifest <folder> [options]

Writes the manifest of a build: each script, module and style in the folder with its hash, in the
order in which they run (data, styles, scripts, modules; by name within each).

  --out <file>      where to; "-" is standard output       (default: <folder>/${FILE})
  --version <text>  must grow with each build, or it is refused as a roll-back: 1.10 is newer than 1.9
                    (default: the version of the nearest package.json)
  --data <endings>  also list files that end so, as data: --data .json,.wasm
  --classic         .js files are classic scripts, not modules; .mjs files are modules always
  --hash <bits>     256, 384 or 512                        (default: 384)
  --help            this text

It prints the manifest's own integrity: pass it to createAssetLoader({ manifest: { url, integrity } }).
The same files give the same output.
`;

const OPTIONS = {
	out: { type: "string" },
	version: { type: "string" },
	data: { type: "string" },
	classic: { type: "boolean" },
	hash: { type: "string" },
	help: { type: "boolean", short: "h" },
} as const;

/** Exit codes: 0 done, 1 it can't be done, 2 it was called wrong. */
export async function runCommand(args: readonly string[]): Promise<CommandResult> {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (reason) {
		return misuse((reason as Error).message);
	}
	const { values, positionals } = parsed;
	const [command, folder, ...rest] = positionals;
	if (values.help || args.length === 0) return { code: 0, out: HELP, err: "" };
	if (command !== "manifest") return misuse(`There is no command "${command ?? ""}".`);
	if (folder === undefined || rest.length > 0) return misuse("Name one folder.");
	const { hash: bits = "384" } = values;
	if (bits !== "256" && bits !== "384" && bits !== "512") return misuse(`No such hash: ${bits}.`);
	const { version, out } = values;
	const js = values.classic ? "script" : "module";
	const data = values.data?.split(",").filter((ending) => ending !== "") ?? [];
	return write(folder, out ?? join(folder, FILE), { version, js, data, bits });
}

function parse(args: readonly string[]) {
	return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function write(folder: string, out: string, options: FolderOptions): Promise<CommandResult> {
	try {
		const found = await stat(folder).catch(() => null);
		if (!found?.isDirectory()) throw new Error(`${folder} is no folder.`);
		const manifest = await manifestOf(folder, { ...options, except: [FILE] });
		const text = `${JSON.stringify(manifest, null, "\t")}\n`;
		if (out === "-") return { code: 0, out: text, err: "" };
		await writeFile(out, text);
		const integrity = await integrityOf(new TextEncoder().encode(text));
		const count = manifest.entries.length;
		const summary = `${out}: version ${manifest.version}, ${count} files\n${integrity}\n`;
		return { code: 0, out: summary, err: "" };
	} catch (reason) {
		const { message, remediation = "" } = RealtimeError.from(reason);
		return { code: 1, out: "", err: `holdfast: ${message}\n${remediation}`.trim().concat("\n") };
	}
}

function misuse(message: string): CommandResult {
	return { code: 2, out: "", err: `holdfast: ${message}\nTry: holdfast --help\n` };
}
