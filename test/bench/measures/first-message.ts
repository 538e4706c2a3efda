import { createFaultProxy } from "../../support/fault-proxy.js";
import type { Measure } from "../measure.js";
import { startClient, startServer } from "../peer-processes.js";

/** So long that a process's own milliseconds are a small part of a round trip. */
const DELAY_MS = 100;

export const firstMessage: Measure = {
	name: "first",
	title: "First message",
	how: `from the first line of the program to the first message, ${DELAY_MS} ms each way by a proxy that delays bytes, not the TCP connect; the server publishes every 5 ms to whoever is subscribed`,
	figures: [
		{ key: "trips", title: "round trips after TCP", better: "less", against: "raw ws", digits: 1 },
	],
	needs: [],
	turns: "one by one",
	measure: async (peer) => {
		const { server, port } = await startServer(peer);
		server.order({ do: "beat", phase: 1, everyMs: 5 });
		const proxy = await createFaultProxy(port, { latencyMs: DELAY_MS });
		const client = startClient({ peer, urls: [`ws://127.0.0.1:${proxy.port}`], what: "first" });
		try {
			const { ms } = await client.said("first");
			return { trips: ms / (2 * DELAY_MS) };
		} finally {
			await client.stop();
			await proxy[Symbol.asyncDispose]();
			await server.stop();
		}
	},
};
