import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import {
	dial,
	greet,
	nodeRigs,
	PROTOCOL_HEADER,
	raw,
	SUBPROTOCOL,
	upgradeRequest,
} from "./node-rig.js";

const open = nodeRigs();

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
