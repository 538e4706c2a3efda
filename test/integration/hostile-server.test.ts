/* A server that means ill, or is none of ours: the client says what is wrong, goes on elsewhere, and lives. */
import { afterEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import type { Client } from "../../src/client/client.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { until, when } from "../support/until.js";
import { type Hostile, hostileHttp, hostileSocket, WELCOME } from "./hostile.js";

let edge: RealEdge;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
	await edge.stop();
	for (const stop of stops.splice(0)) await stop();
});

async function against(act: (socket: WebSocket) => void): Promise<Hostile> {
	const server = await hostileSocket(act);
	stops.push(server.stop);
	return server;
}

/** A client with that server for its primary and an honest one for its backup, and why it left the first. */
async function meet(server: Hostile): Promise<{ client: Client; causes: readonly string[] }> {
	edge = await createRealEdge({ gateways: 1 });
	const client = edge.client({
		endpoints: [`ws://${server.at}`, edge.primary.url],
		reconnect: { dialTimeoutMs: 1_500 },
	});
	const causes: string[] = [];
	client.on("transition", ({ to }) => {
		if (to.status === "reconnecting") causes.push(to.cause.code);
	});
	return { client, causes };
}

const onBackup = (client: Client): Promise<unknown> =>
	when(
		client.connection,
		(state) => state.status === "connected" && state.role === "backup",
		"the honest server",
	);

const room = { channel: "room", at: 0, from: null, id: "x", data: 1 };
const GARBAGE: Readonly<Record<string, string | Buffer>> = {
	"no JSON": "{{{",
	nothing: "",
	"a number": "42",
	null: "null",
	"a batch of batches": "[[[]]]",
	"a frame without a type": "{}",
	"a frame of our type and of another shape": '{"type":"message"}',
	"a position that is none": JSON.stringify({
		type: "message",
		...room,
		position: { offset: "1" },
	}),
	"brackets without end": "[".repeat(100_000),
	binary: Buffer.from([0, 1, 2, 3]),
	"half of a good batch": `[${WELCOME},`,
};

describe("what makes no sense", () => {
	it.each(Object.entries(GARBAGE))("%s, in the place of a welcome", async (_name, garbage) => {
		const { client } = await meet(await against((socket) => socket.send(garbage)));
		client.subscribe("room", () => undefined);
		await onBackup(client);
		await client.publish("room", "all is well");
	});

	it.each(Object.entries(GARBAGE))("%s, on a link that was welcomed", async (_name, garbage) => {
		const server = await against((socket) => {
			socket.send(WELCOME);
			socket.send(garbage);
		});
		const { client, causes } = await meet(server);
		client.subscribe("room", () => undefined);
		await onBackup(client);
		expect(causes[0]).toBe("protocol-violation");
	});

	it("a message of 17 MiB ends the link before it is held in memory", async () => {
		const server = await against((socket) => {
			socket.send(WELCOME);
			socket.send(`"${"x".repeat(17 * 1_048_576)}"`);
		});
		const { client, causes } = await meet(server);
		client.subscribe("room", () => undefined);
		await onBackup(client);
		expect(causes[0]).toBe("protocol-violation");
	});
});

describe("a server that is strange, and not wrong", () => {
	it("may say what we do not know, and name things as objects name theirs", async () => {
		const server = await against((socket) => {
			socket.send(WELCOME);
			socket.send(
				'[{"type":"of-tomorrow","x":1},{"type":"heads","heads":{"__proto__":{"epoch":"e","offset":1}}}]',
			);
			socket.send(
				JSON.stringify({
					type: "message",
					...room,
					channel: "__proto__",
					position: null,
					polluted: 1,
				}),
			);
			socket.send(
				'{"type":"pong","at":0,"__proto__":{"polluted":1},"constructor":{"prototype":{}}}',
			);
		});
		const { client, causes } = await meet(server);
		await client.connect();
		await until(() => client.stats.get().latencyMs !== null, "the last of it");
		expect(causes).toEqual([]);
		expect(client.connection.get()).toMatchObject({ status: "connected", role: "primary" });
		expect(({} as { polluted?: number }).polluted).toBeUndefined();
	});

	it("is left when it accepts, and never welcomes", async () => {
		const server = await against(() => undefined);
		const { client } = await meet(server);
		client.subscribe("room", () => undefined);
		await onBackup(client);
		expect(server.count()).toBe(1);
	});

	it("is left when it welcomes, and answers no subscribe", async () => {
		const server = await against((socket) => socket.send(WELCOME));
		const { client } = await meet(server);
		const { state } = client.subscribe("room", () => undefined);
		await when(client.connection, ({ status }) => status === "connected", "its welcome");
		expect(state.get().status).toBe("subscribing");
		await when(state, ({ status }) => status === "subscribed", "an answer, from whom it may");
	});
});

describe("a server of another kind", () => {
	it("that redirects the upgrade is not followed, and never sees the token", async () => {
		const thief = await hostileHttp((_request, response) => response.end());
		const portal = await hostileHttp((_request, response) =>
			response.writeHead(302, { Location: `http://${thief.at}/login` }).end(),
		);
		stops.push(thief.stop, portal.stop);
		const { client } = await meet(portal);
		await client.connect();
		expect(client.connection.get()).toMatchObject({ role: "backup" });
		expect([portal.count(), thief.count()]).toEqual([1, 0]);
	});

	it("that answers an upgrade with a page is left at once", async () => {
		const portal = await hostileHttp((_request, response) =>
			response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Please log in</h1>"),
		);
		stops.push(portal.stop);
		const { client } = await meet(portal);
		await client.connect();
		expect(client.connection.get()).toMatchObject({ role: "backup" });
	});
});
