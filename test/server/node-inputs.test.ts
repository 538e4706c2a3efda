import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import {
	closeCode,
	emptied,
	frame,
	greet,
	HELLO,
	nodeRigs,
	PROTOCOL_HEADER,
	raw,
	say,
	upgradeRequest,
} from "./node-rig.js";

const open = nodeRigs();

describe("The inputs of past vulnerabilities", () => {
	it("15 kB of spaces in Sec-WebSocket-Protocol (CVE-2021-32640)", async () => {
		const { port } = await open();
		const header = `Sec-WebSocket-Protocol: holdfast.v1${" ".repeat(15_000)}x`;
		expect(await raw(port, upgradeRequest([header]))).toMatch(/^HTTP\/1\.1 400 /);
	});

	it("a path of 15,000 slashes", async () => {
		const { port } = await open();
		expect(await raw(port, upgradeRequest([PROTOCOL_HEADER], `${"/".repeat(15_000)}x`))).toMatch(
			/^HTTP\/1\.1 404 /,
		);
	});

	it("2,000 headers and more (CVE-2024-37890)", async () => {
		const { port } = await open();
		for (const count of [1_000, 1_993, 2_000, 2_100, 3_000]) {
			const headers = Array.from({ length: count }, () => "a: b");
			// The limit of Node cuts what lies beyond it off, or refuses it: either is well.
			const answer = raw(
				port,
				upgradeRequest([...headers, PROTOCOL_HEADER]),
				frame(0x88, new Uint8Array()),
			);
			expect(await answer).toMatch(/^HTTP\/1\.1 (?:101|4\d\d) /);
		}
	});

	it.each([
		["of the name of a property", "constructor"],
		["of names of properties", "__proto__; toString; x=constructor"],
		["out of range", "permessage-deflate; server_max_window_bits=50"],
		["by the thousand", `permessage-deflate; ${"a=b;".repeat(1_000)}`],
		["that are none", ",,,;;;==="],
	])("Sec-WebSocket-Extensions %s (ws 3.3.1, CVE-2026-2229)", async (_name, extensions) => {
		const { port } = await open();
		const headers = [PROTOCOL_HEADER, `Sec-WebSocket-Extensions: ${extensions}`];
		const answer = await raw(port, upgradeRequest(headers), frame(0x88, new Uint8Array()));
		expect(answer).toMatch(/^HTTP\/1\.1 (?:101|400) /);
		expect(answer).not.toContain("Sec-WebSocket-Extensions");
	});

	const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
	const inSession = (port: number, ...frames: readonly Uint8Array[]): Promise<string> =>
		raw(port, upgradeRequest([PROTOCOL_HEADER]), frame(0x81, bytes(HELLO)), ...frames);

	it.each([
		[
			"a message of endless fragments (ws 8.21, CVE-2026-42786)",
			4413,
			() => [
				frame(0x01, bytes("[")),
				...Array.from({ length: 100 }, () => frame(0x00, bytes(" "))),
			],
		],
		[
			"a message of two fragments that are larger than maxFrameBytes together",
			4413,
			() => [
				frame(0x01, new Uint8Array(40_000).fill(32)),
				frame(0x80, new Uint8Array(40_000).fill(32)),
			],
		],
		[
			"a frame that says it has 2^63 - 1 bytes",
			4413,
			() => [Uint8Array.from([0x81, 0xff, 0x7f, ...new Array(7).fill(0xff), 0, 0, 0, 0])],
		],
		[
			"a frame that says it has 2^32 bytes",
			4413,
			() => [Uint8Array.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
		],
		["a binary message", 4400, () => [frame(0x82, bytes("{}"))]],
		["text that is no UTF-8", 4400, () => [frame(0x81, Uint8Array.from([0x22, 0xff, 0x22]))]],
		[
			"a surrogate alone, in UTF-8",
			4400,
			() => [frame(0x81, Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22]))],
		],
		["a reserved opcode", 4400, () => [frame(0x83, bytes("{}"))]],
		["a compressed frame that was not agreed on", 4400, () => [frame(0xc1, bytes("{}"))]],
		["a frame without a mask", 4400, () => [Uint8Array.from([0x81, 0x02, 0x7b, 0x7d])]],
		["a continuation of nothing", 4400, () => [frame(0x80, bytes("{}"))]],
		["a ping that is too long", 4400, () => [frame(0x89, new Uint8Array(200))]],
		[
			"an event of the wrong type (CVE-2022-2421, CVE-2023-32695)",
			4400,
			() => [frame(0x81, bytes('{"type":"publish","id":{"toString":1},"channel":["a"],"data":1}'))],
		],
		[
			"a placeholder without its attachment (CVE-2026-33151)",
			4400,
			() => [frame(0x81, bytes('51-["x",{"_placeholder":true,"num":0}]'))],
		],
	] as const)("%s closes with %d", async (_name, code, frames) => {
		const { port, server } = await open();
		const answer = await inSession(port, ...frames());
		expect(answer).toMatch(/^HTTP\/1\.1 101 /);
		expect(closeCode(answer)).toBe(code);
		await emptied(server);
	});

	it("a message in so many tiny pieces that the buffer would grow (ws 8.21) ends, and costs little", async () => {
		const { port } = await open({ maxFrameBytes: 16_384 });
		await new Promise<void>((resolve) => {
			const socket = connect(port, "127.0.0.1", () => {
				socket.setNoDelay(true);
				socket.write(upgradeRequest([PROTOCOL_HEADER]));
				socket.write(frame(0x81, bytes(HELLO)));
				// A frame of 16,000 bytes that comes byte by byte, never to its end.
				socket.write(Uint8Array.from([0x81, 0xfe, 16_000 >> 8, 16_000 & 0xff, 0, 0, 0, 0]));
				drip();
			});
			const drip = (): void => {
				if (socket.destroyed) return;
				socket.write(" ");
				setImmediate(drip);
			};
			socket.on("data", () => undefined);
			socket.on("error", () => undefined);
			socket.on("close", () => resolve());
		});
		await greet(port);
	});
});

describe("A consumer that does not read", () => {
	it("is closed, what waits for it stays below the limit, and the others get everything", async () => {
		const { port, server } = await open({ sendBufferBytes: 262_144 });
		const slow = await greet(port);
		const quick = await greet(port);
		for (const { webSocket, hear } of [slow, quick]) {
			webSocket.send(say({ type: "subscribe", id: 1, channel: "a", from: null }));
			await hear("subscribed");
		}
		slow.webSocket.pause();
		const before = process.memoryUsage().rss;
		let n = 0;
		while (server.stats.get().slowClosed === 0 && n < 4_000) {
			await server.publish("a", `${n++} ${"x".repeat(8_000)}`, { id: `${n}` });
			if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		expect(server.stats.get()).toMatchObject({ slowClosed: 1, connections: 1 });
		await quick.hear(`"${n - 1} `);
		expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
		slow.webSocket.resume();
		expect(await slow.closed).toBe(4410);
	});
});
