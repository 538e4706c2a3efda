import { Aedes } from "aedes";
import mqttjs from "mqtt";
import { createWebSocketStream } from "ws";
import { type Library, serve } from "./library.js";

export const mqtt: Library = {
	name: "mqtt",
	path: "/mqtt",
	// The broker aedes.
	serve: async () => {
		const broker = await Aedes.createBroker();
		const server = await serve(
			(socket) => {
				const stream = createWebSocketStream(socket);
				stream.on("error", () => {});
				broker.handle(stream as never);
			},
			{ handleProtocols: () => "mqtt" },
		);
		return Object.assign(server, {
			[Symbol.asyncDispose]: () => new Promise<void>((resolve) => broker.close(resolve)),
		});
	},
	open: async (failoverWebSocket, endpoints) => {
		// recipe
		const FailoverWebSocket = failoverWebSocket({
			endpoints,
			heartbeat: {
				// PINGREQ and PINGRESP.
				message: () => Uint8Array.of(0xc0, 0),
				isReply: (data) => new Uint8Array(data as ArrayBuffer)[0] === 0xd0,
			},
		});
		const client = mqttjs.connect(endpoints[0] as string, {
			createWebsocket: (url, protocols) => new FailoverWebSocket(url, protocols),
			// In Node: the path that takes a standard WebSocket. A browser has no other.
			forceNativeWebSocket: true,
		});
		// end
		client.on("error", () => {});
		client.subscribe("echo");
		return {
			echo: (text) =>
				new Promise((resolve) => {
					client.on("message", (_topic, payload) => {
						if (String(payload) === text) resolve(text);
					});
					client.publish("echo", text);
				}),
			close: () => client.endAsync(true),
		};
	},
};
