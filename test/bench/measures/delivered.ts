import type { Figure, Measure, Outcome } from "../measure.js";
import { startClient, startServer } from "../peer-processes.js";
import type { PeerName } from "../peers/names.js";

const MESSAGES = 200_000;
/** Before that, so that the engine has compiled what it will. */
const WARM_UP = 50_000;

type How = "one" | "together";

const FIGURES: readonly Figure[] = [
	{ key: "rate", title: "messages/s", better: "more", against: "raw ws", digits: 0 },
	{ key: "cpu", title: "client's CPU a message, µs", better: "less", against: "raw ws", digits: 2 },
];

function delivered(how: How, rest: Pick<Measure, "name" | "title" | "how" | "needs">): Measure {
	return {
		...{ ...rest, figures: FIGURES, turns: "one by one" },
		measure: (peer) => flood(peer, how),
	};
}

const HOW = `${MESSAGES.toLocaleString("en")} messages of 100 characters after some that warm the engine up, client and server a process each, at most 5,000 under way. The rate is that of the slower of the two; the CPU is the client's alone`;

export const deliveredOne = delivered("one", {
	name: "delivered",
	title: "Messages published one by one",
	how: `${HOW}. Published by single calls, some hundred a turn of the event loop; a server that packs what it has sends them together (Holdfast's and NATS's do)`,
	needs: [],
});

export const deliveredTogether = delivered("together", {
	name: "coalesced",
	title: "Messages that share frames",
	how: `${HOW}. Raw sockets get arrays of fifty, centrifuge sixteen a frame, as Centrifugo packs them`,
	needs: ["together"],
});

async function flood(peer: PeerName, how: How): Promise<Readonly<Record<string, Outcome>>> {
	const { server, port } = await startServer(peer);
	server.order({ do: "beat", phase: 1, everyMs: 50 });
	const urls = [`ws://127.0.0.1:${port}`];
	const client = startClient({
		peer,
		urls,
		what: "flood",
		warmUp: WARM_UP,
		messages: WARM_UP + MESSAGES,
	});
	client.on((said) => {
		if (said.is === "credit") server.order({ do: "credit", received: said.received });
	});
	try {
		const flooded = client.said("flooded");
		await client.said("heard");
		server.order({ do: "beat", phase: 1, everyMs: 0 });
		server.order({ do: "flood", messages: WARM_UP + MESSAGES, how });
		const { wallMs, cpuMs } = await flooded;
		return { rate: (MESSAGES * 1_000) / wallMs, cpu: (cpuMs * 1_000) / MESSAGES };
	} finally {
		await client.stop();
		await server.stop();
	}
}
