import { describe, expect, it } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { webLocks } from "../../src/runtime/locks.js";
import { memoryLocks } from "../../src/runtime/memory.js";

type Grant = (lock: Lock | null) => unknown;

/** The part of the Web Locks API that is used: exclusive, `ifAvailable`, `signal`. */
function fakeManager(): Pick<LockManager, "request"> & { readonly held: ReadonlySet<string> } {
	const held = new Set<string>();
	const queue: (() => void)[] = [];
	const request = async (name: string, options: LockOptions, grant: Grant): Promise<unknown> => {
		options.signal?.throwIfAborted();
		if (held.has(name) && options.ifAvailable) return grant(null);
		while (held.has(name)) {
			await new Promise<void>((resolve, reject) => {
				queue.push(resolve);
				options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
			});
		}
		held.add(name);
		try {
			return await grant({ name, mode: "exclusive" });
		} finally {
			held.delete(name);
			for (const turn of queue.splice(0)) turn();
		}
	};
	return { request: request as LockManager["request"], held };
}

describe("Web Locks", () => {
	it("are held until disposed", async () => {
		const manager = fakeManager();
		const locks = webLocks(manager, memoryLocks());
		const lock = await locks.tryAcquire("a");
		expect([...manager.held]).toEqual(["a"]);
		expect(await locks.tryAcquire("a")).toBeNull();
		dispose(lock);
		dispose(await locks.acquire("a", new AbortController().signal));
	});

	it("are waited for, until the waiter gives up", async () => {
		const locks = webLocks(fakeManager(), memoryLocks());
		await locks.tryAcquire("a");
		const controller = new AbortController();
		const waiting = locks.acquire("a", controller.signal);
		controller.abort("enough");
		await expect(waiting).rejects.toBe("enough");
	});

	it("fall back where the document may have none, and exclude there too", async () => {
		const refuse = () => Promise.reject(new DOMException("opaque origin", "SecurityError"));
		const locks = webLocks({ request: refuse }, memoryLocks());
		const lock = await locks.tryAcquire("a");
		expect(await locks.tryAcquire("a")).toBeNull();
		const next = locks.acquire("a", new AbortController().signal);
		dispose(lock);
		await next;
	});

	it("pass on any other refusal of the platform's", async () => {
		const refusal = new DOMException("not fully active", "InvalidStateError");
		const locks = webLocks({ request: () => Promise.reject(refusal) }, memoryLocks());
		await expect(locks.tryAcquire("a")).rejects.toBe(refusal);
	});
});
