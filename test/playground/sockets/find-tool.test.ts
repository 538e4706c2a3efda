import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	findTool,
	missingTool,
	TOOL_NAMES,
	TOOLS_FOLDER,
} from "../../../playground/edge/tools/find-tool.js";

let folder = "";

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "holdfast-tools-"));
});

afterEach(async () => {
	vi.unstubAllEnvs();
	await rm(folder, { recursive: true });
});

async function write(name: string, lines: string): Promise<void> {
	await writeFile(join(folder, name), `#!/bin/sh\n${lines}\n`);
	await chmod(join(folder, name), 0o755);
}

describe("findTool", () => {
	it("knows the version of what is on PATH, whichever stream it is told on", async () => {
		vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
		await write("dig", "echo 'DiG 9.99.1-Debian' >&2");
		const found = await findTool("dig");
		if (!found?.path.startsWith(TOOLS_FOLDER))
			expect(found).toEqual({ path: join(folder, "dig"), version: "9.99.1" });
	});

	it("passes over a program that does not start", async () => {
		vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
		await write("dig", "exit 127");
		expect((await findTool("dig"))?.path).not.toBe(join(folder, "dig"));
	});

	it("has a line for each that says how to get it", () => {
		for (const name of TOOL_NAMES)
			expect(missingTool(name)).toContain(`npm run edge:install ${name}`);
	});
});
