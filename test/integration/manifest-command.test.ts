import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CommandResult, runCommand } from "../../src/assets/node-command.js";
import { checkManifest, parseManifest } from "../../src/assets/manifest.js";
import { start } from "../support/program.js";

/** A build folder in a project of version 1.2.3. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
	const root = await mkdtemp(join(tmpdir(), "holdfast-build-"));
	onTestFinished(() => rm(root, { recursive: true }));
	await writeFile(join(root, "package.json"), '{"version":"1.2.3"}');
	const folder = join(root, "dist");
	await mkdir(folder);
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), text);
	}
	return folder;
}

const BUILD = {
	"index.html": "<!doctype html>",
	"assets/z.css": "z {}",
	"assets/main.js": "export {}",
	"assets/B.js": "export const b = 1",
	"legacy/old.mjs": "export {}",
	"words.json": "{}",
	"main.js.map": "{}",
	".vite/manifest.json": "{}",
	".hidden.js": "1",
};

const manifestIn = async (folder: string) =>
	parseManifest(await readFile(join(folder, "holdfast-manifest.json"), "utf8"));

describe("holdfast manifest", () => {
	it("lists scripts, modules and styles with their hashes, styles first, by name", async () => {
		const folder = await folderOf(BUILD);
		const { code, out } = await runCommand(["manifest", folder]);
		const manifest = await manifestIn(folder);
		expect([code, manifest.version]).toEqual([0, "1.2.3"]);
		expect(manifest.entries.map(({ path, type }) => [path, type])).toEqual([
			["assets/z.css", "style"],
			["assets/B.js", "module"],
			["assets/main.js", "module"],
			["legacy/old.mjs", "module"],
		]);
		const hash = createHash("sha384").update("z {}").digest("base64");
		expect(manifest.entries[0]).toMatchObject({ integrity: `sha384-${hash}`, bytes: 4 });
		const file = await readFile(join(folder, "holdfast-manifest.json"));
		const own = createHash("sha384").update(file).digest("base64");
		expect(out).toContain(`version 1.2.3, 4 files\nsha384-${own}\n`);
	});

	it("writes the same text for the same files, wherever they lie, however old, and run twice", async () => {
		const texts: string[] = [];
		for (const order of [Object.entries(BUILD), Object.entries(BUILD).reverse()]) {
			const folder = await folderOf(Object.fromEntries(order));
			await utimes(join(folder, "assets/main.js"), texts.length, texts.length);
			for (let run = 0; run < 2; run++) {
				await runCommand(["manifest", folder]);
				texts.push(await readFile(join(folder, "holdfast-manifest.json"), "utf8"));
			}
		}
		expect(new Set(texts).size).toBe(1);
	});

	it("takes version, data, classic scripts, hash and target as told", async () => {
		const folder = await folderOf(BUILD);
		const options = ["--version", "77", "--data", ".json", "--classic", "--hash", "512"];
		const { out, code } = await runCommand(["manifest", folder, ...options, "--out", "-"]);
		const manifest = checkManifest(JSON.parse(out));
		expect([code, manifest.version]).toEqual([0, "77"]);
		expect(manifest.entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
			"data words.json",
			"style assets/z.css",
			"script assets/B.js",
			"script assets/main.js",
			"module legacy/old.mjs",
		]);
		expect(manifest.entries.every(({ integrity }) => integrity.startsWith("sha512-"))).toBe(true);
		await expect(manifestIn(folder)).rejects.toMatchObject({ code: "ENOENT" });
	});

	it.each<[string, readonly string[], CommandResult["code"], RegExp]>([
		["no command", ["manifesto", "."], 2, /There is no command "manifesto"/],
		["no folder", ["manifest"], 2, /Name one folder/],
		["two folders", ["manifest", "a", "b"], 2, /Name one folder/],
		["an unknown option", ["manifest", ".", "--wrong"], 2, /--wrong/],
		["an unknown hash", ["manifest", ".", "--hash", "1"], 2, /No such hash: 1/],
		["a folder that is none", ["manifest", "package.json"], 1, /package\.json is no folder/],
		["a folder that is not there", ["manifest", "/nowhere-at-all"], 1, /is no folder/],
	])("%s: says what is wrong, and its exit code tells it", async (_what, args, code, message) => {
		const result = await runCommand(args);
		expect(result).toMatchObject({ code, out: "" });
		expect(result.err).toMatch(message);
	});

	it("refuses a build without anything to run, and a name that can't stand in a URL as it is", async () => {
		const empty = await runCommand(["manifest", await folderOf({ "index.html": "" })]);
		expect(empty).toMatchObject({ code: 1, err: expect.stringMatching(/no \.js.*\n.*folder/s) });
		const odd = await runCommand(["manifest", await folderOf({ "a b.js": "" })]);
		expect(odd).toMatchObject({ code: 1, err: expect.stringContaining('"a b.js" is no path') });
	});

	it("as a program prints its help, and ends with its code", async () => {
		const help = start(["src/cli.ts", "--help"]);
		await help.says(/holdfast manifest <folder>/);
		expect(await help.ended).toBe(0);
		const wrong = start(["src/cli.ts", "manifest"]);
		await wrong.says(/Name one folder\.\nTry: holdfast --help/);
		expect(await wrong.ended).toBe(2);
	});
});
