/* A realtime server on a port of its own, and its end. */
import {
	createServer as createHttpServer,
	type Server as HttpServer,
	type IncomingMessage,
	type RequestListener,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { RealtimeServer } from "holdfast/server";
import { attach } from "holdfast/server/node";
import type { Target } from "../balancer.js";

export interface RealtimePort {
	readonly http: HttpServer;
	readonly target: Target;
	/** Nobody hears a goodbye. Resolves when the port is free and all connections are gone. */
	readonly end: () => Promise<void>;
}

/** `others`: answers what is not the realtime server's. @default 404 */
export async function openRealtimePort(
	server: RealtimeServer<IncomingMessage>,
	others?: RequestListener,
): Promise<RealtimePort> {
	const http = createHttpServer(others);
	const sockets = new Set<Socket>();
	http.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	const attachment = attach(http, server);
	await new Promise<void>((resolve, reject) => {
		http.once("error", reject);
		http.listen(0, "127.0.0.1", () => resolve());
	});
	const { port } = http.address() as AddressInfo;
	const end = async (): Promise<void> => {
		for (const socket of sockets) socket.destroy();
		await server[Symbol.asyncDispose]();
		await attachment[Symbol.asyncDispose]();
		await new Promise<void>((resolve) => http.close(() => resolve()));
	};
	return { http, target: { host: "127.0.0.1", port }, end };
}
