import { Client } from "@stomp/stompjs";
import { type Library, serve } from "./library.js";

/** The part of STOMP 1.2 that an echo needs. Its heart-beats: one each 300 ms. */
const CONNECTED = "CONNECTED\nversion:1.2\nheart-beat:300,0\n\n\0";

export const stompjs: Library = {
	name: "@stomp/stompjs",
	path: "/stomp",
	serve: () =>
		serve(
			(socket) => {
				let id = "";
				const beat = setInterval(() => socket.send("\n"), 300).unref();
				socket.on("close", () => clearInterval(beat));
				socket.on("message", (data) => {
					const [head = "", body = ""] = String(data)
						.replace(/\0\n*$/, "")
						.split("\n\n");
					const [verb, ...lines] = head.split("\n");
					const headers = Object.fromEntries(lines.map((line) => line.split(":", 2)));
					if (verb === "CONNECT" || verb === "STOMP") socket.send(CONNECTED);
					else if (verb === "SUBSCRIBE") id = headers.id;
					else if (verb === "SEND")
						socket.send(`MESSAGE\nsubscription:${id}\nmessage-id:1\ndestination:echo\n\n${body}\0`);
				});
			},
			{ handleProtocols: (offered) => [...offered][0] ?? false },
		),
	open: (failoverWebSocket, endpoints) => {
		const heartbeatIncoming = 300;
		// recipe
		const FailoverWebSocket = failoverWebSocket({ endpoints });
		const client = new Client({
			webSocketFactory: () => new FailoverWebSocket(endpoints[0] as string, ["v12.stomp"]),
			// A STOMP server answers no heart-beat, it sends its own: the library notices when they fail.
			heartbeatIncoming,
			reconnectDelay: 1_000,
		});
		client.activate();
		// end
		let hear: (text: string) => void = () => {};
		client.onConnect = () => {
			client.subscribe("echo", ({ body }) => hear(body));
		};
		return {
			echo: (text) =>
				new Promise((resolve) => {
					hear = resolve;
					client.publish({ destination: "echo", body: text });
				}),
			close: () => client.deactivate({ force: true }),
		};
	},
};
