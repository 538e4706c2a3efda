import { expect, it } from "vitest";
import { createClient } from "../../src/index.js";
import type { Clock } from "../../src/runtime/runtime.js";
import { createFakeServer } from "../../src/testing/fake-server.js";
import { createNetwork, createVirtualClock, seededRandom } from "../../src/testing.js";

it("tells a public instant once, though the wall clock ticks in whole milliseconds", async () => {
	const virtual = createVirtualClock();
	let reads = 0;
	const clock: Clock = {
		// As of Date.now() and performance.now(): read one after the other, they disagree by up to 1 ms.
		now: () => virtual.now() - (reads++ % 2),
		monotonic: () => virtual.monotonic(),
		setTimeout: (run, ms, label) => virtual.setTimeout(run, ms, label),
		sleep: (ms, signal) => virtual.sleep(ms, signal),
	};
	const network = createNetwork({ clock: virtual, random: seededRandom(1) });
	const server = createFakeServer({ clock: virtual, random: seededRandom(2) });
	network.serve("wss://primary.test", server);
	const { WebSocket, fetch, lifecycle } = network;
	const client = createClient({
		endpoints: ["wss://primary.test"],
		connect: "eager",
		runtime: { clock, WebSocket, fetch, lifecycle, random: seededRandom(3) },
	});
	const told: string[] = [];
	client.on("transition", ({ from, to }) => told.push(`${from.status} → ${to.status}`));
	const sinces = new Set<number>();
	client.connection.subscribe((state) => {
		if (state.status === "connected") sinces.add(state.since);
	});
	client.subscribe("room", () => undefined);
	await virtual.advance(60_000);
	expect(told).toEqual(["connecting → connected"]);
	expect(sinces.size).toBe(1);
	await client.close();
});
