/* A child process from one file of plain JavaScript starts ten times as fast as from the sources. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";

export interface Bundle extends AsyncDisposable {
	/** For `node <path>`. */
	readonly path: string;
}

const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire("/");';

/** Bundles a script of this folder. */
export async function bundle(name: string): Promise<Bundle> {
	const directory = await mkdtemp(join(tmpdir(), "holdfast-child-"));
	const path = join(directory, `${name}.mjs`);
	await build({
		entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
		bundle: true,
		outfile: path,
		format: "esm",
		// `ws` asks for Node's own modules by require.
		banner: { js: REQUIRE },
		platform: "node",
		logLevel: "silent",
	});
	return { path, [ASYNC_DISPOSE]: () => rm(directory, { recursive: true, force: true }) };
}
