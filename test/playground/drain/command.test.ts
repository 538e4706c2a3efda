/* The command line of npm run edge: what is taken, and one clear line for what is not. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readCommand } from "../../../playground/edge/cli/read-command.js";
import { runCommand } from "../../../playground/edge/cli/run-command.js";
import { leaveRunFile, readRunFile, takeRunFile } from "../../../playground/edge/cli/run-file.js";
import { CANARY_TOKEN } from "../../support/secrets.js";

describe("a command", () => {
	it.each([
		["drain --pop DUB", { is: "drain", pop: "DUB", pace: { stepPercent: 100, everyMs: 1_000 } }],
		[
			"drain --zone DUB-a --step 1% --every 500ms",
			{ zone: "DUB-a", pace: { stepPercent: 1, everyMs: 500 } },
		],
		[
			"drain --pop DUB --service api --step 5 --every 2m",
			{ service: "api", pace: { stepPercent: 5, everyMs: 120_000 } },
		],
		["drain --pop DUB --dry-run", { is: "plan" }],
		["undrain --pop DUB --json", { is: "undrain", isJson: true }],
		["status", { is: "status" }],
		["automation watch", { is: "automation", automation: "watch" }],
		["migrate", { is: "migrate" }],
		["rollback", { is: "rollback" }],
		["--help", { is: "help" }],
		["", { is: "help" }],
	])("%s is taken", (line, expected) =>
		expect(readCommand(line.split(" ").filter(Boolean))).toMatchObject(expected),
	);

	it.each([
		["drain", "Which one? npm run edge -- drain --pop DUB, or --zone DUB-a."],
		["drain DUB", '"DUB" is too much: places are --pop and --zone.'],
		["drain --pop DUB --step 0%", '--step is from 1% to 100%, whole; not "0%".'],
		["drain --pop DUB --step 1.5%", '--step is from 1% to 100%, whole; not "1.5%".'],
		["drain --pop DUB --every soon", '--every is 500ms, 2s or 1m, up to 10m; not "soon".'],
		["drain --pop DUB --every 11m", "up to 10m"],
		["drain --pop DUB --service mail", '--service is primary, backup, api; not "mail".'],
		["undrain --pop DUB --reason because", "undrain takes no --reason."],
		["automation maybe", 'automation is off, watch, on; not "maybe".'],
		["explode", 'There is no "explode": see npm run edge -- --help.'],
		["status --loud", "Unknown option '--loud'"],
	])("%s is refused", async (line, why) => {
		const ran = await runCommand(line.split(" "));
		expect(ran.code).toBe(2);
		expect(ran.text).toContain(why);
	});
});

describe("a run file", () => {
	it("is for its owner alone, says how the edge is reached, and is gone with its own run only", async () => {
		const folder = await mkdtemp(join(tmpdir(), "run-"));
		onTestFinished(() => rm(folder, { recursive: true }));
		const path = join(folder, "deep", "edge.json");
		const edge = { url: "http://127.0.0.1:1", token: CANARY_TOKEN };
		await leaveRunFile(edge, path);
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readRunFile(path)).toEqual(edge);
		await takeRunFile({ ...edge, token: "another" }, path);
		expect(await readRunFile(path)).toEqual(edge);
		// Nobody listens there: one line, and nothing of the token.
		const ran = await runCommand(["status", "--run-file", path]);
		expect(ran).toEqual({
			code: 1,
			text: "The playground does not answer: it has stopped, or is another one's.",
		});
		await takeRunFile(edge, path);
		await expect(readRunFile(path)).rejects.toThrow("No playground runs here");
		await writeFile(path, "{}");
		await expect(readRunFile(path)).rejects.toThrow("is not what a playground leaves");
	});
});
