/* What the tests of all client libraries have in common: a server whose sockets are counted, a client that can be asked. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type ServerOptions, type WebSocket as ServerSocket, WebSocketServer } from "ws";
import type { failoverWebSocket } from "../../../src/websocket/failover.js";

export interface Server extends AsyncDisposable {
	readonly port: number;
	/** Sockets that are open now. */
	readonly sockets: number;
	/** Sockets that were opened. */
	readonly accepted: number;
}

/** A program with the library in it, connected or on its way. */
export interface Client {
	/** Sends a text to the server over the library, and resolves with what comes back for it. */
	echo(text: string): Promise<string>;
	close(): unknown;
}

export interface Library {
	readonly name: string;
	/** Where its server listens, as an endpoint has it. */
	readonly path: string;
	serve(): Promise<Server>;
	/** The recipe of the guide, run. */
	open(make: typeof failoverWebSocket, endpoints: string[]): Client | Promise<Client>;
}

/** A WebSocket server of this machine. */
export async function serve(
	accept: (socket: ServerSocket, request: IncomingMessage) => void,
	options: ServerOptions = {},
): Promise<Server> {
	const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
	let accepted = 0;
	server.on("connection", (socket, request) => {
		accepted += 1;
		socket.on("error", () => {});
		accept(socket, request);
	});
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		get sockets() {
			return server.clients.size;
		},
		get accepted() {
			return accepted;
		},
		async [Symbol.asyncDispose]() {
			for (const socket of server.clients) socket.terminate();
			server.close();
		},
	};
}
