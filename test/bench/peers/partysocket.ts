import ReconnectingWebSocket from "partysocket/ws";
import type { Peer } from "./peer.js";
import { BrowserLike, inTurns, PLAIN_SERVER, servePlain, speakPlain } from "./plain.js";

export const partysocket: Peer = {
	name: "partysocket",
	packages: ["partysocket"],
	entry: 'export { default } from "partysocket/ws"',
	defaults:
		"redials after 3 s, × 1.3 up to 10 s; 4 s for a connection; no heartbeat; its buffer has no bound. Two URLs: its URL function, ours takes turns",
	server: PLAIN_SERVER,
	lacks: {},
	connect: (urls, hear) =>
		speakPlain(new ReconnectingWebSocket(inTurns(urls), [], { WebSocket: BrowserLike }), hear),
	serve: servePlain,
};
