/* S11 on real sockets: what a ledger of both directions says after links were cut, killed and lost. */
import { afterEach, describe, expect, it } from "vitest";
import type { Gap } from "../../src/channels/message.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { flawless, Ledger } from "../support/ledger.js";
import { createRealEdge, type RealEdge } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

let edge: RealEdge;
afterEach(() => edge.stop());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const OUTAGE_MS = 4_000;

/** Cuts, kills and restarts by chance until it is told to stop; the eighth is an outage of everything. */
async function strike(random: () => number, signal: AbortSignal): Promise<Record<string, number>> {
	const struck = { reset: 0, fin: 0, killed: 0, outage: 0 };
	const proxies = edge.gateways.map(({ proxy }) => proxy);
	for (let count = 1; !signal.aborted; count++) {
		await pause(40 + random() * 320);
		const kind = random();
		const victim = edge.gateways[random() < 0.5 ? 0 : 1] as RealEdge["primary"];
		if (count === 8) {
			await cutAll();
			struck.outage += 1;
		} else if (kind < 0.4) {
			for (const proxy of proxies) proxy.reset();
			struck.reset += 1;
		} else if (kind < 0.65) {
			for (const proxy of proxies) proxy.fin();
			struck.fin += 1;
		} else {
			await victim.restart(edge.log);
			struck.killed += 1;
		}
	}
	return struck;
}

async function cutAll(): Promise<void> {
	const proxies = [...edge.gateways, edge.api].map(({ proxy }) => proxy);
	for (const proxy of proxies) await proxy.refuse();
	for (const proxy of proxies) proxy.reset();
	await pause(OUTAGE_MS);
	for (const proxy of proxies) await proxy.pass();
}

describe("a hundred messages a second each way, on real sockets", () => {
	it("come whole, once and in order through resets, ends, kills and an outage of four seconds", async () => {
		edge = await createRealEdge();
		const client = edge.client({ outbox: { maxMessages: 10_000 } });
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await traffic.open();
		await client.connect();
		const over = new AbortController();
		const striking = strike(seededRandom(7), over.signal);
		await traffic.run(1_500);
		over.abort();
		const struck = await striking;
		await ledger.settled(traffic.lanes);
		expect(traffic.lanes.map((lane) => ledger.tally(lane))).toEqual([
			flawless(1_500),
			flawless(1_500),
		]);
		// Each kind of fault did strike, or this would prove nothing.
		expect(Object.values(struck).every((count) => count > 0)).toBe(true);
		expect(client.stats.get().connects).toBeGreaterThan(5);
	});

	it("are not repeated by a server that lost its log, which is told as one gap", async () => {
		edge = await createRealEdge({ gateways: 1 });
		const client = edge.client();
		const heard: unknown[] = [];
		const gaps: Gap[] = [];
		client.on("gap", (gap) => gaps.push(gap));
		client.subscribe("room", ({ data }) => heard.push(data));
		await when(client.connection, ({ status }) => status === "connected", "a link");
		for (let n = 1; n <= 50; n++) await client.publish("room", n);
		await until(() => heard.length === 50, "what was published");
		edge.log = new MemoryLog({});
		await edge.api.restart(edge.log);
		await edge.primary.kill();
		// Nobody hears of it until the client is back, but the new log has it.
		for (const n of [51, 52]) await edge.publish("room", n);
		await edge.primary.start(edge.log);
		await until(() => gaps.length > 0, "the gap");
		for (let n = 53; n <= 60; n++) await client.publish("room", n);
		await until(() => heard.includes(60), "what came after");
		expect(heard).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
		expect(gaps).toEqual([{ channel: "room", missed: "unknown" }]);
	});

	it("are all stored, when a thousand were waiting for a link", async () => {
		edge = await createRealEdge({ gateways: 1 });
		const client = edge.client();
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await traffic.open();
		await client.connect();
		await edge.primary.proxy.refuse();
		await edge.api.proxy.refuse();
		edge.primary.proxy.reset();
		await when(client.connection, ({ status }) => status === "reconnecting", "the loss");
		for (let n = 0; n < 1_000; n++) traffic.sendUp();
		expect(client.outbox.get()).toHaveLength(1_000);
		await edge.primary.proxy.pass();
		await ledger.settled([traffic.up]);
		expect(ledger.tally(traffic.up)).toEqual(flawless(1_000));
		expect(client.outbox.get()).toEqual([]);
	});
});
