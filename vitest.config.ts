import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Tests, examples and the playground import what a user imports; here that means the sources. */
const alias = [
	{ find: /^holdfast$/, replacement: source("./src/index.ts") },
	{ find: /^holdfast\/server$/, replacement: source("./src/server.ts") },
	{ find: /^holdfast\/server\/node$/, replacement: source("./src/server-node.ts") },
	{ find: /^holdfast\/testing$/, replacement: source("./src/testing.ts") },
];

export default defineConfig({
	resolve: { alias },
	test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 },
});
