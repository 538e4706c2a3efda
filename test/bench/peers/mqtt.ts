import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Aedes } from "aedes";
import mqttjs from "mqtt";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Peer, Said } from "./peer.js";

const TO_CLIENTS = "bench/down";
const TO_SERVER = "bench/up";

export const mqtt: Peer = {
	name: "mqtt",
	packages: ["mqtt", "aedes"],
	entry: 'export { default } from "mqtt"',
	defaults:
		"MQTT 3.1.1 over WebSocket, QoS 0, clean session; redials every 1 s; 30 s for a connection; keepalive 60 s; its queue has no bound; server list",
	server: "the broker aedes",
	lacks: { together: "a packet is written by itself" },
	connect: (urls, hear, refused) => {
		const servers = urls.map((url) => {
			const { hostname: host, port } = new URL(url);
			return { host, port: Number(port), protocol: "ws" as const };
		});
		const client = mqttjs.connect({ servers, path: "/mqtt" });
		client.on("error", () => undefined);
		client.subscribe(TO_CLIENTS);
		client.on("message", (_topic, payload) => hear(JSON.parse(String(payload)) as Said));
		return {
			publish: (said) =>
				void client.publish(TO_SERVER, JSON.stringify(said), (error) => {
					if (error) refused();
				}),
		};
	},
	serve: async (hear) => {
		const broker = await Aedes.createBroker();
		const http = createServer();
		const sockets = new WebSocketServer({ server: http, handleProtocols: () => "mqtt" });
		sockets.on("connection", (socket) => {
			const stream = createWebSocketStream(socket);
			stream.on("error", () => undefined);
			broker.handle(stream as never);
		});
		broker.on("publish", ({ topic, payload }) => {
			if (topic === TO_SERVER) hear(JSON.parse(String(payload)) as Said);
		});
		await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
		const kind = { cmd: "publish", qos: 0, dup: false, retain: false } as const;
		const publish = (said: Said): void =>
			broker.publish(
				{ ...kind, topic: TO_CLIENTS, payload: JSON.stringify(said) },
				() => undefined,
			);
		return {
			port: (http.address() as AddressInfo).port,
			publish,
			publishTogether: (all) => all.forEach(publish),
		};
	},
};
