import { describe, expect, it } from "vitest";
import { getAdmission } from "../../src/transport/http.js";
import { type Answer, ASK, CALL, failureOf, hang, POLLED, respond, scene } from "./http-scene.js";

describe("of several base URLs", () => {
	const offline = (): never => {
		throw new TypeError("fetch failed");
	};

	it("the preferred one is asked, as long as it answers", async () => {
		const { http, urls } = scene(() => respond(POLLED));
		for (let n = 0; n < 3; n++) await http.poll(ASK, CALL);
		expect(urls()).toEqual(["a.example", "a.example", "a.example"]);
	});

	it.each<[string, Answer]>([
		["cannot be reached", offline],
		["answers 500", () => respond("", 500)],
		["is a captive portal", () => respond("<html>", 200, { "content-type": "text/html" })],
		["talks nonsense", () => respond("{}")],
	])("one that %s is left out for half a minute", async (_what, fail) => {
		const { http, urls, clock } = scene((url, init) =>
			url.includes("a.example") ? fail(url, init) : respond(POLLED),
		);
		await failureOf(http.poll(ASK, CALL));
		await http.poll(ASK, CALL);
		await clock.advance(29_999);
		await http.poll(ASK, CALL);
		await clock.advance(1);
		await failureOf(http.poll(ASK, CALL));
		expect(urls()).toEqual(["a.example", "b.example", "b.example", "a.example"]);
	});

	it("one that is silent is left out too", async () => {
		const { http, urls, clock } = scene(hang);
		const failure = failureOf(http.poll(ASK, CALL));
		await clock.advance(10_000);
		expect(await failure).toMatchObject({ code: "connect-timeout" });
		void failureOf(http.poll(ASK, CALL));
		expect(urls()).toEqual(["a.example", "b.example"]);
		await clock.advance(10_000);
	});

	it.each([401, 403, 413, 429, 503])(
		"none is left out for status %d: the next would say the same, or be the next to fall",
		async (status) => {
			const { http, urls } = scene(() => respond("", status));
			await failureOf(http.poll(ASK, CALL));
			await failureOf(http.poll(ASK, CALL));
			expect(urls()).toEqual(["a.example", "a.example"]);
		},
	);

	it("all are asked in turn when all fail: one request a call", async () => {
		const { http, urls, clock } = scene(offline);
		for (let n = 0; n < 4; n++) {
			expect(await failureOf(http.poll(ASK, CALL))).toMatchObject({ code: "endpoint-refused" });
			await clock.advance(1);
		}
		expect(urls()).toEqual(["a.example", "b.example", "a.example", "b.example"]);
	});
});

describe("the admission file", () => {
	const URL_OF = "https://cdn.example/admission.json";

	it("says whether realtime is up, and over which window to come", async () => {
		const { runtime, asked } = scene(() => respond({ realtime: "up", windowMs: 90_000 }));
		expect(await getAdmission(URL_OF, runtime)).toEqual({ realtime: "up", windowMs: 90_000 });
		expect(asked[0]?.url).toBe(URL_OF);
		expect(new Headers(asked[0]?.init.headers).has("authorization")).toBe(false);
	});

	it.each([
		[-5, 0],
		[1e12, 600_000],
	])("that names a window of %d ms means %d", async (windowMs, used) => {
		const { runtime } = scene(() => respond({ realtime: "down", windowMs }));
		expect(await getAdmission(URL_OF, runtime)).toEqual({ realtime: "down", windowMs: used });
	});

	it.each([
		{ realtime: "maybe", windowMs: 1 },
		{ realtime: "up", windowMs: "1" },
		{ realtime: "up" },
		null,
		"<html>",
	])("that holds %j says nothing", async (body) => {
		const { runtime } = scene(() => respond(body));
		expect(await getAdmission(URL_OF, runtime)).toBeNull();
	});

	it("that cannot be had in 5 s says nothing", async () => {
		const { runtime, clock } = scene(hang);
		const admission = getAdmission(URL_OF, runtime);
		await clock.advance(5_000);
		expect(await admission).toBeNull();
		expect(clock.pending).toEqual([]);
	});
});
