/* An upgrade through one of a PoP's balancers, to a gateway and no further: no session begins, and nobody is counted. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import type { Asker } from "../ask-health.js";
import { namesOf } from "../config.js";
import { PROBE_HEADER } from "../pop/socket-watch.js";

/** Its body is not read. Rejects with the system's error, or when aborted. */
export function askUpgrade(
	{ config, reach, authority }: Asker,
	address: string,
	signal: AbortSignal,
): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const asked = request({
			...reach.of(address),
			...{ path: "/", servername: namesOf(config).primary, ca: authority, agent: false, signal },
			headers: {
				Connection: "Upgrade",
				Upgrade: "websocket",
				"Sec-WebSocket-Version": "13",
				"Sec-WebSocket-Key": randomBytes(16).toString("base64"),
				"Sec-WebSocket-Protocol": SUBPROTOCOL,
				[PROBE_HEADER]: "1",
			},
		});
		asked.on("upgrade", (response: IncomingMessage, socket: Duplex) => {
			socket.on("error", () => undefined);
			socket.destroy();
			resolve(response);
		});
		asked.on("response", (response) => {
			response.resume();
			resolve(response);
		});
		asked.on("error", reject);
		asked.end();
	});
}

/** docs/PROTOCOL.md */
const SUBPROTOCOL = "holdfast.v1";
