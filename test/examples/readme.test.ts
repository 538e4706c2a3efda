import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const readme = readFileSync("README.md", "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

it.each([
	"examples/first-steps/main.ts",
	"examples/server/main.ts",
	"test/examples/degraded-mode.test.ts",
])("the README shows %s as it is", (path) => {
	expect(blocks).toContain(readFileSync(path, "utf8"));
});

it("keeps its promise of a server in 20 lines", () => {
	expect(readFileSync("examples/server/main.ts", "utf8").split("\n").length).toBeLessThanOrEqual(
		21,
	);
});

it("gives commands that a fresh clone can run", () => {
	const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
	const shells = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code);
	expect(shells).toContain("npm ci && npm run playground\n");
	expect(shells).toContain("npm ci && npm test\n");
	for (const [, name = ""] of readme.matchAll(/npm run (\S+?)[`\s]/g))
		expect(scripts).toHaveProperty(name);
});
