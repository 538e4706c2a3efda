/* Too much of it, on real sockets: a message too large, a consumer too slow. */
import { describe, expect, it } from "vitest";
import { edgeOf } from "../support/real-edge.js";
import { until, when } from "../support/until.js";

describe.concurrent("too much", () => {
	it("in one message is that message's end, and nobody else's", async (test) => {
		const edge = await edgeOf(test, { gateways: 1, server: { maxFrameBytes: 4_096 } });
		const client = edge.client();
		await client.connect();
		const receipts = await Promise.allSettled([
			client.publish("room", 1),
			client.publish("room", "x".repeat(5_000)),
			client.publish("room", 2),
		]);
		expect(receipts).toMatchObject([
			{ value: { status: "stored" } },
			{ reason: { code: "message-too-large", retryable: false } },
			{ value: { status: "stored" } },
		]);
		expect(await edge.stored("room")).toEqual([1, 2]);
		expect(client.stats.get().dials).toBe(1);
	});

	it("for a slow consumer closes it, and it resumes where it was", async (test) => {
		const edge = await edgeOf(test, {
			gateways: 1,
			server: { maxFrameBytes: 65_536, sendBufferBytes: 131_072 },
		});
		const client = edge.client();
		const heard: number[] = [];
		const { state } = client.subscribe("room", ({ data }) => heard.push((data as { n: number }).n));
		await when(state, ({ status }) => status === "subscribed", "a subscription");
		// Nothing gets through any more, and the kernels' buffers hold some megabytes.
		edge.primary.proxy.mute("down");
		const { server } = edge.primary;
		const text = "x".repeat(50_000);
		let sent = 0;
		await until(async () => {
			for (let n = 0; n < 10; n++) await edge.publish("room", { n: ++sent, text });
			return server.stats.get().connections === 0;
		}, "its end");
		await edge.primary.proxy.pass();
		await until(() => heard.length >= sent, "all of it");
		expect(heard).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
	});
});
