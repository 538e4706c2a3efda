import { describe, expect, it } from "vitest";
import type { StoredPublish } from "../../src/channels/contract.js";
import { OutboxStore } from "../../src/client/outbox-store.js";
import type { KeyValueStorage, Locks, Runtime } from "../../src/index.js";
import { memoryLocks, memoryStorage } from "../../src/index.js";
import { seededRandom } from "../../src/testing.js";

const publish = (id: string, seq: number): StoredPublish => ({
	id,
	seq,
	channel: "room",
	data: { text: id },
	queuedAt: 1,
	firstSentAt: null,
	ttlMs: 1_000,
});

class Machine {
	readonly storage: KeyValueStorage = memoryStorage();
	readonly locks: Locks = memoryLocks();
	readonly reports: unknown[] = [];
	readonly random = seededRandom(7);

	/** A process of this machine: its store and what it finds there. */
	async start(namespace = "ada"): Promise<{ store: OutboxStore; found: string[] }> {
		const { storage, locks, random, reports } = this;
		const runtime = { storage, locks, random } as unknown as Runtime;
		const store = new OutboxStore(namespace, runtime, (reason) => reports.push(reason));
		const found: string[] = [];
		await store.open((publishes) => found.push(...publishes.map(({ id }) => id)));
		return { store, found };
	}
}

describe("a stored outbox", () => {
	it("is found by the next process, in order, with its client id and greater link numbers", async () => {
		const machine = new Machine();
		const first = await machine.start();
		const links = [first.store.nextLink(), first.store.nextLink()];
		await first.store.write([publish("b", 2), publish("a", 1), publish("c", 10)]);
		await first.store.remove([publish("b", 2)]);
		first.store.close();

		const second = await machine.start();
		expect(second.found).toEqual(["a", "c"]);
		expect(second.store.queue.client).toBe(first.store.queue.client);
		expect(second.store.nextLink()).toBeGreaterThan(Math.max(...links));
	});

	it("keeps link numbers growing over thousands of dials and a crash", async () => {
		const machine = new Machine();
		const first = await machine.start();
		let last = 0;
		for (let dial = 0; dial < 250_000; dial += 1) {
			last = first.store.nextLink();
			if (dial % 1_000 === 0) await Promise.resolve();
		}
		await new Promise((resolve) => setImmediate(resolve));
		first.store.close();
		const second = await machine.start();
		expect(second.store.nextLink()).toBeGreaterThan(last);
	});

	it("gives a second process a slot of its own, and what the first leaves when it dies", async () => {
		const machine = new Machine();
		const first = await machine.start();
		const second = await machine.start();
		expect(second.store.queue.client).not.toBe(first.store.queue.client);
		await first.store.write([publish("left", 1)]);
		await second.store.write([publish("own", 1)]);
		expect(second.found).toEqual([]);
		first.store.close();
		await expect.poll(() => second.found).toEqual(["left"]);
		const keys = await machine.storage.keys();
		expect(keys.filter((key) => key.endsWith("/m/left"))).toEqual(["outbox/ada/1/m/left"]);
	});

	it("leaves alone what belongs to another identity, and other namespaces", async () => {
		const machine = new Machine();
		const ada = await machine.start();
		const bob = await machine.start();
		await ada.store.claim("ada");
		await bob.store.claim("bob");
		await ada.store.write([publish("hers", 1)]);
		ada.store.close();
		const other = await machine.start("other");
		await new Promise((resolve) => setImmediate(resolve));
		expect([bob.found, other.found]).toEqual([[], []]);
		const again = await machine.start();
		expect([again.found, again.store.queue.identity]).toEqual([["hers"], "ada"]);
	});

	it.each([
		["text", "garbage"],
		["nothing", null],
		["another version's record", { v: 0, body: [] }],
		["a torn record", { sum: 1, json: '{"id":"x"' }],
		["a flipped bit", { sum: 12345, json: '{"id":"x"}' }],
	])("sets %s aside, says so, and keeps the rest", async (_, garbage) => {
		const machine = new Machine();
		const first = await machine.start();
		await first.store.write([publish("good", 1)]);
		await machine.storage.set("outbox/ada/0/m/bad", garbage);
		first.store.close();
		const second = await machine.start();
		expect(second.found).toEqual(["good"]);
		expect(machine.reports).toHaveLength(1);
		expect(await machine.storage.get("quarantine/outbox/ada/0/m/bad")).toEqual(garbage);
	});

	it("never mistakes one namespace for the beginning of another", async () => {
		const machine = new Machine();
		const long = await machine.start("a/0/m");
		await long.store.write([publish("x", 1)]);
		long.store.close();
		expect((await machine.start("a")).found).toEqual([]);
	});
});
