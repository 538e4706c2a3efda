import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { nodeRigs, raw, say } from "./node-rig.js";

const open = nodeRigs();

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
		const { port } = await open({ maxFrameBytes: 4_096 });
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
