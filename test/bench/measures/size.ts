import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Measure } from "../measure.js";
import { loadPeer } from "../peers/names.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const size: Measure = {
	name: "size",
	title: "Bundle",
	how: "what a page imports to use it, by esbuild for browsers: minified, gzip -9, every dependency in; Holdfast whole, the others their client's entry",
	figures: [{ key: "kB", title: "kB, gzip", better: "less", against: "holdfast", digits: 1 }],
	needs: ["size"],
	turns: "one by one",
	measure: async (name) => {
		const { entry } = await loadPeer(name);
		const { outputFiles } = await build({
			stdin: { contents: entry, resolveDir: ROOT, loader: "ts" },
			alias: { holdfast: `${ROOT}src/index.ts` },
			...{ bundle: true, minify: true, write: false, format: "esm", target: "es2022" },
			...{ platform: "browser", legalComments: "none", logLevel: "silent" },
		});
		return { kB: gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length / 1_000 };
	},
};
