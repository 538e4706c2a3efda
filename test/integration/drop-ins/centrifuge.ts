import { Centrifuge } from "centrifuge";
import { type Library, serve } from "./library.js";

/** A small server that speaks its JSON protocol: connect, rpc, a ping a second. */
export const centrifuge: Library = {
	name: "centrifuge",
	path: "/connection/websocket",
	serve: () =>
		serve((socket) => {
			const say = (reply: object): void => socket.send(JSON.stringify(reply));
			const beat = setInterval(() => say({}), 300).unref();
			socket.on("close", () => clearInterval(beat));
			socket.on("message", (data) => {
				for (const line of String(data).split("\n").filter(Boolean)) {
					const { id, connect, rpc } = JSON.parse(line);
					if (connect) say({ id, connect: { client: "c", version: "test", ping: 1, pong: true } });
					else if (rpc) say({ id, rpc: { data: rpc.data } });
				}
			});
		}),
	open: (failoverWebSocket, endpoints) => {
		const maxServerPingDelay = 300;
		// recipe
		const client = new Centrifuge(endpoints[0] as string, {
			websocket: failoverWebSocket({ endpoints }),
			// Its server pings, and the library notices when that fails.
			maxServerPingDelay,
		});
		client.connect();
		// end
		return {
			echo: async (text) => (await client.rpc("echo", text)).data,
			close: () => client.disconnect(),
		};
	},
};
