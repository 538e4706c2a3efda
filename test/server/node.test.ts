import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "../../src/server/create-server.js";
import { attach } from "../../src/server/node.js";
import {
	closeCode,
	createNodeRig,
	dial,
	emptied,
	frame,
	greet,
	HELLO,
	type NodeRig,
	PROTOCOL_HEADER,
	raw,
	SUBPROTOCOL,
	upgradeRequest,
} from "./node-rig.js";

const uncaught: unknown[] = [];
beforeAll(() => {
	process.on("uncaughtException", (reason) => uncaught.push(reason));
	process.on("unhandledRejection", (reason) => uncaught.push(reason));
});

const rigs: NodeRig[] = [];
const open = async (...args: Parameters<typeof createNodeRig>): Promise<NodeRig> => {
	const rig = await createNodeRig(...args);
	rigs.push(rig);
	return rig;
};
afterEach(async () => {
	for (const rig of rigs.splice(0)) {
		// Whatever was done to it, it still serves.
		if (rig.http.listening) {
			const response = await fetch(`http://127.0.0.1:${rig.port}/anything`);
			expect([200, 404]).toContain(response.status);
		}
		await rig[Symbol.asyncDispose]();
	}
	expect(uncaught).toEqual([]);
});

const say = (frame: object): string => JSON.stringify(frame);

describe("attach", () => {
	it("serves both halves: what one client publishes over HTTP another gets over a WebSocket", async () => {
		const { port } = await open();
		const { webSocket, hear } = await greet(port);
		expect(webSocket.protocol).toBe(SUBPROTOCOL);
		webSocket.send(say({ type: "subscribe", id: 1, channel: "a", from: null }));
		await hear("subscribed");
		const response = await fetch(`http://127.0.0.1:${port}/publish`, {
			method: "POST",
			headers: { authorization: "Bearer bob", "content-type": "application/json" },
			body: say({ client: "c", link: 1, publishes: [{ id: "1", channel: "a", data: "grüße" }] }),
		});
		expect(response.headers.get("cache-control")).toBe("no-store");
		expect(await response.json()).toMatchObject({ results: [{ type: "published" }] });
		await hear("grüße");
	});

	it("hands the request of each connection to authorize", async () => {
		const contexts: unknown[] = [];
		const { port } = await open({
			authorize: ({ context }) => {
				contexts.push(context.headers["x-marker"]);
				return { id: "ada" };
			},
		});
		await greet(port, { headers: { "x-marker": "socket" } });
		await fetch(`http://127.0.0.1:${port}/history?channel=a`, { headers: { "x-marker": "http" } });
		expect(contexts).toEqual(["socket", "http"]);
	});

	it("lives under its path, and leaves all others to the application", async () => {
		const app = createHttpServer((request, response) => response.end(`app ${request.url}`));
		const { port } = await open({ path: "/realtime/" }, app);
		const get = async (path: string): Promise<string> =>
			(await fetch(`http://127.0.0.1:${port}${path}`)).text();
		expect(await get("/realtime/health")).toContain('"status":"ok"');
		expect(await get("/realtime//health/")).toContain('"status":"ok"');
		for (const path of ["/health", "/", "/realtime", "/realtime/x", "/other/poll"])
			expect(await get(path)).toBe(`app ${path}`);
		for (const path of ["/realtime", "/realtime/", "/realtime?x=1"]) await greet(port, { path });
		await expect(dial(port, { path: "/" }).closed).rejects.toThrow("404");
	});

	it("answers with 404 what is nobody's", async () => {
		const { port } = await open();
		const response = await fetch(`http://127.0.0.1:${port}/nowhere`);
		expect(response.status).toBe(404);
		expect(await response.json()).toEqual({ code: "not-found", message: "Not Found" });
	});

	it("leaves other upgrades to those who listen for them", async () => {
		const { http, port } = await open();
		http.on("upgrade", (request, socket) => {
			if (request.url === "/hmr") socket.end("HTTP/1.1 418 Other\r\n\r\n");
		});
		expect(await raw(port, upgradeRequest([], "/hmr"))).toContain("418 Other");
		await greet(port);
	});

	it("takes several realtime servers on one http server, each under its own path", async () => {
		const { http, port, server } = await open({ path: "/a" });
		const other = createServer<never>({ authorize: () => ({ id: "other" }) });
		const attached = attach(http, other as never, { path: "/b" });
		expect((await greet(port, { path: "/a" })).texts[0]).toContain('"ada"');
		expect((await greet(port, { path: "/b" })).texts[0]).toContain('"other"');
		expect(() => attach(http, server, { path: "/b/" })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
		await attached[Symbol.asyncDispose]();
		await expect(dial(port, { path: "/b" }).closed).rejects.toThrow("404");
		await greet(port, { path: "/a" });
	});

	it("is undone: the application has its server back, open sockets close with 1001", async () => {
		const app = createHttpServer((_request, response) => response.end("app"));
		const rig = await open({}, app);
		const { closed } = await greet(rig.port);
		await rig.attached[Symbol.asyncDispose]();
		expect(await closed).toBe(1001);
		expect(await (await fetch(`http://127.0.0.1:${rig.port}/health`)).text()).toBe("app");
		expect(rig.http.listenerCount("request")).toBe(1);
		expect(rig.http.listenerCount("upgrade")).toBe(0);
		expect(rig.server.stats.get().connections).toBe(0);
	});

	it.each(["realtime", "", "/a b", "/a?b", "/a#b"])("refuses the path %o", (path) => {
		const server = createServer<never>({ authorize: () => null });
		expect(() => attach(createHttpServer(), server as never, { path })).toThrow(
			expect.objectContaining({ code: "invalid-option" }),
		);
	});
});

describe("An upgrade", () => {
	const ALLOWED = "https://app.example";

	it.each([
		"null",
		"https://evil-app.example",
		"https://app.example.evil",
		"https://user@app.example",
		"https://app.example:8443",
		"HTTPS://app.example",
		"http://app.example",
		"https://app.example/",
		"",
	])("from the origin %o is refused with 403 where others are allowed", async (origin) => {
		const { port } = await open({ allowedOrigins: [ALLOWED] });
		const answer = await raw(port, upgradeRequest([PROTOCOL_HEADER, `Origin: ${origin}`]));
		expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
		expect(answer).toContain('{"code":"forbidden","message":"Forbidden"}');
	});

	it("with two origins is refused, although each is allowed", async () => {
		const { port } = await open({ allowedOrigins: [ALLOWED, "https://b.example"] });
		for (const second of [ALLOWED, "https://b.example"]) {
			const headers = [PROTOCOL_HEADER, `Origin: ${ALLOWED}`, `Origin: ${second}`];
			expect(await raw(port, upgradeRequest(headers))).toMatch(/^HTTP\/1\.1 403 /);
		}
	});

	it("from an allowed origin, from our own, and from what is no browser is accepted", async () => {
		const listed = await open({ allowedOrigins: [ALLOWED] });
		await greet(listed.port, { origin: ALLOWED });
		await greet(listed.port);
		const own = await open();
		await greet(own.port, { origin: `http://127.0.0.1:${own.port}` });
		// A proxy in front of us ended TLS.
		await greet(own.port, { origin: `https://127.0.0.1:${own.port}` });
		await expect(dial(own.port, { origin: ALLOWED }).closed).rejects.toThrow("403");
		const any = await open({ allowedOrigins: "any" });
		await greet(any.port, { origin: "null" });
	});

	it("that does not speak our protocol is refused with 400, and told which one we do", async () => {
		const { port } = await open();
		for (const headers of [
			[],
			["Sec-WebSocket-Protocol: graphql-ws"],
			["Sec-WebSocket-Protocol: ,"],
		]) {
			const answer = await raw(port, upgradeRequest(headers));
			expect(answer).toMatch(/^HTTP\/1\.1 400 /);
			expect(answer).toContain("Sec-WebSocket-Protocol: holdfast.v1");
		}
		const { webSocket } = await greet(port, { protocols: ["other", SUBPROTOCOL] });
		expect(webSocket.protocol).toBe(SUBPROTOCOL);
	});

	it("that offers compression gets none", async () => {
		const { port } = await open();
		const { webSocket } = await greet(port, { perMessageDeflate: true });
		expect(webSocket.extensions).toBe("");
	});

	it.each([
		["a Host that is none", upgradeRequest([PROTOCOL_HEADER]).replace("app.test", "a b")],
		["no key", upgradeRequest([PROTOCOL_HEADER]).replace(/Sec-WebSocket-Key.*\r\n/, "")],
		["another version", upgradeRequest([PROTOCOL_HEADER]).replace("Version: 13", "Version: 99")],
		["another upgrade", upgradeRequest([PROTOCOL_HEADER]).replace("websocket", "h2c")],
		["a POST", upgradeRequest([PROTOCOL_HEADER]).replace("GET", "POST")],
		["a protocol twice", upgradeRequest([`${PROTOCOL_HEADER}, holdfast.v1`])],
	])("with %s is refused", async (_name, text) => {
		const { port } = await open();
		expect(await raw(port, text)).toMatch(/^HTTP\/1\.1 4\d\d /);
	});

	it("is closed with 1012 by a server that is draining", async () => {
		const { port, server } = await open({ acceptRate: 1 });
		await server.drain({ withinMs: 0 });
		expect(await dial(port).closed).toBe(1012);
	});

	it("that its client breaks off harms nobody", async () => {
		const { port } = await open();
		for (let n = 0; n < 20; n++) {
			await new Promise<void>((resolve) => {
				const socket = connect(port, "127.0.0.1", () => {
					socket.write(upgradeRequest([PROTOCOL_HEADER]).slice(0, 20 + 10 * n));
					socket.resetAndDestroy();
				});
				socket.on("error", () => undefined);
				socket.on("close", () => resolve());
			});
		}
		await greet(port);
	});
});

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

describe("A request", () => {
	it("whose client goes in the midst of its body, or of its answer, harms nobody", async () => {
		const { port } = await open();
		for (const path of ["/poll", "/publish"]) {
			for (const cut of ["", '{"channels":', '{"channels":{}']) {
				await new Promise<void>((resolve) => {
					const request = httpRequest({
						port,
						path,
						method: "POST",
						headers: { authorization: "Bearer ada", "content-length": 100 },
					});
					request.on("error", () => resolve());
					request.write(cut || " ");
					setTimeout(() => request.destroy(new Error("gone")), 10);
				});
			}
		}
		const gone = new AbortController();
		const asked = (signal: AbortSignal | null): Promise<Response> =>
			fetch(`http://127.0.0.1:${port}/poll`, {
				method: "POST",
				headers: { authorization: "Bearer ada" },
				body: say({ channels: { a: { id: 1, from: { last: 0 } } }, waitMs: 20_000 }),
				signal,
			});
		await (await asked(null)).text();
		const long = asked(gone.signal);
		setTimeout(() => gone.abort(), 20);
		await long.then((response) => response.text()).catch(() => undefined);
	});

	it.each([
		[
			"a Host that is none",
			"GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
			"400",
		],
		["no Host, in HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", "200"],
		[
			"an absolute URL",
			"GET http://x/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"404",
		],
		[
			"a method that no fetch knows",
			"TRACE /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"400",
		],
		[
			"a header that is no text",
			"GET /health HTTP/1.1\r\nHost: x\r\nX: \u00ff\u0001\r\nConnection: close\r\n\r\n",
			"400",
		],
	])("with %s is answered", async (_name, text, status) => {
		const { port } = await open();
		expect(await raw(port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
	});

	it("with too large a body is answered with 413, before the body has come", async () => {
		const { port } = await open();
		const head = [
			"POST /poll HTTP/1.1",
			"Host: x",
			"Authorization: Bearer ada",
			"Content-Length: 100000000",
			"",
			"",
		].join("\r\n");
		const answer = await raw(port, head, " ".repeat(1_000));
		expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		expect(answer.toLowerCase()).toContain("connection: close");
	});

	it("with a body without end is answered with 413", async () => {
		const { port } = await open();
		const head =
			"POST /poll HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\nTransfer-Encoding: chunked\r\n\r\n";
		const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`;
		expect(await raw(port, head, ...new Array(6).fill(chunk))).toMatch(/^HTTP\/1\.1 413 /);
	});

	it("from a page of another origin is refused, and its preflight answered", async () => {
		const { port } = await open({ allowedOrigins: ["https://app.example"] });
		const url = `http://127.0.0.1:${port}/health`;
		const refused = await fetch(url, { headers: { origin: "https://evil.example" } });
		expect(refused.status).toBe(403);
		const preflight = await fetch(url, {
			method: "OPTIONS",
			headers: { origin: "https://app.example", "access-control-request-method": "GET" },
		});
		expect(preflight.status).toBe(204);
		expect(preflight.headers.get("access-control-allow-origin")).toBe("https://app.example");
	});
});
