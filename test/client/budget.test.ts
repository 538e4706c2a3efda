import { describe, expect, it } from "vitest";
import { createHarness } from "../../src/testing.js";

describe("S23: the retry budget", () => {
	it("keeps token requests within 1.2 of the first tries when all of them fail", async () => {
		let requests = 0;
		const harness = createHarness({
			api: [],
			connect: "eager",
			getToken: () => {
				requests += 1;
				return Promise.reject(new Error("down"));
			},
		});
		await harness.clock.advance(3_600_000);
		const firstTries = harness.client.stats.get().dials;
		expect(firstTries).toBeGreaterThan(20);
		expect(requests / firstTries).toBeLessThanOrEqual(1.2);
		await harness[Symbol.asyncDispose]();
	});

	it("keeps polls to one request each when all of them fail", async () => {
		const harness = createHarness({ behavior: { refuse: 503 }, connect: "eager" });
		let requests = 0;
		harness.server.apiBehavior = () => {
			requests += 1;
			return { refuse: 500 };
		};
		await harness.clock.advance(600_000);
		expect(requests).toBe(harness.client.stats.get().polls);
		expect(requests / 600).toBeLessThanOrEqual(0.2);
		await harness[Symbol.asyncDispose]();
	});
});

describe("the admission file", () => {
	it("brings a long sleep to an end once it says that realtime is up", async () => {
		let realtime = "down";
		const looked: string[] = [];
		const harness = createHarness({
			behavior: () => ({ refuse: 503, retryAfterMs: 5_000 }),
			platform: "node",
			api: [],
			connect: "eager",
			reconnect: {
				admissionUrl: "https://cdn.test/admission.json",
				maxMs: 600_000,
				baseMs: 600_000,
			},
			runtime: {
				fetch: (url) => {
					looked.push(String(url));
					return Promise.resolve(Response.json({ realtime, windowMs: 2_000 }));
				},
			},
		});
		await harness.clock.advance(40_000);
		const before = harness.client.stats.get().dials;
		expect(looked.length).toBeGreaterThan(1);
		expect(new Set(looked)).toEqual(new Set(["https://cdn.test/admission.json"]));
		realtime = "up";
		harness.server.behavior = "accept";
		await harness.clock.advance(20_000);
		expect(harness.client.stats.get().dials).toBeGreaterThan(before);
		expect(harness.client.connection.get().status).toBe("connected");
		const { length } = looked;
		await harness.clock.advance(60_000);
		expect(looked).toHaveLength(length);
		await harness[Symbol.asyncDispose]();
	});
});
