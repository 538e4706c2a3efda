/* A WebSocket of ws, as a server of graphql-ws takes it. */
import type { makeServer } from "graphql-ws";
import type { WebSocket } from "ws";

export function openGraphql(server: ReturnType<typeof makeServer>, socket: WebSocket): void {
	const closed = server.opened(
		{
			protocol: socket.protocol,
			send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
			close: (code, reason) => socket.close(code, reason),
			onMessage: (take) =>
				socket.on("message", (data) => {
					take(String(data)).catch(() => socket.close());
				}),
		},
		{},
	);
	socket.on("close", (code, reason) => void closed(code, String(reason)));
}
