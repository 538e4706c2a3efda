import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { WebSocket as PlainWebSocket } from "ws";
import { findTool } from "../../../playground/edge/tools/find-tool.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { startNatsServer } from "../../support/nats-server.js";
import type { Peer, Said } from "./peer.js";

const program = (await findTool("nats-server"))?.path ?? null;
const TO_CLIENTS = "bench.down";
const TO_SERVER = "bench.up";

/** Node 20 has no WebSocket of its own. */
const open = (servers: readonly string[]): Promise<NatsConnection> =>
	wsconnect({
		servers: [...servers],
		// Not a default: so that all clients are where the fault strikes.
		noRandomize: true,
		wsFactory: async (url) => ({
			socket: new PlainWebSocket(url, { perMessageDeflate: false }) as unknown as WebSocket,
			encrypted: false,
		}),
	});

export const nats: Peer = {
	name: "nats",
	packages: ["@nats-io/nats-core"],
	entry: 'export { wsconnect } from "@nats-io/nats-core"',
	defaults:
		"core NATS over WebSocket; 10 redials of a server, 2 s apart; 20 s for a connection; pings every 120 s, dead after two unanswered; a first connection that fails is not tried again. Not a default: its server list in our order, not at random",
	server: "nats-server (Debian's) and a publisher beside it",
	lacks: {
		...(program === null && {
			server: "no nats-server here: npm run edge:install nats-server gets it",
		}),
	},
	connect: async (urls, hear, refused) => {
		const connection = await open(urls);
		connection.subscribe(TO_CLIENTS, {
			callback: (_, message) => hear(message.json<Said>()),
		});
		return {
			publish: (said) => {
				// It throws for good once it has given up.
				if (connection.isClosed()) refused();
				else connection.publish(TO_SERVER, JSON.stringify(said));
			},
		};
	},
	serve: async (hear) => {
		const server = await startNatsServer(program as string);
		const { port } = server;
		const publisher = await open([`ws://127.0.0.1:${port}`]);
		publisher.subscribe(TO_SERVER, { callback: (_, message) => hear(message.json<Said>()) });
		await publisher.flush();
		const publish = (said: Said): void => publisher.publish(TO_CLIENTS, JSON.stringify(said));
		return {
			port,
			publish,
			publishTogether: (all) => all.forEach(publish),
			stop: () => server[ASYNC_DISPOSE](),
		};
	},
};
