import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { ASK, CALL, failureOf, hang, POLLED, respond, scene, streamOf } from "./http-scene.js";

describe("a request", () => {
	it("carries the token in a header alone, no cookie, and neither a cache nor a redirect", async () => {
		const { http, asked } = scene(() => respond(POLLED));
		await http.poll(ASK, CALL);
		const [{ url, init } = { url: "", init: {} }] = asked;
		expect(url).toBe("https://a.example/rt/poll");
		expect(init).toMatchObject({
			method: "POST",
			body: JSON.stringify(ASK),
			redirect: "error",
			credentials: "omit",
			cache: "no-store",
		});
		expect(Object.fromEntries(init.headers as Headers)).toEqual({
			authorization: `Bearer ${CANARY_TOKEN}`,
			"content-type": "application/json",
		});
	});

	it("without a token carries none", async () => {
		const { http, asked } = scene(() => respond(POLLED));
		await http.poll(ASK, { token: null });
		expect(new Headers(asked[0]?.init.headers).has("authorization")).toBe(false);
	});

	it("for history is a GET whose query says channel, limit and position", async () => {
		const { http, asked } = scene(() => respond({ messages: [] }));
		const before = { epoch: "e 1", offset: 7 };
		await http.history({ channel: "a&b=ü", before, limit: 50 }, CALL);
		await http.history({ channel: "chat" }, CALL);
		expect(asked.map(({ url }) => url)).toEqual([
			"https://a.example/rt/history?channel=a%26b%3D%C3%BC&limit=50&epoch=e+1&offset=7",
			"https://a.example/rt/history?channel=chat",
		]);
		expect(asked[0]?.init.method).toBeUndefined();
		expect(asked[0]?.init.body).toBeUndefined();
	});

	it("with a token that fits no header is not sent, and the error does not quote it", async () => {
		const { http, asked } = scene(() => respond(POLLED));
		const failure = await failureOf(http.poll(ASK, { token: `${CANARY_TOKEN}\n1` }));
		expect(failure).toMatchObject({ code: "unauthorized" });
		expect((failure as Error).message + String((failure as Error).cause)).not.toContain("canary");
		expect(asked).toEqual([]);
	});
});

describe("an answer", () => {
	it("is decoded: of a poll, a publish, a history", async () => {
		const published = {
			type: "published",
			id: "1",
			position: { epoch: "e", offset: 1 },
			duplicate: false,
		};
		const bodies: Record<string, unknown> = {
			poll: POLLED,
			publish: { results: [published], dedupeMs: 1 },
			history: { messages: [] },
		};
		const { http } = scene((url) => respond(bodies[new URL(url).pathname.slice(4)]));
		const { signal } = new AbortController();
		expect(await http.poll(ASK, { ...CALL, signal })).toEqual(POLLED);
		expect(await http.publish({ client: "c", link: 1, publishes: [] }, CALL)).toEqual(
			bodies.publish,
		);
		expect(await http.history({ channel: "chat" }, CALL)).toEqual(bodies.history);
	});

	it.each([
		[400, "protocol-violation", false],
		[401, "unauthorized", false],
		[403, "forbidden", false],
		[404, "endpoint-refused", true],
		[413, "message-too-large", false],
		[429, "overloaded", true],
		[500, "endpoint-refused", true],
		[503, "overloaded", true],
	])("of status %d is the error %s", async (status, code, retryable) => {
		const { http } = scene(() => respond("{}", status));
		const failure = await failureOf(http.poll(ASK, CALL));
		expect(failure).toBeInstanceOf(RealtimeError);
		expect(failure).toMatchObject({ code, retryable, retryAfterMs: undefined });
	});

	it.each([
		["7", 7_000],
		["Wed, 01 Jan 2025 12:01:00 GMT", 60_000],
	])("that pushes back with Retry-After %j says for how long", async (header, retryAfterMs) => {
		const { http } = scene(() => respond("", 503, { "retry-after": header }));
		expect(await failureOf(http.poll(ASK, CALL))).toMatchObject({
			code: "overloaded",
			retryAfterMs,
		});
	});

	it.each(["text/html", "text/plain", "application/jsonp", "application/json-seq", ""])(
		"of type %j is a captive portal's, whatever its status and body",
		async (type) => {
			const { http } = scene(() => respond(POLLED, 200, { "content-type": type }));
			expect(await failureOf(http.poll(ASK, CALL))).toMatchObject({
				code: "endpoint-refused",
				message: "not JSON: a captive portal?",
			});
		},
	);

	it("may name its charset", async () => {
		const headers = { "content-type": "Application/JSON; charset=utf-8" };
		const { http } = scene(() => respond(POLLED, 200, headers));
		expect(await http.poll(ASK, CALL)).toEqual(POLLED);
	});

	it.each(["<html>", "", "null", "[]", "{}"])("that says %j is malformed", async (body) => {
		const { http } = scene(() => respond(body));
		expect(await failureOf(http.poll(ASK, CALL))).toMatchObject({ code: "protocol-violation" });
	});

	it("is decoded however its bytes are cut", async () => {
		const bytes = new TextEncoder().encode(JSON.stringify({ ...POLLED, identity: "añn €𝄞" }));
		const cuts = fc.uniqueArray(fc.nat({ max: bytes.length - 1 }), { maxLength: 8 });
		await fc.assert(
			fc.asyncProperty(cuts, async (places) => {
				const starts = [0, ...[...places].sort((a, b) => a - b)];
				const parts = starts.map((start, n) => bytes.subarray(start, starts[n + 1]));
				const { http } = scene(() => respond(streamOf(parts)));
				expect((await http.poll(ASK, CALL)).identity).toBe("añn €𝄞");
			}),
			{ seed: 7, numRuns: 100 },
		);
	});

	it("that never ends is cut off", async () => {
		let pulled = 0;
		const pull = (controller: ReadableStreamDefaultController): void => {
			pulled++;
			controller.enqueue(new Uint8Array(1_048_576));
		};
		const { http, asked } = scene(() => respond(new ReadableStream({ pull })));
		expect(await failureOf(http.poll(ASK, CALL))).toMatchObject({ code: "message-too-large" });
		expect(pulled).toBeLessThan(20);
		expect(asked[0]?.init.signal?.aborted).toBe(true);
	});

	it("is read whole where the platform does not stream", async () => {
		const whole = { ...respond(POLLED), ok: true, status: 200, body: undefined };
		const headers = new Headers({ "content-type": "application/json" });
		const text = async (): Promise<string> => JSON.stringify(POLLED);
		const { http } = scene(() => ({ ...whole, headers, text }) as unknown as Response);
		expect(await http.poll(ASK, CALL)).toEqual(POLLED);
	});

	it("that does not come is given up, and its request aborted", async () => {
		const { http, clock, asked } = scene(hang);
		const failure = failureOf(http.publish({ client: "c", link: 1, publishes: [] }, CALL));
		await clock.advance(9_999);
		expect(asked[0]?.init.signal?.aborted).toBe(false);
		await clock.advance(1);
		expect(await failure).toMatchObject({ code: "connect-timeout", retryable: true });
		expect(asked[0]?.init.signal?.aborted).toBe(true);
		expect(clock.pending).toEqual([]);
	});

	it("to a long poll has as much longer as the server may hold it", async () => {
		const { http, clock } = scene(hang);
		const failure = failureOf(http.poll({ ...ASK, waitMs: 25_000 }, CALL));
		await clock.advance(34_999);
		expect(clock.pending).toHaveLength(1);
		await clock.advance(1);
		expect(await failure).toMatchObject({ code: "connect-timeout" });
	});

	it("is not waited for once the caller gives up", async () => {
		const { http, clock, asked } = scene(hang);
		const controller = new AbortController();
		const failure = failureOf(http.poll(ASK, { ...CALL, signal: controller.signal }));
		controller.abort("enough");
		expect(await failure).toBe("enough");
		expect(asked[0]?.init.signal?.aborted).toBe(true);
		expect(clock.pending).toEqual([]);
	});
});
