import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE, dispose } from "../../src/reactive/disposable.js";
import { fileLocks } from "../../src/runtime/file-locks.js";
import { fileStorage } from "../../src/runtime/file-storage.js";

let directory: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), "holdfast-processes-"));
});
afterEach(async () => {
	for (const child of children) child.kill("SIGKILL");
	children.clear();
	await rm(directory, { recursive: true, force: true });
});

function start(script: string, ...args: readonly string[]): ChildProcess {
	const path = fileURLToPath(new URL(`../support/children/${script}.ts`, import.meta.url));
	const child = spawn(process.execPath, ["--import", "tsx", path, directory, ...args], {
		stdio: ["pipe", "pipe", "inherit"],
	});
	children.add(child);
	child.once("exit", () => children.delete(child));
	return child;
}

/** Hands over each line until told that it was enough; kills then, and waits for the end. */
async function killWhen(child: ChildProcess, isEnough: (line: string) => boolean): Promise<void> {
	const ended = once(child, "exit");
	for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
		if (isEnough(line)) child.kill("SIGKILL");
	await ended;
}

describe("a process that is killed while it writes", () => {
	it("has kept every record that it was promised, and none that it was promised to be gone", async () => {
		const set = new Set<number>();
		const deleting = new Set<number>();
		const deleted = new Set<number>();
		const sets: Record<string, Set<number>> = { set, deleting, deleted };
		for (const [round, lines] of [40, 900, 2_000, 3_500].entries()) {
			let seen = 0;
			const child = start("storage-writer", `${round * 100_000}`);
			await killWhen(child, (line) => {
				const [what = "", n] = line.split(" ");
				sets[what]?.add(Number(n));
				return ++seen >= lines;
			});
		}
		const storage = fileStorage(directory);
		const keys = new Set((await storage.keys()).map(Number));
		const lost = [...set].filter((n) => !deleting.has(n) && !keys.has(n));
		const back = [...deleted].filter((n) => keys.has(n));
		expect({ lost, back }).toEqual({ lost: [], back: [] });
		expect(set.size).toBeGreaterThan(2_000);
		for (const n of keys) expect(await storage.get(`${n}`)).toMatchObject({ n });
		await storage[ASYNC_DISPOSE]();
	});
});

describe("locks among processes", () => {
	it("are held by one at a time", async () => {
		await writeFile(join(directory, "counter"), "0");
		const counting = [1, 2, 3].map(() => once(start("lock-holder", "count"), "exit"));
		expect(await Promise.all(counting)).toEqual([
			[0, null],
			[0, null],
			[0, null],
		]);
		expect(await readFile(join(directory, "counter"), "utf8")).toBe("300");
	});

	it("are free again when their holder is killed", async () => {
		const child = start("lock-holder", "hold");
		const locks = fileLocks(directory);
		await once(child.stdout as NodeJS.ReadableStream, "data");
		expect(await locks.tryAcquire("shared")).toBeNull();
		const taken = locks.acquire("shared", new AbortController().signal);
		child.kill("SIGKILL");
		dispose(await taken);
	});

	it("stay with a holder that is only stopped", async () => {
		const child = start("lock-holder", "hold");
		await once(child.stdout as NodeJS.ReadableStream, "data");
		child.kill("SIGSTOP");
		expect(await fileLocks(directory).tryAcquire("shared")).toBeNull();
		child.kill("SIGCONT");
	});
});
