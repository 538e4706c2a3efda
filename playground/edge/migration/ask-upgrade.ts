/* An upgrade through one of a PoP's balancers, to a gateway and no further: no session begins, and nobody is counted. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Asker, ask } from "../ask-health.js";
import { PROBE_HEADER } from "../pop/socket-watch.js";

/** docs/PROTOCOL.md */
const SUBPROTOCOL = "holdfast.v1";

export function askUpgrade(
	asker: Asker,
	address: string,
	signal: AbortSignal,
): Promise<IncomingMessage> {
	const headers = {
		Connection: "Upgrade",
		Upgrade: "websocket",
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": randomBytes(16).toString("base64"),
		"Sec-WebSocket-Protocol": SUBPROTOCOL,
		[PROBE_HEADER]: "1",
	};
	return ask(asker, address, signal, { path: "/", headers });
}
