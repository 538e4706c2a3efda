import { WebSocket } from "ws";
import type { Peer } from "./peer.js";
import { NO_LIST, NO_RECONNECT, servePlain, speakPlain } from "./plain.js";

export const ws: Peer = {
	name: "raw ws",
	packages: ["ws"],
	entry: "",
	defaults: "no reconnect, no heartbeat; permessage-deflate off, as at the others",
	server: "`ws`",
	lacks: { reconnect: NO_RECONNECT, list: NO_LIST, size: "in a page it is the platform's own" },
	connect: ([url = ""], hear) => speakPlain(new WebSocket(url, { perMessageDeflate: false }), hear),
	serve: servePlain,
};
