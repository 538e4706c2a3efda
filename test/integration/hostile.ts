/* Servers that are not what they seem. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { SUBPROTOCOL } from "../../src/protocol/frames.js";

export interface Hostile {
	/** host:port */
	readonly at: string;
	/** Connections or requests so far. */
	readonly count: () => number;
	readonly stop: () => Promise<void>;
}

/** What a server says to a client that it accepts. */
export const WELCOME = JSON.stringify({
	type: "welcome",
	identity: "somebody",
	heartbeatMs: 6_000,
	timeoutMs: 3_000,
	windowMs: 0,
	maxAgeMs: 0,
	maxFrameBytes: 65_536,
	tokenTtlMs: 0,
	dedupeMs: 600_000,
});

/** A WebSocket server that takes over once the client has said hello. */
export async function hostileSocket(act: (socket: WebSocket) => void): Promise<Hostile> {
	const handleProtocols = (): string => SUBPROTOCOL;
	const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols });
	await new Promise((resolve) => server.once("listening", resolve));
	let count = 0;
	server.on("connection", (socket) => {
		count += 1;
		socket.on("error", () => undefined);
		socket.once("message", () => act(socket));
	});
	const stop = async (): Promise<void> => {
		for (const socket of server.clients) socket.terminate();
		await new Promise((resolve) => server.close(resolve));
	};
	return { at: atOf(server.address()), count: () => count, stop };
}

/** An HTTP server with one answer to everything, upgrades included. */
export async function hostileHttp(
	answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Hostile> {
	let count = 0;
	const server = createServer((request, response) => {
		count += 1;
		request.resume();
		answer(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const stop = async (): Promise<void> => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	};
	return { at: atOf(server.address()), count: () => count, stop };
}

function atOf(address: ReturnType<WebSocketServer["address"]>): string {
	if (typeof address !== "object" || address === null) throw new Error("no port");
	return `127.0.0.1:${address.port}`;
}
