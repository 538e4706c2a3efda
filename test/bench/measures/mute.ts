import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Measure } from "../measure.js";
import { startClient } from "../peer-processes.js";

const LIMIT_MS = 45_000;

export const mute: Measure = {
	name: "mute",
	title: "Mute server",
	how: "one client that knows two URLs, if it can; behind both is a server that takes the connection and never says a word; from that connection to the next",
	figures: [
		{
			key: "next",
			title: "next dial, s",
			better: "less",
			against: "holdfast",
			digits: 1,
			limitS: LIMIT_MS / 1_000,
		},
	],
	needs: ["reconnect"],
	turns: "all at once",
	measure: async (peer) => {
		const arrivals: number[] = [];
		let told: () => void = () => undefined;
		const accept = (socket: Socket): void => {
			socket.on("error", () => undefined);
			socket.resume();
			arrivals.push(performance.now());
			told();
		};
		const servers = await Promise.all([listen(accept), listen(accept)]);
		const urls = servers.map(
			(server) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
		);
		const client = startClient({ peer, urls, what: "watch" });
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, LIMIT_MS);
			told = () => {
				if (arrivals.length < 2) return;
				clearTimeout(timer);
				resolve();
			};
		});
		await client.stop();
		for (const server of servers) server.close();
		const [first = 0, second = Number.POSITIVE_INFINITY] = arrivals;
		return { next: (second - first) / 1_000 };
	},
};

async function listen(accept: (socket: Socket) => void): Promise<Server> {
	const server = createServer(accept);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return server;
}
