import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { fileLocks } from "../../src/runtime/file-locks.js";
import { isAlive, NOBODY, thisOwner } from "../../src/runtime/file-owner.js";

let beforeLink = (): void => {};
vi.mock("node:fs", async (original) => {
	const fs = await original<typeof import("node:fs")>();
	const linkSync: typeof fs.linkSync = (...paths) => {
		beforeLink();
		fs.linkSync(...paths);
	};
	return { ...fs, linkSync };
});

let directory: string;
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), "holdfast-locks-"));
});
afterEach(async () => {
	beforeLink = () => {};
	await rm(directory, { recursive: true, force: true });
});

const { signal: patient } = new AbortController();
/** No process of this machine has that number: 2^22 is the most that Linux gives. */
const DEAD = "4194305-0";

describe("the owner of a file", () => {
	it("is alive as long as its process", () => {
		expect([thisOwner(), NOBODY, DEAD, "", "nonsense", "-1-0"].map(isAlive)).toEqual([
			true,
			false,
			false,
			false,
			false,
			false,
		]);
	});

	it("is not whoever has its number now", () => {
		const [pid, birth] = thisOwner().split("-");
		expect(birth).toMatch(/^[0-9a-f]{8}\d+$/);
		expect(isAlive(`${pid}-${birth}1`)).toBe(false);
		// Where births are not known, the number has to do.
		expect(isAlive(`${pid}-0`)).toBe(true);
	});
});

describe("locks in files", () => {
	it("are held by one at a time, name by name, until disposed", async () => {
		const [a, b] = [fileLocks(directory), fileLocks(directory)];
		const lock = await a.tryAcquire("outbox/ann/0");
		expect(lock).not.toBeNull();
		expect(await b.tryAcquire("outbox/ann/0")).toBeNull();
		expect(await a.tryAcquire("outbox/ann/0")).toBeNull();
		expect(await b.tryAcquire("outbox/ann/1")).not.toBeNull();
		dispose(lock);
		const next = await b.tryAcquire("outbox/ann/0");
		expect(next).not.toBeNull();
		dispose(lock);
		expect(await a.tryAcquire("outbox/ann/0")).toBeNull();
	});

	it("make their directory, and take any name", async () => {
		const locks = fileLocks(join(directory, "a", "b"));
		for (const name of ["../../escape", "", "..", "ü €", "a.1", "a"])
			expect(await locks.tryAcquire(name)).not.toBeNull();
		expect(await readdir(directory)).toEqual(["a"]);
		expect(await readdir(join(directory, "a"))).toEqual(["b"]);
	});

	it("of the dead, of nobody and of what is no process are free", async () => {
		const locks = fileLocks(directory);
		for (const holder of [DEAD, "", "nonsense"]) {
			await writeFile(join(directory, `${holder}x.lock.4`), holder);
			expect(await locks.tryAcquire(`${holder}x`)).not.toBeNull();
		}
	});

	it("pass to one waiter at a time", async () => {
		const locks = fileLocks(directory);
		let holders = 0;
		let most = 0;
		const turns = Array.from({ length: 8 }, async () => {
			const lock = await locks.acquire("a", patient);
			most = Math.max(most, ++holders);
			await new Promise((resolve) => setImmediate(resolve));
			holders--;
			dispose(lock);
		});
		await Promise.all(turns);
		expect(most).toBe(1);
	});

	it("let a waiter go that gives up", async () => {
		const locks = fileLocks(directory);
		const lock = await locks.tryAcquire("a");
		const controller = new AbortController();
		const waiting = locks.acquire("a", controller.signal);
		await new Promise((resolve) => setImmediate(resolve));
		controller.abort("enough");
		await expect(waiting).rejects.toBe("enough");
		await expect(locks.acquire("b", controller.signal)).rejects.toBe("enough");
		dispose(lock);
	});

	it("leave one small file a name, however often they change hands", async () => {
		const locks = fileLocks(directory);
		for (let n = 0; n < 20; n++) dispose(await locks.tryAcquire("a"));
		expect(await readdir(directory)).toEqual(["a.lock.20"]);
	});

	it("do not fall to one who comes late with an old number", async () => {
		await writeFile(join(directory, "a.lock.4"), "");
		// Between its look and its link, others have taken 5 and 6, and tidied.
		beforeLink = () => {
			writeFileSync(join(directory, "a.lock.6"), thisOwner());
			rmSync(join(directory, "a.lock.4"));
		};
		expect(await fileLocks(directory).tryAcquire("a")).toBeNull();
		expect(await readdir(directory)).toEqual(["a.lock.6"]);
	});

	it("may be disposed after the directory is gone", async () => {
		const lock = await fileLocks(directory).tryAcquire("a");
		await rm(directory, { recursive: true });
		dispose(lock);
	});
});
