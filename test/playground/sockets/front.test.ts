/* The front for browsers: each connection is resolved by the edge's own DNS, and passed on as it is. */
import { connect, type LookupFunction } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createClient } from "../../../src/client/create-client.js";
import type { WebSocketConstructor } from "../../../src/runtime/runtime.js";
import { until, when } from "../../support/until.js";
import { type EdgeRig, healed, socketsAt, startRig } from "./edge-rig.js";

const PAGE = "http://localhost:4700";

let rig: EdgeRig;
beforeAll(async () => {
	rig = await startRig({ pageOrigins: [PAGE] });
});
afterEach(() => healed(rig));
afterAll(() => rig?.stop());

/** What comes back on a connection of its own, as from a browser: `host` is what it would have dialled. */
function ask(host: string, path: string, headers = ""): Promise<string> {
	const { port } = rig.edge.assembly.front;
	return new Promise((resolve) => {
		const socket = connect({ port, host: "127.0.0.1" });
		let text = "";
		socket.on("data", (chunk: Buffer) => {
			text += chunk.toString("latin1");
		});
		socket.on("error", () => resolve("reset"));
		socket.on("close", () => resolve(text));
		socket.write(
			`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n${headers}\r\n`,
		);
	});
}

/** As browsers do; Node asks the system, which may know localhost alone. */
class LocalWebSocket extends WebSocket {
	constructor(url: string, protocols?: string | string[], options?: object) {
		const lookup: LookupFunction = (_name, _options, found) =>
			found(null, [{ address: "127.0.0.1", family: 4 }]);
		super(url, protocols, { ...options, lookup });
	}
}

/** By WebSocket, in plain text, as a page of the playground. */
async function pageNear(place: string) {
	const { port } = rig.edge.assembly.front;
	const at = (role: string): string => `ws://${place}${role}.localhost:${port}/`;
	const client = createClient({
		endpoints: [at("primary"), at("backup")],
		api: `http://${place}api.localhost:${port}`,
		getToken: async () => "page",
		connect: "eager",
		runtime: { WebSocket: LocalWebSocket as unknown as WebSocketConstructor, resolver: null },
	});
	await when(client.connection, ({ status }) => status === "connected", "a connection");
	return client;
}

const asked = () => {
	const { answers } = rig.edge.assembly.names.state;
	return answers.primary ?? {};
};

describe("the front", () => {
	it.each([
		["", "DUB"],
		["dub.", "DUB"],
		["fra.", "FRA"],
		["lhr.", "LHR"],
		["iad.", "IAD"],
	])('leads "%sprimary.localhost" to %s, by a question to DNS', async (place, pop) => {
		const before = asked()[pop] ?? 0;
		const client = await pageNear(place);
		expect(socketsAt(rig, pop)).toBe(1);
		expect(asked()[pop] ?? 0).toBeGreaterThan(before);
		await client.close();
		await until(() => socketsAt(rig, pop) === 0, "its socket to be gone");
	});

	it("resolves for each connection: after a flip the next one goes elsewhere, and who is there stays", async () => {
		const first = await pageNear("dub.");
		await rig.control.act({ do: "flip-dns", pop: "DUB", up: false });
		const second = await pageNear("dub.");
		expect(socketsAt(rig, "DUB")).toBe(1);
		expect(rig.edge.assembly.sockets.primary).toBe(2);
		await first.close();
		await second.close();
		await until(() => rig.edge.assembly.sockets.primary === 0, "their sockets to be gone");
	});

	it("carries the API, with what a page of ours needs to read it", async () => {
		const answer = await ask("api.localhost", "/health", `Origin: ${PAGE}\r\n`);
		expect(answer).toMatch(/^HTTP\/1\.1 200/);
		expect(answer.toLowerCase()).toContain(`access-control-allow-origin: ${PAGE}`);
		const other = await ask("api.localhost", "/health", "Origin: https://evil.test\r\n");
		expect(other.toLowerCase()).not.toContain("access-control-allow-origin");
	});

	it("tells where somebody was led who says who he is, by which answer, and until when", async () => {
		const client = await pageNear("ada-1.fra.");
		const visit = () => rig.edge.state.visits.find(({ visitor }) => visitor === "ada-1");
		expect(visit()).toMatchObject({ name: "primary", from: "FRA", pop: "FRA", isOpen: true });
		expect(visit()?.answers).toContain(visit()?.address);
		expect(visit()?.ttlMs).toBeGreaterThan(0);
		await client.close();
		await until(() => visit()?.isOpen === false, "the end of the visit");
		await rig.control.act({ do: "fault-dns", fault: { is: "servfail" } });
		await ask("ada-1.fra.primary.localhost", "/");
		expect(visit()).toMatchObject({ pop: null, address: null, answers: [], isOpen: false });
	});

	it("knows no other names, and no other sites", async () => {
		for (const host of [
			"localhost",
			"evil.localhost",
			"mars.primary.localhost",
			"a.b.dub.primary.localhost",
			"primary.evil.test",
		])
			expect(await ask(host, "/")).toMatch(/^HTTP\/1\.1 421/);
	});

	it("passes faults on: a reset is a reset, a name that is gone reaches nobody", async () => {
		const client = await pageNear("dub.");
		const lost = when(client.connection, ({ status }) => status === "reconnecting", "the loss");
		await rig.control.act({ do: "cut", pop: "DUB", link: "clients" });
		await lost;
		await client.close();
		await rig.control.act({ do: "set-name", name: "primary", up: false });
		expect(await ask("primary.localhost", "/")).toBe("reset");
		await rig.control.act({ do: "fault-dns", fault: { is: "silent" } });
		expect(await ask("api.localhost", "/health")).toBe("reset");
	});
});
