import { createServer as createHttp, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, silentLogger } from "holdfast";
import { createServer, type LogMessage, memoryLog } from "holdfast/server";
import { attach } from "holdfast/server/node";
import type { Hear, Peer, Said, Served } from "./peer.js";

const TO_CLIENTS = "down";
const TO_SERVER = "up";

async function serve(hear: Hear): Promise<Served> {
	const log = memoryLog();
	const append = log.append.bind(log);
	// What is stored is what has arrived: an id that comes again is stored once.
	log.append = async (channel: string, message: LogMessage, ...rest) => {
		const appended = await append(channel, message, ...rest);
		if (channel === TO_SERVER && appended.status === "stored" && !appended.duplicate)
			hear(message.data as Said);
		return appended;
	};
	const server = createServer<IncomingMessage>({
		...{ authorize: () => ({ id: "bench" }), allowedOrigins: "any", log },
		// Not a default: a reader that falls behind a flood would be cut off, and resume.
		sendBufferBytes: 1_000_000_000,
	});
	const http = createHttp();
	attach(http, server);
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	const publish = (said: Said): void => void server.publish(TO_CLIENTS, said);
	return {
		port: (http.address() as AddressInfo).port,
		publish,
		publishTogether: (all) => all.forEach(publish),
	};
}

export const holdfast: Peer = {
	name: "holdfast",
	packages: ["holdfast"],
	entry: 'export * from "holdfast"',
	defaults:
		"first redial within 0.5 s, then 0.5 to 4 s; 4 s for a welcome; asks after 6 s of silence, 3 s for the answer; endpoint list; no HTTP half here",
	server: "its own, memory log",
	lacks: {},
	connect: (urls, hear, refused) => {
		const client = createClient({ endpoints: [...urls], runtime: { logger: silentLogger } });
		client.subscribe(TO_CLIENTS, ({ data }) => hear(data as Said));
		return {
			publish: (said) => {
				// A full outbox refuses the newest. "unknown" is no refusal: it may have arrived.
				client.publish(TO_SERVER, said).then(({ status }) => {
					if (status === "expired") refused();
				}, refused);
			},
		};
	},
	serve,
};
