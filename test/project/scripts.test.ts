/* The project's own checks: each sees what it is there to see. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { VERSION } from "../../src/client/version.js";

const copies: string[] = [];
afterAll(() => {
	for (const copy of copies) rmSync(copy, { recursive: true });
});

function folderWith(files: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), "holdfast-scripts-"));
	copies.push(folder);
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, path)), { recursive: true });
		writeFileSync(join(folder, path), text);
	}
	return folder;
}

function run(script: string, folder: string): { status: number | null; output: string } {
	const path = resolve("scripts", script);
	const { status, stdout, stderr } = spawnSync(process.execPath, [path], {
		cwd: folder,
		encoding: "utf8",
	});
	return { status, output: stderr + stdout };
}

describe("check-docs.mjs", () => {
	const PROVED = '`test/a.test.ts` "holds on"';
	const faults = readFileSync("docs/FAULTS.md", "utf8");
	const ids = [...faults.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id);
	const rows = (names: readonly (string | undefined)[]): string =>
		names.map((id) => `| ${id} | x | ${PROVED} |`).join("\n");
	const states = readFileSync("docs/STATES.md", "utf8");
	const promises = [...states.matchAll(/^\| ([SE]\d+) \|/gm)].map(([, id]) => id);
	const rules = Array.from({ length: 11 }, (_, index) => `R${index + 1}`);
	const GOOD: Readonly<Record<string, string>> = {
		"README.md": "# Title\n\nRun `npm run build`, see [faults](docs/FAULTS.md) and [here](#title).",
		"package.json": '{ "scripts": { "build": "node build.mjs" } }',
		"build.mjs": "",
		"test/a.test.ts": 'it("holds on", () => {});',
		"docs/FAULTS.md": rows(ids),
		"docs/STATES.md": rows(["1", "2", ...promises, ...rules]),
		"docs/PROTOCOL.md": "",
		"docs/ARCHITECTURE.md": "",
	};
	const problemsOf = (changed: Readonly<Record<string, string>>): string => {
		const { status, output } = run("check-docs.mjs", folderWith({ ...GOOD, ...changed }));
		expect(status).toBe(1);
		return output;
	};

	it("passes documents that tell the truth", () => {
		const { status, output } = run("check-docs.mjs", folderWith(GOOD));
		expect(output).toBe("5 documents, 0 problems\n");
		expect(status).toBe(0);
	});

	it("wants all 98 faults", () => {
		const catalogue = ids.filter((id) => /^[NDVTCLA]/.test(id ?? ""));
		expect(catalogue).toHaveLength(98);
	});

	it.each([
		[
			"a test that is gone",
			{ "test/a.test.ts": 'it("held on", () => {});' },
			'has no test "holds on"',
		],
		["a row that is missing", { "docs/FAULTS.md": rows(ids.slice(1)) }, "N1 stands there 0 times"],
		["a row told twice", { "docs/FAULTS.md": rows([...ids, "N1"]) }, "N1 stands there 2 times"],
		["a row too many", { "docs/FAULTS.md": rows([...ids, "N26"]) }, "N26 is not expected"],
		[
			"a row without a test",
			{ "docs/FAULTS.md": `${rows(ids)}\n| N1 | x | |` },
			"N1 names no test",
		],
		["a row to come", { "docs/FAULTS.md": `${rows(ids)}\n| N1 | x | pending |` }, "N1 is pending"],
		[
			"an invariant with excuses",
			{ "docs/STATES.md": "| 1 | x | Reason: none |" },
			"1 names no test",
		],
		["a dead link", { "docs/PROTOCOL.md": "[x](NOWHERE.md)" }, "NOWHERE.md leads nowhere"],
		["a dead anchor", { "docs/PROTOCOL.md": "[x](../README.md#no)" }, "no heading for"],
		["a command that is none", { "README.md": "npm run dance" }, 'no command "npm run dance"'],
		["a file that is none", { "README.md": "`src/gone.ts`" }, "no such file: src/gone.ts"],
		[
			"a script without its file",
			{ "build.mjs.old": "", "package.json": '{ "scripts": { "build": "node gone.mjs" } }' },
			"gone.mjs, which is missing",
		],
	])("reports %s", (_what, changed: Readonly<Record<string, string>>, problem) => {
		expect(problemsOf(changed)).toContain(problem);
	});
});

describe("tally.mjs", () => {
	const report = (...statuses: readonly string[]): string =>
		JSON.stringify({
			testResults: [
				{
					name: "a.test.ts",
					status: statuses.includes("failed") ? "failed" : "passed",
					assertionResults: statuses.map((status) => ({ status, fullName: `a ${status} one` })),
				},
			],
		});
	const tally = (text: string): ReturnType<typeof run> =>
		run("tally.mjs", folderWith({ ".tmp/vitest.json": text }));

	it("passes a run in which all passed", () => {
		expect(tally(report("passed", "passed"))).toEqual({
			status: 0,
			output: "2 passed, 0 failed\n",
		});
	});

	it.each([
		["one that failed", report("passed", "failed"), "1 passed, 1 failed\n"],
		["one that was skipped", report("passed", "skipped"), "1 passed, 0 failed, 1 skipped\n"],
		["one left to do", report("passed", "todo"), "1 passed, 0 failed, 1 skipped\n"],
		["no test at all", report(), "0 passed, 0 failed\n"],
		["a report cut off", "{", "0 passed, 0 failed\n"],
		[
			"a file that failed before its tests",
			'{"testResults":[{"name":"b","status":"failed","assertionResults":[]}]}',
			"0 passed, 1 failed\n",
		],
	])("fails for %s", (_what, text, line) => {
		const { status, output } = tally(text);
		expect(output.endsWith(line)).toBe(true);
		expect(status).toBe(1);
	});
});

describe("write-version.mjs", () => {
	it("gives the client the version of the package", () => {
		const folder = folderWith({ "package.json": '{ "version": "1.2.3" }' });
		cpSync("src/client/version.ts", join(folder, "src/client/version.ts"));
		expect(run("write-version.mjs", folder).status).toBe(0);
		expect(readFileSync(join(folder, "src/client/version.ts"), "utf8")).toContain(
			'VERSION = "1.2.3"',
		);
	});

	it("has been run: hello tells the version of package.json", () => {
		const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
		expect(VERSION).toBe(version);
	});
});
