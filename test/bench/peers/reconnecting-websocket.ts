import Imported from "reconnecting-websocket";
import type { Peer } from "./peer.js";
import { BrowserLike, inTurns, PLAIN_SERVER, servePlain, speakPlain } from "./plain.js";

// CommonJS: what Node and TypeScript see as the default is not the same.
const ReconnectingWebSocket =
	(Imported as unknown as { default?: typeof Imported }).default ?? Imported;

export const reconnectingWebsocket: Peer = {
	name: "reconnecting-websocket",
	packages: ["reconnecting-websocket"],
	entry: 'export { default } from "reconnecting-websocket"',
	defaults:
		"redials after 1 to 5 s, × 1.3 up to 10 s; 4 s for a connection; no heartbeat; its buffer has no bound. Two URLs: its URL function, ours takes turns",
	server: PLAIN_SERVER,
	lacks: {},
	connect: (urls, hear) =>
		speakPlain(new ReconnectingWebSocket(inTurns(urls), [], { WebSocket: BrowserLike }), hear),
	serve: servePlain,
};
