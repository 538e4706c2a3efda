import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import type { Peer } from "./peer.js";
import { NO_LIST } from "./plain.js";

export const socketIo: Peer = {
	name: "socket.io",
	packages: ["socket.io-client", "socket.io"],
	entry: 'export { io } from "socket.io-client"',
	defaults:
		"redials after 0.5 to 1.5 s, × 2 up to 5 s; pings every 25 s, 20 s for the answer. Not a default, and kinder to it: WebSocket only, connection state recovery on",
	server: "its own, in-memory adapter",
	lacks: { list: NO_LIST, together: "a message is a frame" },
	connect: ([url = ""], hear) => {
		const socket = io(url.replace("ws:", "http:"), { transports: ["websocket"], forceNew: true });
		socket.on("said", hear);
		return { publish: (said) => void socket.emit("said", said) };
	},
	serve: async (hear) => {
		const http = createServer();
		const server = new Server(http, { connectionStateRecovery: {}, serveClient: false });
		server.on("connection", (socket) => void socket.on("said", hear));
		await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
		return {
			port: (http.address() as AddressInfo).port,
			publish: (said) => void server.emit("said", said),
			publishTogether: (all) => {
				for (const said of all) server.emit("said", said);
			},
		};
	},
};
