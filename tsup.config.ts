import { readFile, writeFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";

/** In CommonJS what esbuild adds comes before the directive, which counts in the first place alone. */
const useClient: NonNullable<Options["plugins"]>[number] = {
	name: "use-client",
	async buildEnd({ writtenFiles }) {
		for (const { name } of writtenFiles)
			if (name.endsWith("react.cjs"))
				await writeFile(name, `"use client";\n${await readFile(name, "utf8")}`);
	},
};

const library: Options = {
	entry: {
		index: "src/index.ts",
		node: "src/node.ts",
		server: "src/server.ts",
		"server-node": "src/server-node.ts",
		testing: "src/testing.ts",
		react: "src/react.ts",
	},
	target: "es2022",
	// No shims and no built-ins: one build for browsers, workers, Node, Bun and Deno.
	platform: "neutral",
	external: [/^node:/, "react"],
	// One copy of what entry points share, or `instanceof RealtimeError` would fail between them.
	splitting: true,
	// tsup's d.ts build sets baseUrl, which TypeScript 6 calls deprecated.
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
};

export default defineConfig([
	{ ...library, format: "esm", clean: ["dist/*"] },
	// p-retry and what it imports are ESM only: `require` of them works from Node 20.19 on, not before.
	{ ...library, format: "cjs", noExternal: ["p-retry", "is-network-error"], plugins: [useClient] },
	{
		entry: { "holdfast.min": "src/index.ts" },
		outDir: "dist/browser",
		format: "esm",
		target: "es2022",
		// For pages without a bundler: the browser's half of each dependency, all in one file.
		platform: "browser",
		noExternal: [/.*/],
		splitting: false,
		minify: true,
	},
]);
