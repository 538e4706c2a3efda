import { createServer as createHttpServer } from "node:http";
import { describe, expect, it } from "vitest";
import { createServer } from "../../src/server/create-server.js";
import { attach } from "../../src/server/node.js";
import { dial, greet, nodeRigs, raw, SUBPROTOCOL, say, upgradeRequest } from "./node-rig.js";

const open = nodeRigs();

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
