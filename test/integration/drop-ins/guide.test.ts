import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const folder = new URL("./", import.meta.url);
const guide = readFileSync(new URL("../../../docs/guides/drop-ins.md", import.meta.url), "utf8");
const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, code]) => code);

/** What lies between the marks, without the indentation that it has there. */
function recipeOf(file: string): string | undefined {
	const code = readFileSync(new URL(file, folder), "utf8");
	const [, indent, lines] = /^(\t*)\/\/ recipe\n([\s\S]*?)\n\t*\/\/ end$/m.exec(code) ?? [];
	return lines?.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

const recipes = readdirSync(folder).flatMap((file) => {
	const recipe = recipeOf(file);
	return recipe === undefined || file.endsWith(".test.ts") ? [] : [[file, recipe] as const];
});

it("has a recipe of each of eight libraries", () => {
	expect(recipes).toHaveLength(8);
});

it.each(recipes)("shows of %s the code that the test runs", (_, recipe) => {
	expect(blocks).toContain(recipe);
});
