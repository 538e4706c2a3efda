/* One of Applink's processes, or what stands for it: it holds sockets, and knows nothing but their frames. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Target } from "../balancer.js";
import { type WebSocket, WebSocketServer } from "../websockets.js";
import type { Dial } from "./contract.js";
import { MAX_FRAME_BYTES } from "./frames.js";
import { readLink } from "./opening.js";

/** What may wait for a slow app before it is cut: what was sent to it is sent again. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Apart, since the types of ws do not know `closeTimeout` yet: how long a peer may take to answer a close. */
const UPGRADES = {
	noServer: true,
	perMessageDeflate: false,
	maxPayload: MAX_FRAME_BYTES,
	closeTimeout: 1_000,
};

/** A socket as the machine's orders have it. */
export interface Line {
	readonly refuse: () => void;
	readonly accept: () => void;
	readonly send: (text: string) => void;
	readonly close: () => void;
}

export interface HostOptions {
	/** "applink-1" */
	readonly name: string;
	/** Two of them without an answer, and a socket is taken for dead: or it would count for ever. */
	readonly pingMs: number;
	readonly dialled: (line: Line, dial: Dial) => HostListener;
}

export interface HostListener {
	readonly received: (text: string | null) => void;
	readonly closed: () => void;
}

export class ApplinkHost {
	readonly name: string;
	readonly #options: HostOptions;
	readonly #raw = new Set<Duplex>();
	#http: Server | null = null;
	readonly #upgrades = new WebSocketServer(UPGRADES);

	constructor(options: HostOptions) {
		this.#options = options;
		this.name = options.name;
	}

	/** Null: it does not run. */
	get target(): Target | null {
		const address = this.#http?.address() as AddressInfo | null | undefined;
		return address ? { host: "127.0.0.1", port: address.port } : null;
	}

	async start(): Promise<void> {
		if (this.#http !== null) return;
		const http = createServer((_request, response) => response.writeHead(426).end());
		http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		http.on("connection", (socket: Duplex) => {
			this.#raw.add(socket);
			socket.on("close", () => this.#raw.delete(socket));
		});
		this.#http = http;
		await new Promise<void>((resolve, reject) => {
			http.once("error", reject);
			http.listen(0, "127.0.0.1", () => resolve());
		});
	}

	/** A connection that came another way than by its port: over mutual TLS, from a PoP's proxy. */
	take(stream: Duplex): void {
		if (this.#http === null) stream.destroy();
		else this.#http.emit("connection", stream);
	}

	/** As when the process is killed: nobody hears a goodbye. */
	async kill(): Promise<void> {
		const http = this.#http;
		this.#http = null;
		if (http === null) return;
		const closed = new Promise<void>((resolve) => http.close(() => resolve()));
		for (const socket of this.#raw) socket.destroy();
		await closed;
	}

	#upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void {
		raw.on("error", () => raw.destroy());
		const asked = readLink(request.url ?? "");
		if (asked === null) return refuse(raw, "404 Not Found");
		let socket: WebSocket | null = null;
		const line: Line = {
			refuse: () => refuse(raw, "403 Forbidden"),
			accept: () => {
				this.#upgrades.handleUpgrade(request, raw, head, (made) => {
					socket = made;
				});
			},
			send: (text) => {
				if (socket !== null) sendOn(socket, text);
			},
			close: () => socket?.close(1000),
		};
		const listener = this.#options.dialled(line, { ...asked, host: this.name });
		// Refused, or a handshake that is none.
		if (socket === null) listener.closed();
		else this.#watch(socket, listener);
	}

	#watch(socket: WebSocket, { received, closed }: HostListener): void {
		let unanswered = 0;
		const pinging = setInterval(() => {
			if (unanswered >= 2) return socket.terminate();
			unanswered += 1;
			socket.ping();
		}, this.#options.pingMs);
		socket.on("pong", () => {
			unanswered = 0;
		});
		socket.on("message", (data, isBinary) => received(isBinary ? null : String(data)));
		// Its "close" follows.
		socket.on("error", () => undefined);
		socket.on("close", () => {
			clearInterval(pinging);
			closed();
		});
	}
}

function sendOn(socket: WebSocket, text: string): void {
	if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return socket.terminate();
	socket.send(text);
}

function refuse(raw: Duplex, status: string): void {
	raw.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
