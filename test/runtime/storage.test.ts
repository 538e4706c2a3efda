import { IDBFactory } from "fake-indexeddb";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Logger } from "../../src/runtime/runtime.js";
import { IndexedDbStorage } from "../../src/runtime/storage.js";
import { createVirtualClock, type VirtualClock } from "../../src/testing/virtual-clock.js";

afterEach(() => vi.unstubAllGlobals());

interface Scene {
	readonly storage: IndexedDbStorage;
	readonly clock: VirtualClock;
	readonly logged: readonly unknown[];
}

/** Storage over this IndexedDB, or over none. */
function scene(factory: Partial<IDBFactory> | undefined): Scene {
	vi.stubGlobal("indexedDB", factory);
	const logged: unknown[] = [];
	const log = (event: string, fields?: object) => logged.push([event, fields]);
	const logger: Logger = { debug: log, info: log, warn: log, error: log };
	const clock = createVirtualClock();
	return { storage: new IndexedDbStorage({ clock, logger }), clock, logged };
}

/** An IndexedDB whose next `failures` writes throw this. */
function failing(name: string, failures: number): IDBFactory {
	const factory = new IDBFactory();
	const open = factory.open.bind(factory);
	let left = failures;
	factory.open = (...args) => {
		const request = open(...args);
		request.addEventListener("success", () => {
			const { transaction } = request.result;
			request.result.transaction = (...asked: Parameters<typeof transaction>) => {
				if (left-- > 0) throw new DOMException("planted", name);
				return transaction.apply(request.result, asked);
			};
		});
		return request;
	};
	return factory;
}

describe("storage in IndexedDB", () => {
	it("keeps what was set, by key, for all who open it", async () => {
		const factory = new IDBFactory();
		const { storage, logged, clock } = scene(factory);
		await storage.set("a", { n: 1 });
		await storage.set("__proto__", "x");
		await storage.set("a", { n: 2 });
		await storage.set("b", 3);
		await storage.delete("b");
		const other = scene(factory).storage;
		expect(await other.get("a")).toEqual({ n: 2 });
		expect(await other.get("b")).toBeUndefined();
		expect([...(await other.keys())].sort()).toEqual(["__proto__", "a"]);
		expect(logged).toEqual([]);
		expect(clock.pending).toEqual([]);
	});

	it("is a database of its own, so that no other library's records are among ours", async () => {
		const factory = new IDBFactory();
		await scene(factory).storage.set("a", 1);
		expect((await factory.databases()).map(({ name }) => name)).toEqual(["holdfast"]);
	});

	it("rejects when the disk is full, and goes on afterwards", async () => {
		const { storage, logged } = scene(failing("QuotaExceededError", 1));
		await expect(storage.set("a", 1)).rejects.toMatchObject({ name: "QuotaExceededError" });
		await storage.set("b", 2);
		expect(await storage.keys()).toEqual(["b"]);
		expect(logged).toEqual([]);
	});

	it("rejects what cannot be stored: that is the caller's mistake", async () => {
		const { storage, logged } = scene(new IDBFactory());
		await expect(storage.set("a", () => 1)).rejects.toMatchObject({ name: "DataCloneError" });
		expect(logged).toEqual([]);
	});

	it("is opened again, once, when it has become invalid", async () => {
		const factory = failing("InvalidStateError", 1);
		const opened = vi.spyOn(factory, "open");
		const { storage, logged } = scene(factory);
		await storage.set("a", 1);
		expect(opened).toHaveBeenCalledTimes(2);
		expect(await storage.get("a")).toBe(1);
		expect(logged).toEqual([]);
	});
});

describe("memory takes over", () => {
	const broken: Partial<IDBFactory> = {
		open: () => {
			throw new DOMException("denied", "SecurityError");
		},
	};

	it.each([
		["there is no IndexedDB", undefined, "ReferenceError|TypeError"],
		["IndexedDB may not be used", broken, "SecurityError"],
		["it stays invalid after reopening", failing("InvalidStateError", 9), "InvalidStateError"],
		["the disk is broken", failing("UnknownError", 9), "UnknownError"],
	])("where %s, and says so once", async (scenario, factory, reason) => {
		const { storage, logged } = scene(factory);
		const key = `key of ${scenario}`;
		await storage.set(key, 1);
		expect(await storage.get(key)).toBe(1);
		expect(await storage.keys()).toContain(key);
		await storage.delete(key);
		expect(await storage.get(key)).toBeUndefined();
		const fields = { reason: expect.stringMatching(`^(${reason})$`) };
		expect(logged).toEqual([["storage-fallback", fields]]);
	});

	it("where IndexedDB does not open, for all who wait, and says so once", async () => {
		const { storage, clock, logged } = scene({ open: () => ({}) as IDBOpenDBRequest });
		const both = Promise.all([storage.set("late", 1), storage.keys()]);
		await clock.advance(2_999);
		expect(logged).toEqual([]);
		await clock.advance(1);
		await both;
		expect(await storage.get("late")).toBe(1);
		expect(logged).toEqual([["storage-fallback", { reason: "RealtimeError" }]]);
		expect(clock.pending).toEqual([]);
	});

	it("and is shared by all who had to fall back", async () => {
		await scene(undefined).storage.set("shared", 1);
		expect(await scene(undefined).storage.get("shared")).toBe(1);
	});
});
