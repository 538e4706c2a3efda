import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import {
	createFaultProxy,
	type FaultProxy,
	type FaultProxyOptions,
} from "../support/fault-proxy.js";

const stops: (() => unknown)[] = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

/** A server that says everything back, behind a proxy. */
async function echo(options?: FaultProxyOptions): Promise<FaultProxy> {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error("no port");
	const proxy = await createFaultProxy(address.port, options);
	stops.push(() => server.close());
	stops.push(() => proxy[ASYNC_DISPOSE]());
	return proxy;
}

async function join(proxy: FaultProxy): Promise<{ socket: Socket; heard: () => string }> {
	const socket = connect({ port: proxy.port, host: "127.0.0.1" });
	let heard = "";
	socket.on("data", (bytes) => {
		heard += bytes.toString("latin1");
	});
	socket.on("error", () => {});
	stops.push(() => socket.destroy());
	await once(socket, "connect");
	return { socket, heard: () => heard };
}

async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Long enough for anything on loopback to arrive that was going to. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe("a fault proxy", () => {
	it("strands the links that live, for good, and passes new ones", async () => {
		const proxy = await echo();
		const { socket, heard } = await join(proxy);
		socket.write("one");
		await until(() => heard() === "one");
		proxy.strand();
		socket.write("two");
		const fresh = await join(proxy);
		fresh.socket.write("hello");
		await until(() => fresh.heard() === "hello");
		await proxy.pass();
		await quiet();
		expect([heard(), socket.destroyed, proxy.open]).toEqual(["one", false, 2]);
	});

	it("passes bytes both ways and counts them", async () => {
		const proxy = await echo();
		const { socket, heard } = await join(proxy);
		socket.write("hello");
		await until(() => heard() === "hello");
		expect([proxy.connections, proxy.open, proxy.bytes]).toEqual([1, 1, { up: 5, down: 5 }]);
		socket.end();
		await once(socket, "close");
		await until(() => proxy.open === 0);
	});

	it("refuses new connections, keeps the live ones, and heals on the same port", async () => {
		const proxy = await echo();
		const { socket, heard } = await join(proxy);
		await proxy.refuse();
		await expect(join(proxy)).rejects.toMatchObject({ code: "ECONNREFUSED" });
		socket.write("still here");
		await until(() => heard() === "still here");
		const { port } = proxy;
		await proxy.pass();
		expect(proxy.port).toBe(port);
		await join(proxy);
	});

	it("resets", async () => {
		const proxy = await echo();
		const { socket } = await join(proxy);
		await until(() => proxy.open === 1);
		const failed = once(socket, "error");
		proxy.reset();
		expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
	});

	it("ends in the orderly way", async () => {
		const proxy = await echo();
		const { socket } = await join(proxy);
		await until(() => proxy.open === 1);
		const ended = once(socket, "end");
		proxy.fin();
		await ended;
	});

	it("accepts and swallows", async () => {
		const proxy = await echo();
		proxy.hang();
		const { socket, heard } = await join(proxy);
		socket.write("hello?");
		await quiet();
		expect([heard(), socket.readyState, proxy.bytes.up]).toEqual(["", "open", 0]);
		const failed = once(socket, "error");
		proxy.reset();
		expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
		await until(() => proxy.open === 0);
	});

	it.each([
		["up", { up: 0, down: 0 }],
		["down", { up: 6, down: 0 }],
	] as const)("swallows one way, %s, and hides even the end, until healed", async (way, bytes) => {
		const proxy = await echo();
		const { socket, heard } = await join(proxy);
		await until(() => proxy.open === 1);
		proxy.mute(way);
		socket.write("hello!");
		await quiet();
		expect([heard(), socket.readyState, proxy.bytes]).toEqual(["", "open", bytes]);
		await proxy.pass();
		await until(() => heard() === "hello!");
	});

	it("delays every byte, and keeps their order", async () => {
		const proxy = await echo({ latencyMs: 40 });
		const { socket, heard } = await join(proxy);
		const startedAt = performance.now();
		for (const byte of "abcdef") socket.write(byte);
		await until(() => heard() === "abcdef");
		// Once there and once back.
		expect(performance.now() - startedAt).toBeGreaterThanOrEqual(80);
	});

	it("drips, and lets the sender feel it", async () => {
		const proxy = await echo({ dripRate: 2_000 });
		const { socket, heard } = await join(proxy);
		const startedAt = performance.now();
		socket.write("x".repeat(200));
		await until(() => heard().length === 200);
		expect(performance.now() - startedAt).toBeGreaterThanOrEqual(90);
		socket.write(Buffer.alloc(8_000_000));
		await quiet();
		expect(socket.writableLength).toBeGreaterThan(0);
	});

	it("forgets an idle link, and resets it at its next byte", async () => {
		const proxy = await echo({ idleMs: 20 });
		const { socket } = await join(proxy);
		await quiet();
		expect(socket.readyState).toBe("open");
		const failed = once(socket, "error");
		socket.write("anybody?");
		expect(await failed).toMatchObject([{ code: "ECONNRESET" }]);
	});

	it("passes a reset on", async () => {
		const proxy = await echo();
		const { socket } = await join(proxy);
		await until(() => proxy.open === 1);
		socket.resetAndDestroy();
		await until(() => proxy.open === 0);
	});
});
