/* S11 on real sockets: what a ledger of both directions says after links were cut, killed and lost. */
import { afterEach, describe, expect, it } from "vitest";
import type { Gap } from "../../src/channels/message.js";
import { MemoryLog } from "../../src/server/memory-log.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { flawless, Ledger } from "../support/ledger.js";
import type { FaultProxy } from "../support/fault-proxy.js";
import { createRealEdge, type RealEdge, type RealGateway } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

let edge: RealEdge;
afterEach(() => edge.stop());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const OUTAGE_MS = 4_000;
const OFTEN = 9;

type Kind = "reset" | "end" | "kill" | "outage";

const FAULTS: Readonly<Record<Kind, (victim: RealGateway) => void | Promise<void>>> = {
	reset: () => {
		for (const proxy of proxies()) proxy.reset();
	},
	end: () => {
		for (const proxy of proxies()) proxy.fin();
	},
	kill: (victim) => victim.restart(edge.log),
	outage: async () => {
		const all = [...proxies(), edge.api.proxy];
		for (const proxy of all) await proxy.refuse();
		for (const proxy of all) proxy.reset();
		await pause(OUTAGE_MS);
		for (const proxy of all) await proxy.pass();
	},
};

const proxies = (): readonly FaultProxy[] => edge.gateways.map(({ proxy }) => proxy);

/** Strikes by chance until it is told to stop; the first four are one of each. */
async function strike(random: () => number, signal: AbortSignal): Promise<void> {
	const kinds: Kind[] = ["reset", "kill", "end", "outage"];
	while (!signal.aborted) {
		await pause(40 + random() * 320);
		const kind = kinds.shift() ?? (["reset", "end", "kill"] as const)[Math.floor(random() * 3)];
		const victim = edge.gateways[Math.floor(random() * 2)];
		if (kind !== undefined && victim !== undefined) await FAULTS[kind](victim);
	}
}

describe("a hundred messages a second each way, on real sockets", () => {
	it("come whole, once and in order through resets, ends, kills and an outage of four seconds", async () => {
		edge = await createRealEdge();
		const client = edge.client({ outbox: { maxMessages: 10_000 } });
		const ledger = new Ledger();
		const traffic = new Traffic({ edge, client, ledger, name: "room" });
		await traffic.open();
		const over = new AbortController();
		const striking = strike(seededRandom(7), over.signal);
		let sent = 0;
		// A link that was not lost often proves nothing, and a slow machine takes longer to lose it.
		while (sent < 1_000 || client.stats.get().connects < OFTEN) {
			await traffic.run(100);
			sent += 100;
		}
		over.abort();
		await striking;
		await ledger.settled(traffic.lanes);
		expect(traffic.lanes.map((lane) => ledger.tally(lane))).toEqual([
			flawless(sent),
			flawless(sent),
		]);
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
