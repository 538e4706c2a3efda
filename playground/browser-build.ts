/* The client as pages load it without a bundler: built when it is missing, or older than its sources. */
import { readdir, stat } from "node:fs/promises";
import { build as bundle, type Options } from "tsup";

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

/** That part of `npm run build` which makes this file: its types take the longest, and no page needs them. */
export async function build(): Promise<void> {
	const { default: parts } = (await import(new URL("tsup.config.ts", ROOT).href)) as {
		readonly default: readonly Options[];
	};
	const part = parts.find(({ outDir }) => outDir === "dist/browser");
	if (part === undefined) throw new Error("tsup.config.ts has no part for dist/browser.");
	await bundle({ ...part, config: false, silent: true });
}

/** 0 for a file that is not there. */
function changedAt(file: URL): Promise<number> {
	return stat(file).then(
		({ mtimeMs }) => mtimeMs,
		() => 0,
	);
}
