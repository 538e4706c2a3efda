import { describe, expect, it } from "vitest";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { ask, asked, BASE, call } from "./http-rig.js";
import { createRig } from "./rig.js";

describe("Who asks", () => {
	it("is told by the token in Authorization, and by nothing else", async () => {
		const tokens: unknown[] = [];
		const rig = createRig({
			authorize: ({ token, context }) => {
				tokens.push([token, context]);
				return { id: "ada" };
			},
		});
		await call(rig, "history?channel=a&token=url", { token: "t1" });
		await call(rig, "history?channel=a", { token: null });
		await call(rig, "history?channel=a", { token: null, headers: { authorization: "Basic eDp5" } });
		await call(rig, "history?channel=a", { token: null, headers: { authorization: "bearer  t2" } });
		expect(tokens).toEqual([
			["t1", "context"],
			[null, "context"],
			[null, "context"],
			["t2", "context"],
		]);
	});

	it("and is nobody: 401", async () => {
		const response = await call(createRig(), "poll", { body: asked(), token: null });
		expect(response.status).toBe(401);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
		expect(await response.json()).toMatchObject({ code: "unauthorized" });
	});

	it("and is another than the client takes himself for: 403", async () => {
		const rig = createRig();
		const body = asked({ as: "bob" });
		expect((await call(rig, "poll", { body })).status).toBe(403);
		const sent = {
			client: "c",
			link: 1,
			as: "bob",
			publishes: [{ id: "1", channel: "a", data: 1 }],
		};
		expect((await call(rig, "publish", { body: sent })).status).toBe(403);
		expect((await rig.log.head("a")).offset).toBe(0);
		expect((await call(rig, "poll", { body: asked({ as: "ada" }) })).status).toBe(200);
	});

	it("is asked for before anything of the body is read", async () => {
		let wasRead = false;
		const body = new ReadableStream(
			{
				pull: () => {
					wasRead = true;
				},
			},
			{ highWaterMark: 0 },
		);
		const request = new Request(`${BASE}/publish`, {
			method: "POST",
			body,
			duplex: "half",
		} as RequestInit);
		const response = await createRig().server.handle(request, "context");
		expect(response.status).toBe(401);
		expect(wasRead).toBe(false);
	});

	it("cannot be told now: 503, with Retry-After, and nothing of why", async () => {
		const rig = createRig({
			authorize: () => {
				throw new Error(CANARY_TOKEN);
			},
		});
		const response = await call(rig, "poll", { body: asked(), token: CANARY_TOKEN });
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.text()).not.toContain(CANARY_TOKEN);
	});
});

describe("What goes wrong", () => {
	it("in the log is answered with 503, and nothing of why", async () => {
		const rig = createRig();
		await rig.log[ASYNC_DISPOSE]();
		const body = asked({ channels: { a: ask(null) } });
		for (const waitMs of [0, 5_000]) {
			const response = await call(rig, "poll", { body: { ...body, waitMs } });
			expect(response.status).toBe(503);
			expect(await response.json()).toEqual({ code: "internal", message: "Try again later." });
		}
		expect((await call(rig, "history?channel=a")).status).toBe(503);
	});

	it("with the path is answered with 404, with the method with 405", async () => {
		const rig = createRig();
		for (const path of ["", "polls", "poll/x", "xpoll"])
			expect((await call(rig, path)).status).toBe(404);
		for (const [path, method, allow] of [
			["poll", "GET", "POST"],
			["publish", "PUT", "POST"],
			["history", "DELETE", "GET"],
			["health", "PATCH", "GET"],
		] as const) {
			const response = await call(rig, path, { method });
			expect(response.status).toBe(405);
			expect(response.headers.get("allow")).toBe(allow);
		}
	});

	it("with the body is told by its status", async () => {
		const rig = createRig({ maxFrameBytes: 1_024 });
		expect((await call(rig, "poll", { body: "x".repeat(16_385) })).status).toBe(413);
		expect((await call(rig, "poll", { method: "POST" })).status).toBe(400);
		const request = (body: BodyInit): Request =>
			new Request(`${BASE}/poll`, { method: "POST", body, headers: { authorization: "Bearer t" } });
		const broken = request(new Uint8Array([0x22, 0xff, 0x22]));
		expect((await rig.server.handle(broken, "")).status).toBe(400);
		// No Content-Length to go by.
		const endless = new ReadableStream({
			pull: (controller) => controller.enqueue(new Uint8Array(600)),
		});
		const streamed = new Request(`${BASE}/poll`, {
			method: "POST",
			body: endless,
			headers: { authorization: "Bearer t" },
			duplex: "half",
		} as RequestInit);
		expect((await rig.server.handle(streamed, "")).status).toBe(413);
	});
});

describe("GET health", () => {
	it("needs no token, and says how things are", async () => {
		const rig = createRig({ acceptRate: 10 });
		await rig.connect();
		const response = await call(rig, "health", { token: null });
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ status: "ok", realtime: "up", windowMs: 2_000 });
	});

	it("is 503 while the server is leaving, and after", async () => {
		const rig = createRig();
		await rig.connect();
		void rig.server.drain({ withinMs: 1_000 });
		const response = await call(rig, "health");
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toBe("1");
		expect(await response.json()).toMatchObject({ status: "draining", realtime: "down" });
	});
});
