import { describe, expect, it } from "vitest";
import type { PublishReceipt } from "../../src/index.js";
import { createHarness, seededRandom } from "../../src/testing.js";

const EVERY_MS = 10;

describe("S11: a thousand kills under 100 messages a second each way", () => {
	it("loses, repeats and reorders nothing, and every receipt is true", async () => {
		const random = seededRandom(11);
		const harness = createHarness({ seed: 11, outbox: { maxMessages: 5_000 } });
		const { client, clock, network, server } = harness;
		const down: unknown[] = [];
		const up: unknown[] = [];
		const gaps: unknown[] = [];
		const receipts: Promise<PublishReceipt>[] = [];
		client.subscribe("down", ({ data }) => down.push(data));
		client.subscribe("up", ({ data }) => up.push(data));
		client.on("gap", (gap) => gaps.push(gap));
		await clock.advance(1_000);

		let kills = 0;
		let killAt = 0;
		let n = 0;
		for (let at = 0; kills < 1_000; at += EVERY_MS, n += 1) {
			server.publish("down", n);
			receipts.push(client.publish("up", n));
			if (at >= killAt) {
				kills += 1;
				killAt = at + 100 + random() * 900;
				network.reset();
				if (kills % 50 === 0) {
					const outage = [
						network.refuse("wss://primary.test"),
						network.refuse("wss://backup.test"),
					];
					const heal = (): void => {
						for (const end of outage) end[Symbol.dispose]();
					};
					clock.setTimeout(heal, 4_000, "outage");
				}
			}
			await clock.advance(EVERY_MS);
		}
		await clock.advance(30_000);

		const all = Array.from({ length: n }, (_, index) => index);
		expect(gaps).toEqual([]);
		expect(down).toEqual(all);
		expect(up).toEqual(all);
		expect((await Promise.all(receipts)).every(({ status }) => status === "stored")).toBe(true);
		await harness[Symbol.asyncDispose]();
	}, 240_000);
});

describe("S15: a hundred planned refreshes under 100 messages a second", () => {
	it("leaves no gap of a millisecond, loses nothing, and overlaps for no more than five seconds", async () => {
		const harness = createHarness({ seed: 15 });
		const { client, clock, server } = harness;
		const lateMs: number[] = [];
		const got: unknown[] = [];
		client.subscribe("room", ({ data }) => {
			const { n, at } = data as { n: number; at: number };
			got.push(n);
			lateMs.push(clock.monotonic() - at);
		});
		await clock.advance(1_000);
		let n = 0;
		let twoLinksSince: number | null = null;
		let overlapMs = 0;
		for (let refresh = 0; refresh < 100; refresh += 1) {
			server.goodbye({ deadlineMs: 5_000, windowMs: 500, reason: "refresh" });
			for (let tick = 0; tick < 100; tick += 1, n += 1) {
				server.publish("room", { n, at: clock.monotonic() });
				await clock.advance(EVERY_MS);
				if (server.connections < 2) twoLinksSince = null;
				else twoLinksSince ??= clock.monotonic();
				if (twoLinksSince !== null)
					overlapMs = Math.max(overlapMs, clock.monotonic() - twoLinksSince);
			}
		}
		await clock.advance(5_000);
		expect(client.stats.get()).toMatchObject({ migrations: 100 });
		expect(got).toEqual(Array.from({ length: n }, (_, index) => index));
		// One way is 5 ms: a message that waited for a link would be later than that.
		expect(Math.max(...lateMs)).toBeLessThanOrEqual(EVERY_MS);
		expect(overlapMs).toBeLessThanOrEqual(5_000);
		expect(harness.history.map(({ status }) => status)).not.toContain("reconnecting");
		await harness[Symbol.asyncDispose]();
	}, 120_000);
});

describe("S12: pipelining", () => {
	it("stores 500 publishes a second and more over a round trip of 200 ms", async () => {
		const harness = createHarness({ seed: 12, connect: "eager", outbox: { maxMessages: 5_000 } });
		const { client, clock, network } = harness;
		network.latency(100);
		await clock.advance(3_000);
		const begin = clock.monotonic();
		const ends: number[] = [];
		for (let n = 0; n < 3_000; n += 1)
			void client.publish("room", n).then(() => ends.push(clock.monotonic()));
		await clock.advance(10_000);
		expect(ends).toHaveLength(3_000);
		expect(3_000 / ((Math.max(...ends) - begin) / 1_000)).toBeGreaterThanOrEqual(500);
		await harness[Symbol.asyncDispose]();
	});
});
