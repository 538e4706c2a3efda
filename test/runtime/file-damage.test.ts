import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { fileScene, record } from "./file-scene.js";

const scene = fileScene();
const { storage, files, leave, stored, logged, disposeAll } = scene;

describe("damage", () => {
	const LOG = [record(1, "a", 1), record(2, "b", "ü€"), record(3, "c", [1]), record(4, "a", 2)];
	const EXPECTED = [{}, { a: 1 }, { a: 1, b: "ü€" }, { a: 1, b: "ü€", c: [1] }];
	const bytes = Buffer.concat(LOG);
	const starts = LOG.map((_, n) => Buffer.concat(LOG.slice(0, n)).length);
	const recordAt = (offset: number): number => starts.findLastIndex((start) => start <= offset);

	async function storedIn(spoilt: Buffer): Promise<Record<string, unknown>> {
		for (const name of await files()) await rm(join(scene.directory, name));
		await leave("crashed", spoilt);
		const found = await stored();
		await disposeAll();
		return found;
	}

	it("by a write torn at any byte costs no record that was whole", async () => {
		for (const offset of bytes.keys())
			expect(await storedIn(bytes.subarray(0, offset))).toEqual(EXPECTED[recordAt(offset)]);
	});

	it("in any one byte costs that record and no other, and is set aside and told", async () => {
		const all = { a: 2, b: "ü€", c: [1] };
		const expected = [all, { a: 2, c: [1] }, { a: 2, b: "ü€" }, { ...all, a: 1 }];
		for (const offset of bytes.keys()) {
			logged.length = 0;
			const spoilt = Buffer.from(bytes);
			spoilt[offset] = (spoilt[offset] ?? 0) ^ 0xff;
			expect(await storedIn(spoilt)).toEqual(expected[recordAt(offset)]);
			const name = "0-0-crashed.records";
			expect(logged).toEqual([["storage-damaged", { name }]]);
			expect(await readFile(join(scene.directory, `${name}.damaged`))).toEqual(spoilt);
		}
	});

	it("is not what a foreign file is: it is set aside if it bears our name, else left alone", async () => {
		await leave("foreign", Buffer.from("not ours at all"));
		await writeFile(join(scene.directory, "notes.txt"), "mine");
		await writeFile(join(scene.directory, "nonsense.records"), "mine too");
		expect(await stored()).toEqual({});
		expect((await files()).filter((name) => !name.startsWith("compaction.lock"))).toEqual([
			"0-0-foreign.records.damaged",
			"nonsense.records.damaged",
			"notes.txt",
		]);
	});
});

describe("a disk that fails", () => {
	/** File handles share a class that Node does not name. */
	async function handles(): Promise<{ datasync(): Promise<void>; write(): Promise<unknown> }> {
		const file = await open(join(scene.directory, "any"), "w");
		await file.close();
		return Object.getPrototypeOf(file);
	}

	it.each(["datasync", "write"] as const)(
		"in %s rejects those who wait, and not the next",
		async (call) => {
			const made = storage();
			await made.set("before", 1);
			const full = Object.assign(new Error("disk full"), { code: "ENOSPC" });
			vi.spyOn(await handles(), call).mockRejectedValueOnce(full);
			const [one, two] = await Promise.allSettled([made.set("lost", 1), made.set("lost too", 1)]);
			expect([one, two]).toMatchObject([
				{ status: "rejected", reason: { code: "ENOSPC" } },
				{ status: "rejected", reason: { code: "ENOSPC" } },
			]);
			expect(await made.keys()).toEqual(["before"]);
			await made.set("after", 1);
			expect(await stored()).toEqual({ before: 1, after: 1 });
		},
	);

	it("while compacting costs nothing but room", async () => {
		const made = storage();
		const filler = "f".repeat(600_000);
		await made.set("a", filler);
		vi.spyOn(await handles(), "datasync")
			.mockImplementationOnce(async () => undefined)
			.mockRejectedValueOnce(new Error("disk full"));
		await made.set("b", filler);
		expect(Object.keys(await stored()).sort()).toEqual(["a", "b"]);
		expect(logged).toMatchObject([["storage-compaction", {}]]);
	});

	it("that cannot be read rejects, and is read once it can", async () => {
		const blocked = join(scene.directory, "file");
		await writeFile(blocked, "");
		const made = storage(join(blocked, "below"));
		await expect(made.get("a")).rejects.toMatchObject({ code: "ENOTDIR" });
		await rm(blocked);
		await made.set("a", 1);
		expect(await made.get("a")).toBe(1);
	});
});
