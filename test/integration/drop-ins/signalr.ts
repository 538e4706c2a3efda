import {
	HttpTransportType,
	HubConnectionBuilder,
	type IHttpConnectionOptions,
} from "@microsoft/signalr";
import { type Library, serve } from "./library.js";

const END = "\u001e";

export const signalr: Library = {
	name: "@microsoft/signalr",
	path: "/hub",
	// A small server that speaks its JSON hub protocol, since the real one is .NET: what a hub does not have is an error.
	serve: () =>
		serve((socket) => {
			const say = (frame: object): void => socket.send(JSON.stringify(frame) + END);
			socket.on("message", (data) => {
				for (const text of String(data).split(END).filter(Boolean)) {
					const frame = JSON.parse(text);
					const { invocationId } = frame;
					if (frame.protocol) say({});
					else if (frame.target === "Echo")
						say({ type: 3, invocationId, result: frame.arguments[0] });
					else if (frame.type === 1)
						say({ type: 3, invocationId, error: "Method does not exist." });
				}
			});
		}),
	open: async (failoverWebSocket, endpoints) => {
		// recipe
		const connection = new HubConnectionBuilder()
			.withUrl((endpoints[0] as string).replace(/^ws/, "http"), {
				skipNegotiation: true,
				transport: HttpTransportType.WebSockets,
				WebSocket: failoverWebSocket({
					endpoints,
					heartbeat: {
						// A hub answers this, if only to say that it has no such method.
						message: () =>
							'{"type":1,"invocationId":"holdfast","target":"Ping","arguments":[]}\u001e',
						isReply: (data) => String(data).startsWith('{"type":3,"invocationId":"holdfast"'),
					},
				}),
				// Its types leave WebSocket out.
			} as IHttpConnectionOptions)
			// By default it gives up after four redials.
			.withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => Math.random() * 2_000 })
			.build();
		// end
		// start() is tried once: what it does about a refused endpoint is ours.
		await connection.start();
		return {
			echo: (text) => connection.invoke("Echo", text),
			close: () => connection.stop(),
		};
	},
};
