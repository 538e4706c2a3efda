/* A server behind a proxy that tells what reached it, and echoes in WebSockets. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

export interface Seen {
	readonly cluster: string;
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
}

export type Mood = "answer" | "refuse" | "hang";

export class StubUpstream {
	/** What becomes of upgrades; who hangs answers no request either. */
	mood: Mood = "answer";
	upgrades = 0;
	readonly name: string;
	readonly #server: Server;
	readonly #sockets = new Set<Duplex>();
	readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

	constructor(name: string) {
		this.name = name;
		this.#server = createServer((request, response) => {
			if (this.mood === "hang") return;
			response.setHeader("X-Inner", "kept inside");
			response.setHeader("X-Cluster", name);
			response.end(JSON.stringify(this.#seen(request)));
		});
		this.#server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
		});
		this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
	}

	get endpoint() {
		const { port } = this.#server.address() as AddressInfo;
		return { host: "127.0.0.1", port, zone: "a" };
	}

	/** WebSockets that are open. */
	get open(): number {
		return this.#webSockets.clients.size;
	}

	start(host = "127.0.0.1", port = 0): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(port, host, () => resolve());
		});
	}

	/** Each of its clients, and where it came from. */
	closeAll(code: number): void {
		for (const socket of this.#webSockets.clients) socket.close(code);
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		socket.on("error", () => undefined);
		this.upgrades += 1;
		if (this.mood === "hang") return;
		if (this.mood === "refuse") {
			socket.end(
				"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
			);
			return;
		}
		const seen = JSON.stringify(this.#seen(request));
		this.#webSockets.once("headers", (headers) => {
			headers.push(`X-Cluster: ${this.name}`, `X-Seen: ${Buffer.from(seen).toString("base64")}`);
		});
		this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
			webSocket.on("message", (data) => webSocket.send(data.toString()));
		});
	}

	#seen({ method = "", url = "", headers }: IncomingMessage): Seen {
		const flat = Object.entries(headers).map(([name, value]) => [name, String(value)]);
		return { cluster: this.name, method, url, headers: Object.fromEntries(flat) };
	}
}
