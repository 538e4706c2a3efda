/* S15 on real sockets: links that are replaced on purpose, and nobody notices. */
import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../src/client/client.js";
import { flawless, Ledger } from "../support/ledger.js";
import { createRealEdge, type RealEdge, type RealGateway } from "../support/real-edge.js";
import { Traffic } from "../support/traffic.js";
import { until, when } from "../support/until.js";

let edge: RealEdge;
afterEach(() => edge.stop());

/** The longest that two links may stand side by side. */
const OVERLAP_MS = 5_000;

/** Every moment without a link, as the app sees it. */
function watchGaps(client: Client): readonly string[] {
	const seen: string[] = [];
	client.connection.subscribe(({ status }) => {
		if (status !== "connected") seen.push(status);
	});
	return seen;
}

/** How long there were more links than clients, at the longest. */
function watchOverlap(gateways: readonly RealGateway[], clients: number): () => number {
	let longest = 0;
	let since: number | null = null;
	const look = (): void => {
		const open = gateways.reduce((sum, { server }) => sum + server.stats.get().connections, 0);
		if (open <= clients) since = null;
		else {
			since ??= performance.now();
			longest = Math.max(longest, performance.now() - since);
		}
	};
	const timer = setInterval(look, 5);
	return () => {
		clearInterval(timer);
		return longest;
	};
}

async function talker(name: string, ledger: Ledger): Promise<{ client: Client; traffic: Traffic }> {
	const client = edge.client();
	const traffic = new Traffic({ edge, client, ledger, name });
	await traffic.open();
	return { client, traffic };
}

describe("a hundred messages a second each way", () => {
	it("do not notice that links are refreshed for their age, a hundred times", async () => {
		edge = await createRealEdge({ gateways: 1, server: { maxConnectionAgeMs: 300 } });
		const ledger = new Ledger();
		const talkers = await Promise.all([1, 2, 3, 4, 5].map((n) => talker(`room${n}`, ledger)));
		const gaps = talkers.map(({ client }) => watchGaps(client));
		const migrations = (): number =>
			talkers.reduce((sum, { client }) => sum + client.stats.get().migrations, 0);
		const sending = new AbortController();
		const runs = talkers.map(async ({ traffic }) => {
			while (!sending.signal.aborted) await traffic.run(20);
		});
		await until(() => migrations() >= 100, "a hundred refreshes", 25_000);
		sending.abort();
		await Promise.all(runs);
		const lanes = talkers.flatMap(({ traffic }) => traffic.lanes);
		await ledger.settled(lanes);
		for (const lane of lanes) expect(ledger.tally(lane)).toEqual(flawless(ledger.tally(lane).sent));
		expect(gaps.flat()).toEqual([]);
	});

	it("do not notice a drain from gateway to gateway", async () => {
		edge = await createRealEdge({ gateways: 2 });
		const ledger = new Ledger();
		const { client, traffic } = await talker("room", ledger);
		const gaps = watchGaps(client);
		const longest = watchOverlap(edge.gateways, 1);
		const sending = traffic.run(400);
		for (const [from, to] of [
			[edge.primary, edge.backup],
			[edge.backup, edge.primary],
			[edge.primary, edge.backup],
		] as const) {
			const moved = when(
				client.connection,
				(state) => state.status === "connected" && state.endpoint === to.url,
				"the move",
			);
			await from.server.drain({ withinMs: 10_000 });
			await moved;
			await from.restart(edge.log);
		}
		await sending;
		await ledger.settled(traffic.lanes);
		expect(traffic.lanes.map((lane) => ledger.tally(lane))).toEqual([flawless(400), flawless(400)]);
		expect(gaps).toEqual([]);
		expect(longest()).toBeLessThan(OVERLAP_MS);
		expect(client.stats.get().migrations).toBe(3);
	});
});
