/* The HTTP half, where something else answers in its name: a portal, a redirect, an answer of another shape. */
import type { ServerResponse } from "node:http";
import { describe, expect, it, type TestContext } from "vitest";
import type { Client } from "../../src/client/client.js";
import { CANARY_PAYLOAD } from "../support/secrets.js";
import { edgeOf, type RealEdge } from "../support/real-edge.js";
import { until, when } from "../support/until.js";
import { type Hostile, hostileHttp } from "./hostile.js";

async function portal(
	{ onTestFinished }: TestContext,
	answer: (response: ServerResponse) => void,
): Promise<Hostile> {
	const server = await hostileHttp((_request, response) => answer(response));
	onTestFinished(server.stop);
	return server;
}

/** An edge whose WebSocket server takes nobody in, and a client with that base before the edge's own. */
async function behind(
	test: TestContext,
	{ at }: Hostile,
): Promise<{ edge: RealEdge; client: Client }> {
	const edge = await edgeOf(test, { gateways: 1 });
	await edge.primary.proxy.refuse();
	return { edge, client: edge.client({ api: [`http://${at}`, edge.api.httpUrl] }) };
}

const JSON_TYPE = { "Content-Type": "application/json" };
const PORTALS: Readonly<Record<string, (response: ServerResponse) => void>> = {
	"a page with status 200": (response) =>
		response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Please log in</h1>"),
	"a page that calls itself JSON": (response) =>
		response.writeHead(200, JSON_TYPE).end("<h1>Please log in</h1>"),
	"JSON of another shape": (response) => response.writeHead(200, JSON_TYPE).end('{"frames":7}'),
	null: (response) => response.writeHead(200, JSON_TYPE).end("null"),
	nothing: (response) => response.writeHead(204).end(),
	"the end of the connection": (response) => response.destroy(),
	"half of what it announced": (response) => {
		response.writeHead(200, { ...JSON_TYPE, "Content-Length": "1000" });
		response.write('{"frames":', () => response.destroy());
	},
};

describe.concurrent("a base of the HTTP half that answers with", () => {
	it.for(Object.entries(PORTALS))(
		"%s is passed over for the next",
		async ([_name, answer], test) => {
			const bad = await portal(test, answer);
			const { edge, client } = await behind(test, bad);
			const heard: unknown[] = [];
			client.subscribe("room", ({ data, via }) => heard.push([data, via]));
			const receipt = client.publish("room", CANARY_PAYLOAD);
			expect((await receipt).status).toBe("stored");
			await until(
				() => heard.length > 0 || edge.publish("room", "hello").then(() => false),
				"a poll",
			);
			expect(client.mode.get()).toMatchObject({ mode: "degraded", reasons: ["connection"] });
			expect(bad.count()).toBe(1);
		},
	);

	it("a redirect goes no further, and the token neither", async (test) => {
		const thief = await portal(test, (response) => response.end("{}"));
		const bad = await portal(test, (response) =>
			response.writeHead(307, { Location: `http://${thief.at}/poll` }).end(),
		);
		const { client } = await behind(test, bad);
		expect((await client.publish("room", 1)).status).toBe("stored");
		expect([bad.count(), thief.count()]).toEqual([1, 0]);
	});
});

describe.concurrent("a portal before everything", () => {
	it("is offline and no more: publishes wait, and all goes on once it is gone", async (test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		const bad = await portal(test, PORTALS["a page with status 200"] as () => void);
		await edge.primary.proxy.refuse();
		const client = edge.client({ api: `http://${bad.at}` });
		const errors: unknown[] = [];
		client.on("error", (error) => errors.push(error));
		const receipt = client.publish("room", 1);
		await when(client.mode, ({ mode }) => mode === "offline", "offline");
		expect(client.outbox.get()).toHaveLength(1);
		await edge.primary.proxy.pass();
		client.wake("online");
		expect((await receipt).status).toBe("stored");
		expect(await edge.stored("room")).toEqual([1]);
		expect(errors).toEqual([]);
	});

	it("rejects what asks for an answer now, with an error that says so", async (test) => {
		const edge = await edgeOf(test, { gateways: 1 });
		const bad = await portal(test, PORTALS["a page with status 200"] as () => void);
		const client = edge.client({ api: `http://${bad.at}` });
		await expect(client.history("room")).rejects.toMatchObject({
			name: "RealtimeError",
			code: "endpoint-refused",
			retryable: true,
		});
	});
});
