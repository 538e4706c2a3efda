/* The client as pages load it without a bundler: built when it is missing, or older than its sources. */
import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);
const BUILD = new URL("dist/browser/holdfast.min.js", ROOT);

export async function isBuilt(): Promise<boolean> {
	const builtAt = await changedAt(BUILD);
	const sources = await readdir(new URL("src/", ROOT), { recursive: true });
	const changes = await Promise.all(
		sources
			.filter((path) => path.endsWith(".ts"))
			.map((path) => changedAt(new URL(`src/${path.replaceAll("\\", "/")}`, ROOT))),
	);
	return changes.every((at) => at <= builtAt);
}

/** Rejects with what the build printed. */
export function build(): Promise<void> {
	return new Promise((resolve, reject) => {
		const npm = spawn("npm", ["run", "--silent", "build"], {
			cwd: fileURLToPath(ROOT),
			stdio: ["ignore", "pipe", "pipe"],
			shell: process.platform === "win32",
		});
		let output = "";
		const keep = (chunk: Buffer): void => {
			output += chunk.toString();
		};
		npm.stdout.on("data", keep);
		npm.stderr.on("data", keep);
		npm.on("error", reject);
		npm.on("close", (code) => (code === 0 ? resolve() : reject(new Error(output))));
	});
}

/** 0 for a file that is not there. */
function changedAt(file: URL): Promise<number> {
	return stat(file).then(
		({ mtimeMs }) => mtimeMs,
		() => 0,
	);
}
