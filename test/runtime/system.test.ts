import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { dispose } from "../../src/reactive/disposable.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { memoryStorage } from "../../src/runtime/memory.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import { systemRuntime } from "../../src/runtime/system.js";

afterEach(() => vi.unstubAllGlobals());

// Complete by type: a new part does not compile until it is listed.
const PARTS: Record<keyof Runtime, true> = {
	clock: true,
	random: true,
	WebSocket: true,
	fetch: true,
	storage: true,
	locks: true,
	lifecycle: true,
	logger: true,
	resolver: true,
	connect: true,
	tabs: true,
};
const parts = Object.keys(PARTS) as (keyof Runtime)[];

describe("the system's runtime", () => {
	it("has every part", () => {
		const runtime = systemRuntime();
		// What the last ones are where nobody gave them is known where they are used.
		expect(parts.filter((part) => runtime[part] === undefined)).toEqual([
			...["resolver", "connect", "tabs"],
		]);
		expect(runtime.random()).toBeGreaterThanOrEqual(0);
		expect(runtime.random()).toBeLessThan(1);
	});

	it("is one object for all clients that replace nothing", () => {
		expect(systemRuntime()).toBe(systemRuntime({}));
	});

	it.each(parts)("has the given %s in place of its own, and all else as it was", (part) => {
		const mine = {} as never;
		const runtime = systemRuntime({ [part]: mine });
		expect(runtime[part]).toBe(mine);
		// The logger makes a difference for storage: its fallback is told there.
		const others = parts.filter((each) => each !== part && each !== "storage");
		for (const other of others) expect(runtime[other]).toBe(systemRuntime()[other]);
	});

	it("takes a part that is undefined for one that is not given", () => {
		const logger = undefined as unknown as Runtime["logger"];
		const runtime = systemRuntime({ logger, random: () => 0.5 });
		expect(runtime.logger).toBe(systemRuntime().logger);
	});

	it("keeps a getter of the given parts, and can itself be given", () => {
		let asked = 0;
		const storage = memoryStorage();
		const given = {
			get storage() {
				asked++;
				return storage;
			},
		};
		const runtime = systemRuntime(systemRuntime(given));
		expect(asked).toBe(0);
		expect(runtime.storage).toBe(storage);
	});

	it("makes a part at its first use, and once", async () => {
		const runtime = systemRuntime({ logger: silentLogger });
		expect(runtime.storage).toBe(runtime.storage);
		await runtime.storage.set("system", 1);
		expect(await runtime.storage.get("system")).toBe(1);
		const lock = await runtime.locks.tryAcquire("system");
		expect(await systemRuntime().locks.tryAcquire("system")).toBeNull();
		dispose(lock);
	});

	it("tells the given logger where storage falls back, whoever else has used storage before", async () => {
		const told: string[] = [];
		const logger = { ...silentLogger, warn: (event: string) => told.push(event) };
		await systemRuntime({ logger: silentLogger }).storage.keys();
		await systemRuntime({ logger }).storage.keys();
		expect(told).toEqual(["storage-fallback"]);
	});

	it("fetches with the platform's fetch of this moment", async () => {
		const { fetch } = systemRuntime();
		vi.stubGlobal("fetch", async (url: string) => new Response(url));
		expect(await (await fetch("https://a.example/")).text()).toBe("https://a.example/");
	});

	it("uses `ws` in Node, also where there is a global WebSocket", () => {
		vi.stubGlobal("WebSocket", class {});
		expect(systemRuntime().WebSocket).toBe(NodeWebSocket);
	});
});

describe("in a browser", () => {
	it("the WebSocket is the global one of this moment", async () => {
		vi.doMock("isomorphic-ws", () => ({ default: class Early {} }));
		vi.resetModules();
		const { systemWebSocket } = await import("../../src/runtime/websocket.js");
		class Late {}
		vi.stubGlobal("WebSocket", Late);
		expect(systemWebSocket()).toBe(Late);
	});

	it("that has none yet, it is none, and nothing throws before it is used", async () => {
		vi.doMock("isomorphic-ws", () => ({ default: null }));
		vi.resetModules();
		const { systemWebSocket } = await import("../../src/runtime/websocket.js");
		vi.stubGlobal("WebSocket", undefined);
		expect(systemWebSocket()).toBeUndefined();
		vi.doUnmock("isomorphic-ws");
	});
});
