import type { Measure } from "../measure.js";
import { startClient, startServer } from "../peer-processes.js";

const CLIENTS = 400;

export const heap: Measure = {
	name: "heap",
	title: "Heap of an idle connection",
	how: `Node, after a full collection: the second ${CLIENTS} clients of a fresh process, each connected and subscribed`,
	figures: [{ key: "heap", title: "heap, kB", better: "less", against: "raw ws", digits: 1 }],
	needs: [],
	turns: "one by one",
	measure: async (peer) => {
		const { server, port } = await startServer(peer);
		// So that each knows that it is in.
		server.order({ do: "beat", phase: 1, everyMs: 200 });
		const urls = [`ws://127.0.0.1:${port}`];
		const client = startClient({ peer, urls, what: "heap", clients: CLIENTS });
		try {
			const { bytesEach } = await client.said("heap");
			return { heap: bytesEach / 1_000 };
		} finally {
			await client.stop();
			await server.stop();
		}
	},
};
