import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { systemRuntime } from "../../src/runtime/system.js";
import { HttpHalf } from "../../src/transport/http.js";
import { CANARY_TOKEN } from "../support/secrets.js";

const stops: (() => unknown)[] = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

async function listen(answer: RequestListener): Promise<string> {
	const http = createServer(answer);
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	stops.push(() => {
		http.closeAllConnections();
		http.close();
	});
	return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const poll = (base: string, signal?: AbortSignal): Promise<unknown> =>
	new HttpHalf([base], systemRuntime()).poll(
		{ channels: {}, waitMs: 0 },
		{ token: CANARY_TOKEN, signal },
	);

const POLLED =
	'{"identity":"ann","frames":[],"pollAfterMs":1,"windowMs":0,"dedupeMs":1,"realtime":"up"}';
const JSON_TYPE = { "content-type": "application/json" };

describe("over a real socket in Node, the HTTP half", () => {
	it("sends the token in a header, and in no URL", async () => {
		const seen: unknown[] = [];
		const base = await listen((request, response) => {
			seen.push([request.method, request.url, request.headers.authorization]);
			response.writeHead(200, JSON_TYPE).end(POLLED);
		});
		expect(await poll(base)).toMatchObject({ identity: "ann" });
		expect(seen).toEqual([["POST", "/poll", `Bearer ${CANARY_TOKEN}`]]);
	});

	it.each([301, 302, 303, 307, 308])("is not led elsewhere by a %d", async (status) => {
		let visits = 0;
		const elsewhere = await listen((_request, response) => {
			visits++;
			response.writeHead(200, JSON_TYPE).end(POLLED);
		});
		const base = await listen((_request, response) =>
			response.writeHead(status, { location: `${elsewhere}/poll` }).end(),
		);
		await expect(poll(base)).rejects.toMatchObject({ code: "endpoint-refused" });
		expect(visits).toBe(0);
	});

	it("takes a captive portal's page for no answer", async () => {
		const base = await listen((_request, response) =>
			response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>"),
		);
		await expect(poll(base)).rejects.toMatchObject({ code: "endpoint-refused", retryable: true });
	});

	it("obeys a refusal's Retry-After", async () => {
		const base = await listen((_request, response) =>
			response.writeHead(503, { "retry-after": "3" }).end(),
		);
		await expect(poll(base)).rejects.toMatchObject({ code: "overloaded", retryAfterMs: 3_000 });
	});

	it("fails when nobody listens, and when an answer breaks off", async () => {
		await expect(poll("http://127.0.0.1:1")).rejects.toMatchObject({ code: "endpoint-refused" });
		const base = await listen((_request, response) => {
			response.writeHead(200, JSON_TYPE).write(POLLED.slice(0, 20));
			setImmediate(() => response.destroy());
		});
		await expect(poll(base)).rejects.toMatchObject({ code: "endpoint-refused" });
	});

	it("lets go of its connection when the caller gives up", async () => {
		const controller = new AbortController();
		const closed = new Promise<void>((resolve) => {
			listen((request) => {
				request.socket.on("close", resolve);
				controller.abort(new Error("enough"));
			}).then((base) => expect(poll(base, controller.signal)).rejects.toThrow("enough"), resolve);
		});
		await closed;
	});
});
