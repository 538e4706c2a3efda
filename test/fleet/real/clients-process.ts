/* Some hundred real clients in one process, each with a channel, and when they came back. */
import { type Client, createClient, silentLogger } from "holdfast";
import type { ClientsData, FromClients, ToClients } from "./contract.js";

const ROOM = 10;
const LOOK_MS = 100;

const data = JSON.parse(process.argv[2] ?? "{}") as ClientsData;
const tell = (said: FromClients): void => void process.send?.(said);

class Watched {
	readonly client: Client;
	backAt: number | null = null;
	hasLost = false;
	#dialsBefore = 0;

	constructor(n: number) {
		const name = `client-${process.pid}-${n}`;
		this.client = createClient({
			endpoints: [data.url],
			getToken: async () => name,
			connect: "eager",
			reconnect: { stableAfterMs: data.stableAfterMs },
			runtime: { logger: silentLogger },
		});
		this.client.subscribe(`room.${Math.floor(n / ROOM)}`, () => undefined);
		this.client.on("transition", ({ to }) => {
			if (to.status !== "connected") this.hasLost = true;
			this.backAt = to.status === "connected" ? Date.now() : null;
		});
	}

	get isConnected(): boolean {
		return this.client.connection.get().status === "connected";
	}

	get dials(): number {
		return this.client.stats.get().dials - this.#dialsBefore;
	}

	watch(): void {
		this.hasLost = false;
		this.#dialsBefore = this.client.stats.get().dials;
	}
}

const all: Watched[] = [];

async function paced(act: (n: number) => void): Promise<void> {
	const beganAt = performance.now();
	for (let n = 0; n < data.clients; n += 1) {
		const dueInMs = beganAt + (n * 1_000) / data.startsPerSecond - performance.now();
		if (dueInMs > 0) await new Promise((resolve) => setTimeout(resolve, dueInMs));
		act(n);
	}
	while (!all.every(({ isConnected }) => isConnected))
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

process.on("message", (order: ToClients) => {
	switch (order.do) {
		case "renew":
			void paced((n) => all[n]?.client.reconnect("renew")).then(() => tell({ is: "renewed" }));
			return;
		case "watch":
			for (const one of all) one.watch();
			tell({ is: "watching" });
			setInterval(
				() =>
					tell({
						is: "connected",
						clients: all.filter((one) => one.isConnected && one.hasLost).length,
					}),
				LOOK_MS,
			);
			return;
		case "report":
			tell({
				is: "report",
				backAt: all.map((one) => (one.hasLost ? one.backAt : null)),
				dials: all.reduce((sum, { dials }) => sum + dials, 0),
				touched: all.filter(({ hasLost }) => hasLost).length,
			});
			return;
		default:
			order satisfies never;
	}
});
process.on("disconnect", () => process.exit());
await paced((n) => all.push(new Watched(n)));
tell({ is: "started" });
