/*
 * What stands before each server of the playground: a TCP proxy, on a port that stays the same. It
 * looks at the first request of a connection, and at nothing that comes after it.
 *
 *               new WebSockets           open WebSockets      other connections
 *    pass       pass                     pass                 pass
 *    refuse     503                      reset                pass
 *    swallow    no answer, ever          silent both ways     pass
 *    down       the port is closed       reset                reset
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export type GateVerb = "pass" | "refuse" | "swallow" | "down";

/** Longer heads than this are no WebSocket of ours: they pass, and the server judges them. */
const MAX_HEAD_BYTES = 16_384;
const REFUSAL =
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const HOST = "127.0.0.1";

export class Gate {
	readonly #target: () => number;
	readonly #links = new Set<GatedLink>();
	#server: Server | null = null;
	#port = 0;
	#verb: GateVerb = "pass";

	/** `target`: the port to pass on to, asked for each connection, since what runs there may restart. */
	constructor(target: () => number) {
		this.#target = target;
	}

	/** 0 before the first `listen`. */
	get port(): number {
		return this.#port;
	}

	/** Rejects with the system's error if the port is taken. */
	async listen(port: number): Promise<void> {
		if (this.#server !== null) return;
		const server = createServer((client) => this.#accept(client));
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, HOST, () => resolve());
		});
		this.#server = server;
		this.#port = (server.address() as { port: number }).port;
	}

	async turn(verb: GateVerb): Promise<void> {
		this.#verb = verb;
		if (verb === "down") return this.close();
		await this.listen(this.#port);
		for (const link of [...this.#links]) link.heed(verb);
	}

	/** Closes the port and resets all connections. */
	async close(): Promise<void> {
		const server = this.#server;
		this.#server = null;
		if (server === null) return;
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		for (const link of [...this.#links]) link.reset();
		await closed;
	}

	#accept(client: Socket): void {
		const link = new GatedLink(client, this.#target, () => this.#links.delete(link));
		this.#links.add(link);
		link.begin(() => this.#verb);
	}
}

class GatedLink {
	readonly #client: Socket;
	readonly #target: () => number;
	#server: Socket | null = null;
	#isWebSocket = false;
	#isSilent = false;

	constructor(client: Socket, target: () => number, gone: () => void) {
		this.#client = client;
		this.#target = target;
		client.on("close", gone);
		this.#watch(client);
	}

	begin(verb: () => GateVerb): void {
		const chunks: Buffer[] = [];
		const read = (chunk: Buffer): void => {
			chunks.push(chunk);
			const head = Buffer.concat(chunks);
			if (!head.includes("\r\n\r\n") && head.length < MAX_HEAD_BYTES) return;
			this.#client.off("data", read);
			this.#client.pause();
			this.#judge(head, verb());
		};
		this.#client.on("data", read);
	}

	/** What a change of the gate means to a connection that is open. */
	heed(verb: GateVerb): void {
		if (!this.#isWebSocket) return;
		if (verb === "refuse") this.reset();
		else if (verb === "swallow") this.#silence();
		else this.#resume();
	}

	reset(): void {
		this.#isSilent = false;
		this.#client.resetAndDestroy();
		this.#server?.resetAndDestroy();
	}

	#judge(head: Buffer, verb: GateVerb): void {
		this.#isWebSocket = /^upgrade:\s*websocket\s*$/im.test(head.toString("latin1"));
		if (this.#isWebSocket && verb === "refuse") this.#client.end(REFUSAL);
		else if (this.#isWebSocket && verb === "swallow") this.#silence();
		else this.#forward(head);
	}

	#forward(head: Buffer): void {
		const server = connect(this.#target(), HOST);
		this.#server = server;
		this.#watch(server);
		server.write(head);
		this.#resume();
	}

	/** As on a network that drops every packet: nothing arrives, and nobody is told. */
	#silence(): void {
		this.#isSilent = true;
		this.#client.unpipe().pause();
		this.#server?.unpipe().pause();
	}

	/** What waited in the system's buffers goes on its way; a handshake that was swallowed never will. */
	#resume(): void {
		this.#isSilent = false;
		const [client, server] = [this.#client, this.#server];
		if (server === null || server.destroyed || client.destroyed) return this.#end();
		client.pipe(server).pipe(client);
	}

	#watch(socket: Socket): void {
		// A reset is what these sockets are for: their "close" says all.
		socket.on("error", () => undefined);
		socket.on("close", () => this.#isSilent || this.#end());
	}

	#end(): void {
		this.#client.destroy();
		this.#server?.destroy();
	}
}
