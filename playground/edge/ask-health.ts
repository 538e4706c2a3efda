/* A question to a PoP through one of its balancers, on a new connection, as a newcomer would come in. */
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { Duplex } from "node:stream";
import { type EdgeConfig, namesOf } from "./config.js";
import { HEALTH_PATH } from "./pop/health-path.js";
import type { Reach } from "./reach.js";

export interface Asker {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	/** Who signed what the PoPs show: PEM. */
	readonly authority: string;
}

export interface Question {
	readonly path: string;
	readonly headers?: OutgoingHttpHeaders;
}

export const askHealth = (
	asker: Asker,
	address: string,
	signal: AbortSignal,
): Promise<IncomingMessage> => ask(asker, address, signal, { path: HEALTH_PATH });

/** Its body is not read, and what is upgraded is ended. Rejects with the system's error, or when aborted. */
export function ask(
	{ config, reach, authority }: Asker,
	address: string,
	signal: AbortSignal,
	question: Question,
): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const asked = request({
			...reach.of(address),
			...question,
			servername: namesOf(config).primary,
			ca: authority,
			agent: false,
			signal,
		});
		asked.on("response", (response) => {
			response.resume();
			resolve(response);
		});
		asked.on("upgrade", (response: IncomingMessage, socket: Duplex) => {
			socket.on("error", () => undefined);
			socket.destroy();
			resolve(response);
		});
		asked.on("error", reject);
		asked.end();
	});
}
