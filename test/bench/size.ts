import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Row } from "./table.js";

const LIMIT_KB = 13;

/** What a bundler makes of the whole entry: minified, gzip, every dependency in. */
export async function size(): Promise<readonly Row[]> {
	const bytes = await bundledBytes('export * from "./src/index.ts"');
	const kB = bytes / 1_000;
	return [
		{
			id: "S26",
			what: "the whole of `holdfast`, minified and gzipped",
			holdfast: `${kB.toFixed(1)} kB`,
			raw: "0 kB (the platform's own)",
			required: `≤ ${LIMIT_KB} kB`,
			isMet: kB <= LIMIT_KB,
		},
	];
}

async function bundledBytes(contents: string): Promise<number> {
	const resolveDir = fileURLToPath(new URL("../..", import.meta.url));
	const { outputFiles } = await build({
		stdin: { contents, resolveDir, loader: "ts" },
		bundle: true,
		minify: true,
		write: false,
		format: "esm",
		target: "es2022",
		platform: "browser",
		legalComments: "none",
	});
	return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}
