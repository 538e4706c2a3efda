/*
 * Programs out of Debian's packages, without root, and without a daemon that starts because it was installed:
 * apt works out which packages this machine lacks, and they are unpacked into a folder of ours.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { TOOLS_FOLDER, type ToolName } from "./find-tool.js";

const run = promisify(execFile);

interface Part {
	readonly package: string;
	/** Where the program lies in what is unpacked. */
	readonly program: string;
}

export const DEBIAN_PARTS = {
	haproxy: { package: "haproxy", program: "usr/sbin/haproxy" },
	"redis-server": { package: "redis-server", program: "usr/bin/redis-server" },
	dig: { package: "bind9-dnsutils", program: "usr/bin/dig" },
} as const satisfies Partial<Record<ToolName, Part>>;

const FOLDER = join(TOOLS_FOLDER, "debian");
const ARCHIVES = join(FOLDER, "archives");

/** Rejects with what apt said in its last line. */
export async function installFromDebian(name: keyof typeof DEBIAN_PARTS): Promise<void> {
	const part: Part = DEBIAN_PARTS[name];
	await mkdir(join(ARCHIVES, "partial"), { recursive: true });
	// The lists of a fresh container are empty; ours are not the system's, which only root may write.
	await download(part.package, []).catch(async () => {
		const lists = ["-o", `Dir::State::lists=${join(FOLDER, "lists")}`];
		await mkdir(join(FOLDER, "lists", "partial"), { recursive: true });
		await apt(["update", ...lists]);
		await download(part.package, lists);
	});
	for (const archive of (await readdir(ARCHIVES)).filter((each) => each.endsWith(".deb")))
		await run("dpkg", ["-x", join(ARCHIVES, archive), FOLDER]);
	await writeStarter(name, join(FOLDER, part.program));
}

async function download(name: string, options: readonly string[]): Promise<void> {
	await apt(["install", "--download-only", "--no-install-recommends", "--yes", ...options, name]);
}

async function apt(args: readonly string[]): Promise<void> {
	const ours = [
		...["-qq", "-o", "Debug::NoLocking=1", "-o", `Dir::Cache=${FOLDER}`],
		...["-o", `Dir::Cache::archives=${ARCHIVES}`],
	];
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	await run("apt-get", [...ours, ...args], { env }).catch(
		(reason: { readonly stderr?: string }) => {
			throw new Error(reason.stderr?.trim().split("\n").at(-1) ?? String(reason));
		},
	);
}

/** A program finds the libraries that came with it, and keeps the process id that it was started with. */
async function writeStarter(name: ToolName, program: string): Promise<void> {
	const libraries = (await readdir(join(FOLDER, "usr/lib"), { recursive: true }).catch(() => []))
		.filter((path) => /\.so\.\d+$/.test(path))
		.map((path) => join(FOLDER, "usr/lib", dirname(path)));
	const path = [...new Set(libraries)].join(":");
	const text = `#!/usr/bin/env bash
export LD_LIBRARY_PATH="${path}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "${program}" "$@"
`;
	const starter = join(TOOLS_FOLDER, "bin", name);
	await mkdir(dirname(starter), { recursive: true });
	await rm(starter, { force: true });
	await writeFile(starter, text);
	await chmod(starter, 0o755);
}
