/* A question for a PoP's health through one of its balancers, on a new connection, as a newcomer would come in. */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { type EdgeConfig, namesOf } from "./config.js";
import { HEALTH_PATH } from "./pop/health-path.js";
import type { Reach } from "./reach.js";

export interface Asker {
	readonly config: EdgeConfig;
	readonly reach: Reach;
	/** Who signed what the PoPs show: PEM. */
	readonly authority: string;
}

/** Its body is not read. Rejects with the system's error, or when aborted. */
export function askHealth(
	{ config, reach, authority }: Asker,
	address: string,
	signal: AbortSignal,
): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const asked = request({
			...reach.of(address),
			path: HEALTH_PATH,
			servername: namesOf(config).primary,
			ca: authority,
			agent: false,
			signal,
		});
		asked.on("response", (response) => {
			response.resume();
			resolve(response);
		});
		asked.on("error", reject);
		asked.end();
	});
}
