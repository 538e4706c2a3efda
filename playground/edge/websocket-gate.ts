/*
 * What stands before each server of the playground, on a port that stays the same: what a WebSocket proxy
 * may do to upgrades, and to nothing else. It looks at the first request of a connection.
 *
 *               new WebSockets           open WebSockets      other connections
 *    pass       pass                     pass                 pass
 *    refuse     503                      reset                pass
 *    swallow    no answer, ever          silent both ways     pass
 *    down       the port is closed       reset                reset
 */
import { connect, type Socket } from "node:net";
import { TcpLink } from "./tcp/link.js";
import { TcpPort } from "./tcp/port.js";
import { reset } from "./tcp/reset.js";

export type GateVerb = "pass" | "refuse" | "swallow" | "down";

/** Longer heads than this are no WebSocket of ours: they pass, and the server judges them. */
const MAX_HEAD_BYTES = 16_384;
const REFUSAL =
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

export class WebSocketGate {
	readonly #target: () => number;
	readonly #port = new TcpPort({ accept: (client) => this.#accept(client) });
	/** Those that are open, and those that were swallowed and have no link. */
	readonly #webSockets = new Map<Socket, TcpLink | null>();
	#verb: GateVerb = "pass";

	/** `target`: the port to pass on to, asked for each connection, since what runs there may restart. */
	constructor(target: () => number) {
		this.#target = target;
	}

	/** 0 before the first `listen`. */
	get port(): number {
		return this.#port.number;
	}

	/** Rejects with the system's error if the port is taken. */
	listen(port: number): Promise<void> {
		return this.#port.open(port);
	}

	async turn(verb: GateVerb): Promise<void> {
		this.#verb = verb;
		if (verb === "down") return this.close();
		await this.#port.open();
		for (const [client, link] of this.#webSockets) {
			if (verb === "swallow") link?.silence();
			else if (verb === "pass" && link !== null) link.resume();
			// Nobody will ever answer a handshake that was swallowed.
			else reset(client);
		}
	}

	/** Closes the port and resets all connections. */
	close(): Promise<void> {
		return this.#port.close();
	}

	#accept(client: Socket): void {
		const chunks: Buffer[] = [];
		const read = (chunk: Buffer): void => {
			chunks.push(chunk);
			const head = Buffer.concat(chunks);
			if (!head.includes("\r\n\r\n") && head.length < MAX_HEAD_BYTES) return;
			client.off("data", read).off("end", end);
			client.pause();
			this.#judge(client, head);
		};
		const end = (): void => void client.end();
		client.on("data", read).on("end", end);
	}

	#judge(client: Socket, head: Buffer): void {
		const isWebSocket = /^upgrade:\s*websocket\s*$/im.test(head.toString("latin1"));
		if (isWebSocket && this.#verb === "refuse") return void client.end(REFUSAL);
		const link = isWebSocket && this.#verb === "swallow" ? null : this.#pass(client, head);
		if (!isWebSocket) return;
		this.#webSockets.set(client, link);
		client.on("close", () => this.#webSockets.delete(client));
	}

	#pass(client: Socket, head: Buffer): TcpLink {
		const target = connect({ port: this.#target(), host: this.#port.host, allowHalfOpen: true });
		target.setNoDelay(true).write(head);
		return new TcpLink({ client, target });
	}
}
