import { describe, expect, it } from "vitest";
import type { ConnectionState } from "../../src/connection/projection.js";
import { dispose } from "../../src/reactive/disposable.js";
import { sequence } from "../../src/testing/behavior.js";
import { createHarness, type HarnessOptions } from "../../src/testing/harness.js";

const eager = (options: HarnessOptions = {}) => createHarness({ connect: "eager", ...options });
const statuses = (history: readonly ConnectionState[]) => history.map(({ status }) => status);

describe("createHarness", () => {
	it("connects a client to the primary, and to nothing before it is used", async () => {
		await using harness = createHarness();
		await harness.clock.advance(5_000);
		expect(harness.client.connection.get()).toEqual({ status: "idle" });
		harness.client.subscribe("chat", () => undefined);
		await harness.clock.advance(1_000);
		expect(harness.client.connection.get()).toMatchObject({
			status: "connected",
			endpoint: "wss://primary.test",
			role: "primary",
		});
		expect(statuses(harness.history)).toEqual(["idle", "connecting", "connected"]);
		expect(harness.server.dials).toEqual([{ attempt: 1, endpoint: "wss://primary.test" }]);
	});

	it("shows an app its offline mode, and the way back", async () => {
		await using harness = eager();
		const heard: unknown[] = [];
		harness.client.subscribe("chat", ({ data }) => heard.push(data));
		await harness.clock.advance(1_000);
		harness.network.offline();
		await harness.clock.advance(12_000);
		expect(harness.client.mode.get().mode).toBe("offline");
		expect(harness.client.banner.get()?.kind).toBe("offline");
		harness.server.publish("chat", "while you were away");
		harness.network.online();
		await harness.clock.advance(10_000);
		expect(harness.client.mode.get()).toEqual({ mode: "normal" });
		expect(heard).toEqual(["while you were away"]);
	});

	it("shows an app its degraded mode: no WebSockets, and messages all the same", async () => {
		await using harness = eager({ behavior: { refuse: 503 } });
		const heard: unknown[] = [];
		harness.client.subscribe("chat", ({ data, via }) => heard.push([data, via]));
		await harness.clock.advance(10_000);
		expect(harness.client.mode.get().mode).toBe("degraded");
		harness.server.publish("chat", "hi");
		const receipt = harness.client.publish("chat", "hello");
		await harness.clock.advance(30_000);
		expect(heard).toEqual([
			["hi", "polling"],
			["hello", "polling"],
		]);
		expect(await receipt).toMatchObject({ status: "stored", duplicate: false });
		harness.server.behavior = "accept";
		await harness.clock.advance(30_000);
		expect(harness.client.mode.get()).toEqual({ mode: "normal" });
	});

	it.each([
		["hang", 4_000],
		["mute", 4_000],
		[{ refuse: 500 }, 0],
	] as const)(
		"moves on to the backup when the primary's behavior is %j",
		async (fault, afterMs) => {
			await using harness = eager({
				behavior: ({ endpoint }) => (endpoint.includes("primary") ? fault : "accept"),
			});
			await harness.clock.advance(afterMs + 500);
			expect(harness.client.connection.get()).toMatchObject({
				status: "connected",
				role: "backup",
			});
			expect(harness.server.dials.map(({ endpoint }) => endpoint)).toEqual([
				"wss://primary.test",
				"wss://backup.test",
			]);
		},
	);

	it("accepts and then closes, so that the client comes back", async () => {
		await using harness = eager({
			behavior: sequence({ acceptThenClose: 1012, afterMs: 3_000 }, "accept"),
		});
		await harness.clock.advance(2_000);
		expect(statuses(harness.history)).toEqual(["connecting", "connected"]);
		await harness.clock.advance(8_000);
		expect(statuses(harness.history)).toContain("reconnecting");
		expect(harness.client.connection.get().status).toBe("connected");
		expect(harness.server.dials).toHaveLength(2);
	});

	it("says goodbye, and the client moves without a gap", async () => {
		await using harness = eager();
		await harness.clock.advance(1_000);
		harness.server.goodbye({ deadlineMs: 5_000, windowMs: 2_000 });
		await harness.clock.advance(10_000);
		expect(harness.server.dials).toHaveLength(2);
		expect(statuses(harness.history)).not.toContain("reconnecting");
		expect(harness.server.connections).toBe(1);
	});

	it("closes with a code", async () => {
		await using harness = eager();
		await harness.clock.advance(1_000);
		harness.server.close(4403, "not you");
		await harness.clock.advance(60_000);
		expect(harness.client.connection.get()).toMatchObject({
			status: "failed",
			cause: { code: "forbidden" },
		});
		expect(harness.server.dials).toHaveLength(1);
	});

	it("keeps every frame that a client sent", async () => {
		await using harness = eager();
		harness.client.subscribe("chat", () => undefined);
		await harness.clock.advance(1_000);
		void harness.client.publish("chat", { text: "hi" });
		await harness.clock.advance(1_000);
		expect(harness.server.received).toMatchObject([
			{ type: "hello" },
			{ type: "subscribe", channel: "chat" },
			{ type: "publish", channel: "chat", data: { text: "hi" } },
		]);
	});

	it("sends what no real server would: an unknown frame is nothing, a malformed one a violation", async () => {
		await using harness = eager();
		await harness.clock.advance(1_000);
		harness.server.sendRaw('{"type":"from-the-future"}');
		await harness.clock.advance(1_000);
		expect(harness.client.connection.get().status).toBe("connected");
		harness.server.sendRaw("{");
		await harness.clock.advance(5);
		expect(harness.client.connection.get()).toMatchObject({
			cause: { code: "protocol-violation" },
		});
	});

	it("answers HTTP with a captive portal's page, which nobody takes for an answer", async () => {
		await using harness = eager({ behavior: "hang" });
		harness.server.apiBehavior = () => ({
			respond: () => new Response("<html>", { headers: { "content-type": "text/html" } }),
		});
		await harness.clock.advance(60_000);
		expect(harness.client.mode.get().mode).toBe("offline");
		harness.server.apiBehavior = () => "answer";
		await harness.clock.advance(60_000);
		expect(harness.client.mode.get().mode).toBe("degraded");
	});

	it("partitions one endpoint until it is disposed", async () => {
		await using harness = eager();
		await harness.clock.advance(1_000);
		const partition = harness.network.partition("wss://primary.test");
		await harness.clock.advance(15_000);
		expect(harness.client.connection.get()).toMatchObject({ status: "connected", role: "backup" });
		dispose(partition);
		await harness.clock.advance(400_000);
		expect(harness.client.connection.get()).toMatchObject({ status: "connected", role: "primary" });
	});

	it("takes the options of createClient and of createServer", async () => {
		const asked: (string | null)[] = [];
		await using harness = createHarness({
			connect: "eager",
			endpoints: ["wss://only.test/realtime"],
			getToken: async () => "secret",
			server: {
				authorize: ({ token }) => {
					asked.push(token);
					return { id: "ann" };
				},
			},
		});
		await harness.clock.advance(1_000);
		expect(asked).toEqual(["secret"]);
		expect(harness.client.connection.get()).toMatchObject({ endpoint: "wss://only.test/realtime" });
		harness.server.disconnect("ann", { forbid: true });
		await harness.clock.advance(1_000);
		expect(harness.client.connection.get().status).toBe("failed");
	});

	it("takes the same course each time, and another with another seed", async () => {
		const run = async (seed: number) => {
			await using harness = eager({
				seed,
				behavior: sequence("hang", { refuse: 503 }, "mute", "accept"),
			});
			await harness.clock.advance(60_000);
			return harness.history;
		};
		const [first, second, other] = [await run(1), await run(1), await run(2)];
		expect(first).toEqual(second);
		expect(first).not.toEqual(other);
	});

	it("leaves no timer behind", async () => {
		const harness = eager();
		harness.client.subscribe("chat", () => undefined);
		await harness.clock.advance(1_000);
		await harness[Symbol.asyncDispose]();
		await harness.clock.advance(60_000);
		expect(harness.clock.pending).toEqual([]);
	});
});
