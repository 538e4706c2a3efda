/* Who is compared. Loaded one by one: a process of the bench has in it the client that it measures, and no other. */
import type { Peer } from "./peer.js";

const LOAD = {
	holdfast: async () => (await import("./holdfast.js")).holdfast,
	ws: async () => (await import("./ws.js")).ws,
	partysocket: async () => (await import("./partysocket.js")).partysocket,
	"reconnecting-websocket": async () =>
		(await import("./reconnecting-websocket.js")).reconnectingWebsocket,
	"socket.io": async () => (await import("./socket-io.js")).socketIo,
	centrifuge: async () => (await import("./centrifuge.js")).centrifuge,
	"graphql-ws": async () => (await import("./graphql-ws.js")).graphqlWs,
	nats: async () => (await import("./nats.js")).nats,
	mqtt: async () => (await import("./mqtt.js")).mqtt,
} satisfies Readonly<Record<string, () => Promise<Peer>>>;

export type PeerName = keyof typeof LOAD;
export const PEER_NAMES = Object.keys(LOAD) as readonly PeerName[];
export const loadPeer = (name: PeerName): Promise<Peer> => LOAD[name]();
