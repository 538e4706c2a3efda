/* The package as npm would publish it, installed into a folder of its own, without install scripts. */
import { spawnSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export interface Manifest {
	readonly version: string;
	readonly dependencies: Readonly<Record<string, string>>;
	readonly scripts?: Readonly<Record<string, string>>;
	readonly exports: Readonly<Record<string, unknown>>;
}

export interface Packed {
	readonly files: readonly { readonly path: string; readonly size: number }[];
	readonly unpackedSize: number;
}

export interface Installed extends Disposable {
	/** The project that has it as its only dependency. */
	readonly folder: string;
	readonly packed: Packed;
}

export const readManifest = (folder: string): Manifest =>
	JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

export function run(command: string, args: readonly string[], cwd: string): string {
	const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
	if (error) throw error;
	if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}\n${stdout}${stderr}`);
	return stdout;
}

/** Beside the package, what is named as `name@version`. */
export function install(others: readonly string[] = []): Installed {
	if (!existsSync("dist/index.js")) throw new Error("Build first: npm run build");
	const folder = mkdtempSync(join(tmpdir(), "holdfast-consumer-"));
	const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
	const [packed] = JSON.parse(run("npm", pack, process.cwd())) as [Packed & { filename: string }];
	writeFileSync(join(folder, "package.json"), '{ "name": "consumer", "private": true }');
	const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--silent"];
	run("npm", ["install", ...quiet, `./${packed.filename}`, ...others], folder);
	return { folder, packed, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** What a user has anyway; linked, so that nothing more is fetched. */
export function linkModules(folder: string, names: readonly string[]): void {
	for (const name of names) {
		const target = join(folder, "node_modules", name);
		mkdirSync(dirname(target), { recursive: true });
		symlinkSync(resolve("node_modules", name), target);
	}
}
