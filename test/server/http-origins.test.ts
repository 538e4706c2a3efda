import { describe, expect, it } from "vitest";
import { asked, call } from "./http-rig.js";
import { createRig, type Rig } from "./rig.js";

describe("Pages of other origins", () => {
	const ALLOWED = "https://app.example";
	const listed = (): Rig => createRig({ allowedOrigins: [ALLOWED, "http://localhost:3000"] });

	it("that are allowed may read every answer", async () => {
		const rig = listed();
		for (const [path, init] of [
			["poll", { body: asked() }],
			["history?channel=a", {}],
			["health", {}],
			["poll", { body: "{" }],
			["poll", { body: asked(), token: null }],
			["nowhere", {}],
		] as const) {
			const { headers } = await call(rig, path, { ...init, origin: ALLOWED });
			expect(headers.get("access-control-allow-origin")).toBe(ALLOWED);
			expect(headers.get("access-control-expose-headers")).toBe("Retry-After");
			expect(headers.get("access-control-allow-credentials")).toBeNull();
		}
	});

	it.each([
		"null",
		"https://evil-app.example",
		"https://app.example.evil",
		"https://app.example.evil:443",
		"https://user@app.example",
		"https://app.example:8443",
		"https://app.example:443",
		"HTTPS://APP.EXAMPLE",
		"http://app.example",
		"https://app.example, https://app.example",
		"https://app.example/",
		"",
		" ",
	])("such as %s are refused, and nothing is done for them", async (origin) => {
		const rig = listed();
		const body = { client: "c", link: 1, publishes: [{ id: "1", channel: "a", data: 1 }] };
		// Headers.set trims what a raw request would carry.
		const response = await call(rig, "publish", { body, origin });
		expect(response.status).toBe(403);
		expect(response.headers.get("access-control-allow-origin")).toBeNull();
		expect((await rig.log.head("a")).offset).toBe(0);
		const preflight = await call(rig, "publish", { method: "OPTIONS", origin, token: null });
		expect(preflight.status).toBe(403);
	});

	it("ask first, and are told what they may", async () => {
		const response = await call(listed(), "poll", {
			method: "OPTIONS",
			origin: ALLOWED,
			token: null,
		});
		expect(response.status).toBe(204);
		expect(response.headers.get("access-control-allow-origin")).toBe(ALLOWED);
		expect(response.headers.get("access-control-allow-methods")).toBe("GET, POST");
		expect(response.headers.get("access-control-allow-headers")).toBe(
			"Authorization, Content-Type",
		);
	});

	it("and caches are told that the answer is this page's alone, and not to be kept", async () => {
		const rig = listed();
		for (const origin of [ALLOWED, "https://evil.example"]) {
			const { headers } = await call(rig, "health", { origin });
			expect(headers.get("vary")).toBe("Origin");
			expect(headers.get("cache-control")).toBe("no-store");
		}
	});

	it("are refused unless the option says otherwise; the server's own origin is not another", async () => {
		const rig = createRig();
		const status = async (origin: string): Promise<number> =>
			(await call(rig, "health", { origin })).status;
		expect(await status("https://app.test")).toBe(200);
		expect(await status("https://app.test:8443")).toBe(403);
		expect(await status("http://app.test")).toBe(403);
		expect(await status("https://test")).toBe(403);
		expect(await status("null")).toBe(403);
	});

	it("are all welcome where the option says any", async () => {
		const rig = createRig({ allowedOrigins: "any" });
		for (const origin of ["https://anything.example", "null"]) {
			const response = await call(rig, "health", { origin });
			expect(response.status).toBe(200);
			expect(response.headers.get("access-control-allow-origin")).toBe(origin);
		}
	});

	it("do not count where there is no browser", async () => {
		expect((await call(listed(), "health")).status).toBe(200);
	});
});
