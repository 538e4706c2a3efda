import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Tests, examples and the playground import what a user imports; here that means the sources. */
const alias = [
	{ find: /^holdfast$/, replacement: source("./src/index.ts") },
	{ find: /^holdfast\/dns$/, replacement: source("./src/dns.ts") },
	{ find: /^holdfast\/node$/, replacement: source("./src/node.ts") },
	{ find: /^holdfast\/server$/, replacement: source("./src/server.ts") },
	{ find: /^holdfast\/server\/node$/, replacement: source("./src/server-node.ts") },
	{ find: /^holdfast\/server\/redis$/, replacement: source("./src/server-redis.ts") },
	{ find: /^holdfast\/server\/nats$/, replacement: source("./src/server-nats.ts") },
	{ find: /^holdfast\/react$/, replacement: source("./src/react.ts") },
	{ find: /^holdfast\/testing$/, replacement: source("./src/testing.ts") },
	{ find: /^holdfast\/assets$/, replacement: source("./src/assets.ts") },
	{ find: /^holdfast\/boot$/, replacement: source("./src/boot.ts") },
	{ find: /^holdfast\/vite$/, replacement: source("./src/vite.ts") },
	{ find: /^holdfast\/websocket$/, replacement: source("./src/websocket.ts") },
];

/** They use sockets, processes, a browser or the built package: after the rest, and one file at a time. */
const WORLDLY = [
	"browser",
	"examples",
	"integration",
	"package",
	"playground/sockets",
	"project",
	"server/logs",
];
const worldly = WORLDLY.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`);

const shared = {
	setupFiles: ["test/support/secrets.setup.ts"],
	testTimeout: 30_000,
	hookTimeout: 60_000,
};

const isCi = process.env.CI === "true" || process.env.CI === "1";

export default defineConfig({
	resolve: { alias },
	test: {
		reporters: isCi ? ["default", ["json", { outputFile: ".tmp/vitest.json" }]] : ["default"],
		// `.only` hides the tests around it; scripts/tally.mjs fails the run for `.skip` and `.todo`.
		allowOnly: !isCi,
		coverage: { include: ["src/**/*.ts"] },
		projects: [
			{
				extends: true,
				test: {
					...shared,
					name: "virtual",
					include: ["test/**/*.test.{ts,tsx}"],
					exclude: worldly,
					sequence: { groupOrder: 0 },
				},
			},
			{
				extends: true,
				test: {
					...shared,
					name: "worldly",
					include: worldly,
					// Real time passes in them, slower on a machine that has other work.
					testTimeout: 60_000,
					maxWorkers: 1,
					fileParallelism: false,
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
