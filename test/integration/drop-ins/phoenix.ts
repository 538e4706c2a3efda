import { Socket } from "phoenix";
import { type Library, serve } from "./library.js";

type Frame = [join: string | null, ref: string, topic: string, event: string, payload: unknown];

export const phoenix: Library = {
	name: "phoenix",
	path: "/socket",
	// A small server that speaks version 2 of its protocol: join, heartbeat, echo.
	serve: () =>
		serve((socket) => {
			socket.on("message", (data) => {
				const [join, ref, topic, , payload] = JSON.parse(String(data)) as Frame;
				const reply = { status: "ok", response: payload };
				socket.send(JSON.stringify([join, ref, topic, "phx_reply", reply]));
			});
		}),
	open: (failoverWebSocket, endpoints) => {
		// recipe
		const socket = new Socket(endpoints[0] as string, {
			transport: failoverWebSocket({
				endpoints,
				heartbeat: {
					message: () => '[null,"holdfast","phoenix","heartbeat",{}]',
					isReply: (data) => String(data).startsWith('[null,"holdfast"'),
				},
			}),
		});
		socket.connect();
		// end
		const channel = socket.channel("room");
		channel.join();
		return {
			echo: (text) =>
				new Promise((resolve, reject) => {
					channel
						.push("echo", { text })
						.receive("ok", (payload) => resolve(payload.text))
						.receive("error", reject)
						.receive("timeout", reject);
				}),
			close: () => socket.disconnect(),
		};
	},
};
