import { describe, expect, it } from "vitest";
import { type KeyValueStorage, memoryLocks, memoryStorage } from "../../src/index.js";
import { createHarness, type Harness } from "../../src/testing.js";

const outbox = { persist: "storage", namespace: "ada" } as const;

describe("a persisted outbox", () => {
	it("S12: is sent by the next process, in order, once each", async () => {
		const storage = memoryStorage();
		const locks = memoryLocks();
		const first = createHarness({ behavior: "hang", api: [], outbox, runtime: { storage, locks } });
		for (let n = 0; n < 100; n += 1) first.client.publish("room", n).catch(() => undefined);
		await first.clock.advance(1_000);
		await first.client.close();

		const second = createHarness({
			outbox,
			connect: "eager",
			seed: 2,
			runtime: { storage, locks },
		});
		const got: unknown[] = [];
		second.client.subscribe("room", ({ data }) => got.push(data));
		await second.clock.advance(5_000);
		expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
		expect(second.client.outbox.get()).toEqual([]);
		expect((await storage.keys()).filter((key) => key.includes("/m/"))).toEqual([]);
	});

	it("S22: of one user is not sent by another who logs in under the same namespace", async () => {
		const storage = memoryStorage();
		const locks = memoryLocks();
		const as = (id: string, seed: number): Harness =>
			createHarness({
				outbox,
				seed,
				runtime: { storage, locks },
				server: { authorize: () => ({ id }) },
			});
		const ada = as("ada", 1);
		const first = ada.client.publish("room", "stored");
		await ada.clock.advance(1_000);
		await first;
		ada.network.offline();
		ada.client.publish("room", "hers").catch(() => undefined);
		await ada.clock.advance(1_000);
		await ada.client.close();

		const bob = as("bob", 2);
		bob.client.subscribe("room", () => undefined);
		await bob.clock.advance(60_000);
		expect(bob.client.connection.get()).toMatchObject({
			status: "failed",
			cause: { code: "forbidden" },
		});
		expect(JSON.stringify(bob.server.received)).not.toContain("hers");
	});

	it("T1: promises nothing that storage has refused", async () => {
		const full: KeyValueStorage = {
			...memoryStorage(),
			set: (key) =>
				key.includes("/m/") ? Promise.reject(new Error("QuotaExceededError")) : Promise.resolve(),
		};
		const harness = createHarness({ outbox, runtime: { storage: full, locks: memoryLocks() } });
		const rejected = expect(harness.client.publish("room", 1)).rejects.toThrow(
			"QuotaExceededError",
		);
		await harness.clock.advance(2_000);
		await rejected;
		expect(JSON.stringify(harness.server.received)).not.toContain('"publish"');
	});

	it("fails each publish with the cause where storage does not open at all", async () => {
		const broken: KeyValueStorage = {
			...memoryStorage(),
			get: () => Promise.reject(new Error("no database")),
			keys: () => Promise.reject(new Error("no database")),
			set: () => Promise.reject(new Error("no database")),
		};
		const harness = createHarness({ outbox, runtime: { storage: broken, locks: memoryLocks() } });
		const errors: string[] = [];
		harness.client.on("error", ({ message }) => errors.push(message));
		const rejected = expect(harness.client.publish("room", 1)).rejects.toThrow();
		await harness.clock.advance(2_000);
		await rejected;
		expect(errors).toContain("no database");
	});

	it("tells what became of a dead program's publishes by an error, as nobody else waits for it", async () => {
		const storage = memoryStorage();
		const locks = memoryLocks();
		const first = createHarness({ behavior: "hang", api: [], outbox, runtime: { storage, locks } });
		first.client.publish("secret", "not allowed").catch(() => undefined);
		first.client.publish("room", "allowed").catch(() => undefined);
		await first.clock.advance(1_000);
		await first.client.close();

		const second = createHarness({
			outbox,
			connect: "eager",
			seed: 2,
			runtime: { storage, locks },
			server: { canPublish: (_identity, channel) => channel !== "secret" },
		});
		const errors: string[] = [];
		second.client.on("error", ({ code }) => errors.push(code));
		await second.clock.advance(5_000);
		expect(second.client.outbox.get()).toEqual([]);
		expect(errors).toEqual(["forbidden"]);
	});

	it("tells that a dead program's publish has expired, and nothing when the app clears it", async () => {
		const storage = memoryStorage();
		const locks = memoryLocks();
		const open = (seed: number): Harness =>
			createHarness({ behavior: "hang", api: [], outbox, seed, runtime: { storage, locks } });
		const first = open(1);
		first.client.publish("room", "short", { ttlMs: 10_000 }).catch(() => undefined);
		first.client.publish("room", "long").catch(() => undefined);
		await first.clock.advance(1_000);
		await first.client.close();

		const second = open(2);
		const errors: string[] = [];
		second.client.on("error", ({ message }) => errors.push(message));
		second.client.connect().catch(() => undefined);
		await second.clock.advance(20_000);
		expect(second.client.outbox.get().map(({ data }) => data)).toEqual(["long"]);
		expect(errors).toEqual([expect.stringContaining("expired")]);
		const cleared = second.client.outbox.clear();
		await second.clock.advance(100);
		await cleared;
		expect(second.client.outbox.get()).toEqual([]);
		expect(errors).toHaveLength(1);
		await second.client.close();
	});
});
