/*
 * A TCP port that keeps its number while what listens there comes and goes.
 *
 *             open                    shut                       close
 *    none ─────────▶ accepts ─────────────▶ refused by the system, ─────▶ refused,
 *                        ▲                  live connections stay         live ones reset
 *                        ╰──────────────────── open ◀──────────────────────╯
 */
import { createServer, type Server, type Socket } from "node:net";
import { reset } from "./reset.js";

export interface TcpPortOptions {
	/** Addresses of this machine only: what listens here is made to be broken. @default "127.0.0.1" */
	readonly host?: string;
	/** One more is closed as soon as it is accepted. @default 1000 */
	readonly maxConnections?: number;
	/** Called for each connection. Who takes it need not watch for its errors; its "close" says all. */
	readonly accept: (socket: Socket) => void;
}

export class TcpPort {
	readonly host: string;
	readonly #options: TcpPortOptions;
	readonly #sockets = new Set<Socket>();
	#server: Server | null = null;
	#port = 0;

	constructor(options: TcpPortOptions) {
		this.#options = options;
		this.host = options.host ?? "127.0.0.1";
	}

	/** 0 before it was first open. */
	get number(): number {
		return this.#port;
	}

	/** Connections that live now. */
	get connections(): number {
		return this.#sockets.size;
	}

	/** 0, for the first time: any that is free; later: the same again. Rejects with the system's error if it is taken. */
	async open(port: number = this.#port): Promise<void> {
		if (this.#server !== null) return;
		const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
			this.#accept(socket),
		);
		server.maxConnections = this.#options.maxConnections ?? 1_000;
		this.#server = server;
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, this.host, () => resolve());
		}).catch((error: unknown) => {
			this.#server = null;
			throw error;
		});
		this.#port = (server.address() as { port: number }).port;
	}

	/** Newcomers are refused by the system. Who is here stays. */
	shut(): void {
		this.#server?.close();
		this.#server = null;
	}

	/** Resets all connections. */
	reset(): void {
		for (const socket of this.#sockets) reset(socket);
	}

	/** Resolves when the port is free and the last connection is gone. */
	async close(): Promise<void> {
		const server = this.#server;
		this.#server = null;
		const closed = new Promise<void>((resolve) => {
			if (server === null) resolve();
			else server.close(() => resolve());
		});
		this.reset();
		await closed;
	}

	#accept(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => undefined);
		socket.on("close", () => this.#sockets.delete(socket));
		this.#options.accept(socket);
	}
}
