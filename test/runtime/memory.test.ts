import { describe, expect, it } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { memoryLocks, memoryStorage } from "../../src/runtime/memory.js";

const { signal: patient } = new AbortController();

describe("storage in memory", () => {
	it("keeps what was set, by key, until it is deleted", async () => {
		const storage = memoryStorage();
		await storage.set("a", { n: 1 });
		await storage.set("__proto__", 2);
		await storage.set("a", { n: 3 });
		expect(await storage.get("a")).toEqual({ n: 3 });
		expect(await storage.keys()).toEqual(["a", "__proto__"]);
		await storage.delete("a");
		expect(await storage.get("a")).toBeUndefined();
		expect(await storage.get("b")).toBeUndefined();
		expect(await storage.keys()).toEqual(["__proto__"]);
	});
});

describe("locks in memory", () => {
	it("are held by one at a time, name by name", async () => {
		const locks = memoryLocks();
		const first = await locks.tryAcquire("a");
		expect(first).not.toBeNull();
		expect(await locks.tryAcquire("a")).toBeNull();
		expect(await locks.tryAcquire("b")).not.toBeNull();
		dispose(first);
		expect(await locks.tryAcquire("a")).not.toBeNull();
	});

	it("pass from hand to hand in the order of asking", async () => {
		const locks = memoryLocks();
		const order: number[] = [];
		let holder: Disposable | null = await locks.tryAcquire("a");
		const waiting = [1, 2, 3].map((n) =>
			locks.acquire("a", patient).then((lock) => {
				order.push(n);
				holder = lock;
			}),
		);
		for (const each of waiting) {
			expect(await locks.tryAcquire("a")).toBeNull();
			dispose(holder);
			await each;
		}
		expect(order).toEqual([1, 2, 3]);
		dispose(holder);
		expect(await locks.tryAcquire("a")).not.toBeNull();
	});

	it("let a waiter go that gave up, and skip it", async () => {
		const locks = memoryLocks();
		const first = await locks.acquire("a", patient);
		const controller = new AbortController();
		const impatient = locks.acquire("a", controller.signal);
		const other = locks.acquire("a", patient);
		controller.abort("enough");
		await expect(impatient).rejects.toBe("enough");
		await expect(locks.acquire("b", controller.signal)).rejects.toBe("enough");
		dispose(first);
		dispose(await other);
		expect(await locks.tryAcquire("a")).not.toBeNull();
	});

	it("are released once: a second dispose takes them from nobody else", async () => {
		const locks = memoryLocks();
		const first = await locks.tryAcquire("a");
		dispose(first);
		const second = await locks.tryAcquire("a");
		dispose(first);
		expect(second).not.toBeNull();
		expect(await locks.tryAcquire("a")).toBeNull();
	});

	it("of two objects know nothing of each other", async () => {
		expect(await memoryLocks().tryAcquire("a")).not.toBeNull();
		expect(await memoryLocks().tryAcquire("a")).not.toBeNull();
	});
});
