import { mkdirSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { defineConfig, type Options } from "tsup";
import { BOOT_TEXT, WORKER_TEXT } from "./src/assets/boot-text.js";

const TYPED = {
	index: "src/index.ts",
	dns: "src/dns.ts",
	node: "src/node.ts",
	react: "src/react.ts",
	server: "src/server.ts",
	"server-node": "src/server-node.ts",
	"server-redis": "src/server-redis.ts",
	"server-nats": "src/server-nats.ts",
	testing: "src/testing.ts",
	assets: "src/assets.ts",
	boot: "src/boot.ts",
	vite: "src/vite.ts",
	websocket: "src/websocket.ts",
};

/** In CommonJS what esbuild adds comes before the directive, which counts in the first place alone. */
const useClient: NonNullable<Options["plugins"]>[number] = {
	name: "use-client",
	async buildEnd({ writtenFiles }) {
		for (const { name } of writtenFiles)
			if (name.endsWith("react.cjs"))
				await writeFile(name, `"use client";\n${await readFile(name, "utf8")}`);
	},
};

/**
 * Without a bundler what is loaded on demand is a file of its own beside the first, whose RealtimeError it
 * uses, so that `instanceof` holds.
 */
const elsewhere = (
	filter: RegExp,
	path: string,
): NonNullable<Options["esbuildPlugins"]>[number] => ({
	name: "elsewhere",
	setup: (build) => build.onResolve({ filter }, () => ({ path, external: true })),
});

const browser: Options = {
	outDir: "dist/browser",
	format: "esm",
	target: "es2022",
	// For pages without a bundler: the browser's half of each dependency, all in one file.
	platform: "browser",
	noExternal: [/.*/],
	splitting: false,
	minify: true,
};

const library: Options = {
	entry: {
		...TYPED,
		// What `#dns` is, by the `imports` of package.json: not public, so without types.
		"dns-platform-node": "src/dns/platform-node.ts",
		"dns-platform-none": "src/dns/platform-none.ts",
	},
	target: "es2022",
	// No shims and no built-ins: one build for browsers, workers, Node, Bun and Deno.
	platform: "neutral",
	external: [/^node:/, "#dns", "react"],
	// One copy of what entry points share, or `instanceof RealtimeError` would fail between them.
	splitting: true,
	// tsup's d.ts build sets baseUrl, which TypeScript 6 calls deprecated.
	dts: { entry: TYPED, compilerOptions: { ignoreDeprecations: "6.0" } },
};

export default defineConfig([
	{
		...library,
		format: "esm",
		clean: ["dist/*"],
		// Byte for byte what a policy's hash is of, for pages that no bundler of ours makes.
		onSuccess: async () => {
			mkdirSync("dist/browser", { recursive: true });
			writeFileSync("dist/browser/boot.min.js", BOOT_TEXT);
			writeFileSync("dist/browser/service-worker.min.js", WORKER_TEXT);
		},
	},
	// p-retry and what it imports are ESM only: `require` of them works from Node 20.19 on, not before.
	{ ...library, format: "cjs", noExternal: ["p-retry", "is-network-error"], plugins: [useClient] },
	{
		entry: { cli: "src/cli.ts" },
		format: "esm",
		target: "es2022",
		platform: "node",
		banner: { js: "#!/usr/bin/env node" },
	},
	{
		...browser,
		entry: { "holdfast.min": "src/index.ts" },
		esbuildPlugins: [elsewhere(/^\.\/sharing\.js$/, "./holdfast-sharing.min.js")],
	},
	{
		...browser,
		entry: { "holdfast-sharing.min": "src/client/sharing.ts" },
		esbuildPlugins: [elsewhere(/\/realtime-error\.js$/, "./holdfast.min.js")],
	},
]);
