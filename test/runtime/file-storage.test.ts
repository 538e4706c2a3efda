import { appendFile, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { fileScene, record } from "./file-scene.js";

const scene = fileScene();
const { storage, files, segments, leave, stored } = scene;

describe("storage in files", () => {
	it("keeps what was set, by key, until it is deleted", async () => {
		const first = storage();
		await first.set("a", { n: 1 });
		await first.set("a", { n: 2, text: "ü€𝄞\n" });
		await first.set("__proto__", [null]);
		await first.set("gone", 1);
		await first.delete("gone");
		await first.delete("never there");
		expect(await first.get("a")).toEqual({ n: 2, text: "ü€𝄞\n" });
		expect(await first.get("gone")).toBeUndefined();
		expect(await first.keys()).toEqual(["a", "__proto__"]);
		expect(Object.entries(await stored())).toEqual(
			Object.entries(JSON.parse('{"a":{"n":2,"text":"ü€𝄞\\n"},"__proto__":[null]}')),
		);
	});

	it("makes the directory at its first use, for its owner's eyes alone, and nothing before", async () => {
		const where = join(scene.directory, "a", "b");
		const made = storage(where);
		expect(await files()).toEqual([]);
		await made.set("a", 1);
		expect(await stored(where)).toEqual({ a: 1 });
	});

	it("gives a copy each time, so that nobody changes what is stored", async () => {
		const made = storage();
		await made.set("a", { list: [1] });
		((await made.get("a")) as { list: number[] }).list.push(2);
		expect(await made.get("a")).toEqual({ list: [1] });
	});

	it("keeps the order of calls, though nobody waited between them", async () => {
		const made = storage();
		const done = [
			made.set("a", 1),
			made.delete("a"),
			made.set("b", 1),
			made.get("b"),
			made.set("b", 2),
			made.keys(),
		];
		const results = await Promise.all(done);
		expect(results[5]).toEqual(["b"]);
		expect(await stored()).toEqual({ b: 2 });
	});

	it("syncs many writes at once", async () => {
		const file = await open(join(scene.directory, "any"), "w");
		const synced = vi.spyOn(Object.getPrototypeOf(file), "datasync");
		await file.close();
		const made = storage();
		await made.set("first", 0);
		synced.mockClear();
		const done: Promise<void>[] = [];
		for (let n = 0; n < 5_000; n++) done.push(made.set(`key ${n % 100}`, n));
		await Promise.all(done);
		// One at a time would be 5,000; compaction adds a few.
		expect(synced.mock.calls.length).toBeLessThan(10);
		expect(await made.get("key 99")).toBe(4_999);
	});

	it("rejects what is no JSON, and goes on", async () => {
		const made = storage();
		const circular: { self?: unknown } = {};
		circular.self = circular;
		await expect(made.set("a", circular)).rejects.toBeInstanceOf(TypeError);
		await expect(made.set("a", 1n)).rejects.toBeInstanceOf(TypeError);
		await made.set("a", undefined);
		expect([await made.get("a"), await made.keys()]).toEqual([null, ["a"]]);
	});

	it("refuses work after it was disposed, and finishes what came before", async () => {
		const made = storage();
		const done = made.set("a", 1);
		await made[ASYNC_DISPOSE]();
		await done;
		await expect(made.get("a")).rejects.toMatchObject({ code: "closed" });
		await made[ASYNC_DISPOSE]();
		expect(await stored()).toEqual({ a: 1 });
	});
});

describe("several that share a directory", () => {
	it("see each other's records, and the later word counts", async () => {
		const [a, b] = [storage(), storage()];
		await a.set("from a", 1);
		expect(await b.get("from a")).toBe(1);
		await b.set("from a", 2);
		await b.set("from b", 3);
		await a.set("other", 4);
		expect(await a.get("from a")).toBe(2);
		await a.delete("from b");
		expect([...(await b.keys())].sort()).toEqual(["from a", "other"]);
		expect(await stored()).toEqual({ "from a": 2, other: 4 });
	});

	it("delete what another wrote, unread by them so far", async () => {
		const [a, b] = [storage(), storage()];
		await b.keys();
		await a.set("x", 1);
		await b.delete("x");
		expect(await stored()).toEqual({});
	});

	it("forget together what one has deleted, rewritten, and no longer mentions", async () => {
		const [a, b] = [storage(), storage()];
		await a.set("x", 1);
		expect(await b.keys()).toEqual(["x"]);
		const filler = "f".repeat(1_000_000);
		await a.delete("x");
		for (let n = 0; n < 3; n++) await a.set("filler", filler);
		expect(await b.keys()).toEqual(["filler"]);
	});

	it("never lose or bring back a record, in any order of work", async () => {
		const both = [storage(), storage()] as const;
		const expected = new Map<string, number>();
		for (let n = 0; n < 300; n++) {
			const who = both[n % 7 < 4 ? 0 : 1];
			const key = `${(n * 7) % 23}`;
			await who.get(key);
			if (n % 3 === 0) {
				await who.delete(key);
				expected.delete(key);
			} else {
				await who.set(key, n);
				expected.set(key, n);
			}
			if (n % 50 === 49) await leave(`${n}`, record(1, key, "an older word"));
		}
		expect(await stored()).toEqual(Object.fromEntries(expected));
	});
});

describe("compaction", () => {
	it("keeps a directory small, however often one key is set", async () => {
		const made = storage();
		const value = "v".repeat(10_000);
		for (let n = 0; n < 50; n++)
			await Promise.all([1, 2, 3, 4].map((key) => made.set(`${key}`, `${n} ${value}`)));
		const sizes = await Promise.all(
			(await segments()).map(async (name) => (await readFile(join(scene.directory, name))).length),
		);
		expect(sizes).toHaveLength(1);
		expect(sizes[0]).toBeLessThan(1_200_000);
		expect(await made.get("4")).toBe(`49 ${value}`);
	});

	it("merges what the dead have left, once", async () => {
		await leave("one", Buffer.concat([record(1, "a", 1), record(2, "b", 1)]));
		await leave("two", Buffer.concat([record(3, "a"), record(3, "c", 1)]));
		await writeFile(join(scene.directory, "0-0-old.records.draft"), "half a segment");
		expect(await stored()).toEqual({ b: 1, c: 1 });
		expect(await segments()).toHaveLength(1);
		expect((await files()).filter((name) => name.endsWith(".draft"))).toEqual([]);
	});

	it("leaves alone what a living process writes", async () => {
		const living = `${process.pid}-0-living.records`;
		await writeFile(join(scene.directory, living), record(1, "a", 1));
		await leave("dead", record(1, "b", 1));
		const made = storage();
		expect(await made.keys()).toEqual(["a", "b"]);
		await appendFile(join(scene.directory, living), record(2, "c", 1));
		expect([...(await made.keys())].sort()).toEqual(["a", "b", "c"]);
		expect(await segments()).toContain(living);
	});

	it("interrupted after any of its steps loses nothing and brings nothing back", async () => {
		// The value in one file, its deletion in another: whichever of them goes first.
		const value = record(1, "x", "deleted since");
		const deletion = Buffer.concat([record(2, "x"), record(2, "y", 1)]);
		await leave("value", value);
		await leave("deletion", deletion);
		expect(await stored()).toEqual({ y: 1 });
		await leave("value", value);
		expect(await stored()).toEqual({ y: 1 });
		await leave("deletion", deletion);
		expect(await stored()).toEqual({ y: 1 });
	});
});
