/* The linter's configuration at work: in a copy, each rule is broken once, and has to say so. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLEAN, IMPORTED, LINTED, type Violation } from "./violations.js";

const CONFIGURATION = [
	"biome.json",
	"no-ambient.grit",
	"vocabulary.grit",
	"package.json",
	"scripts/check-imports.mjs",
];
const BIOME = resolve("node_modules/@biomejs/biome/bin/biome");

const copies: string[] = [];

function copyWith(files: Readonly<Record<string, string>>): string {
	const copy = mkdtempSync(join(tmpdir(), "holdfast-lint-"));
	copies.push(copy);
	for (const path of CONFIGURATION) cpSync(path, join(copy, path));
	for (const [path, code] of Object.entries(files)) {
		mkdirSync(dirname(join(copy, path)), { recursive: true });
		writeFileSync(join(copy, path), `${code}\n`);
	}
	return copy;
}

const filesOf = (violations: readonly Violation[]): Readonly<Record<string, string>> =>
	Object.fromEntries(violations.map(({ file, code }) => [file, code]));

function run(cwd: string, args: readonly string[]): { status: number | null; output: string } {
	const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
	return { status, output: stdout === "" ? stderr : stdout };
}

interface Report {
	readonly diagnostics: readonly {
		readonly category: string;
		readonly severity: string;
		readonly location: { readonly path: string };
	}[];
}

const lint = (cwd: string): ReturnType<typeof run> =>
	run(cwd, [
		BIOME,
		"lint",
		"--error-on-warnings",
		"--reporter=json",
		"--max-diagnostics=none",
		".",
	]);
const checkImports = (cwd: string): ReturnType<typeof run> =>
	run(cwd, ["scripts/check-imports.mjs"]);

afterAll(() => {
	for (const copy of copies) rmSync(copy, { recursive: true });
});

describe("biome.json reports", () => {
	const reported = new Set<string>();

	beforeAll(() => {
		const { status, output } = lint(copyWith(filesOf(LINTED)));
		expect(status).toBe(1);
		for (const { category, severity, location } of (JSON.parse(output) as Report).diagnostics) {
			if (severity === "error") reported.add(`${category} in ${location.path}`);
		}
	});

	it.each(LINTED.map(({ rule, file }) => `${rule} in ${file}`))("%s", (expected) => {
		expect([...reported]).toContain(expected);
	});
});

describe("check-imports.mjs reports", () => {
	let lines: readonly string[];

	beforeAll(() => {
		const { status, output } = checkImports(copyWith(filesOf(IMPORTED)));
		expect(status).toBe(1);
		lines = output.trim().split("\n");
	});

	it.each(IMPORTED)("that $file $rule", ({ rule, file }) => {
		expect(lines.filter((line) => line.startsWith(`${file}: ${rule}`))).toHaveLength(1);
	});

	it("nothing beyond what was planted", () => {
		expect(lines).toHaveLength(IMPORTED.length);
	});
});

describe("Clean files", () => {
	it("pass both", () => {
		const copy = copyWith(CLEAN);
		expect(checkImports(copy)).toEqual({ status: 0, output: "" });
		const { status, output } = lint(copy);
		expect(JSON.parse(output)).toMatchObject({ diagnostics: [] });
		expect(status).toBe(0);
	});
});
