import { describe, expect, it } from "vitest";
import { ResilientWebSocket } from "../../src/websocket/resilient.js";
import { createFaultProxy } from "../support/fault-proxy.js";
import { until, when } from "../support/until.js";
import { serve } from "./drop-ins/library.js";

/** Two servers behind proxies, and a socket that knows both. */
async function setUp() {
	const heard: string[] = [];
	const listen = () =>
		serve((peer) => {
			peer.on("message", (data) => {
				if (String(data) === "ping") peer.send("pong");
				else heard.push(String(data));
			});
		});
	const servers = [await listen(), await listen()] as const;
	const [first, second] = servers;
	const primary = await createFaultProxy(first.port);
	const backup = await createFaultProxy(second.port);
	const socket = new ResilientWebSocket(
		[primary, backup].map(({ port }) => `ws://127.0.0.1:${port}/live`),
		[],
		{
			reconnect: { dialTimeoutMs: 1_000, firstRedialWindowMs: 50, baseMs: 50, maxMs: 200 },
			heartbeat: {
				message: () => "ping",
				isReply: (data) => data === "pong",
				idleMs: 300,
				timeoutMs: 500,
			},
		},
	);
	const closes: number[] = [];
	socket.onclose = ({ code }) => closes.push(code);
	return {
		...{ heard, servers, primary, backup, socket, closes },
		sockets: () => first.sockets + second.sockets,
		async [Symbol.asyncDispose]() {
			socket.close();
			for (const each of [primary, backup, ...servers]) await each[Symbol.asyncDispose]();
		},
	};
}

describe("ResilientWebSocket on real sockets", () => {
	it("is back after each of five kills with one socket, and sends in order what was said meanwhile", async () => {
		await using scene = await setUp();
		const { socket, primary, backup, heard, closes } = scene;
		let said = 0;
		for (let kill = 0; kill < 5; kill++) {
			await until(() => socket.readyState === 1, "a link");
			// Listened for before: it may be over within one look of until().
			const noticed = when(socket.connection, ({ status }) => status !== "connected", "the kill");
			for (const proxy of [primary, backup]) proxy.reset();
			await noticed;
			for (let n = 0; n < 10; n++) socket.send(String(said++));
			await until(() => heard.length === said, "all that was said");
			await until(() => scene.sockets() === 1, "one socket, no more");
		}
		expect(heard).toEqual(Array.from({ length: said }, (_, n) => String(n)));
		expect(closes).toEqual([]);
	});

	it("notices a black hole by its question, and a server that hangs by its deadline", async () => {
		await using scene = await setUp();
		const { socket, primary, servers, closes } = scene;
		await until(() => socket.readyState === 1, "a link");
		primary.mute();
		await until(() => servers[1].sockets === 1, "the backup");
		expect([socket.readyState, closes]).toEqual([1, []]);
		expect(socket.connection.get()).toMatchObject({ status: "connected", role: "backup" });
	});

	it("sends and receives bytes and blobs over a link of its own making", async () => {
		await using server = await serve((peer) => {
			peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
		});
		const socket = new ResilientWebSocket(`ws://127.0.0.1:${server.port}`);
		const heard: unknown[] = [];
		socket.binaryType = "arraybuffer";
		socket.onmessage = ({ data }) => heard.push(typeof data === "string" ? data : data.byteLength);
		socket.send(new Blob(["four"]));
		socket.send("text");
		socket.send(new Uint8Array(3));
		await until(() => heard.length === 3, "three answers");
		expect(heard).toEqual([4, "text", 3]);
		socket.close();
		await until(() => socket.readyState === 3, "its end");
	});
});
