/* What is on its way between a client and a gateway, in order, and who still believes in it. */
import type { ServerLink, ServerSocket } from "../../src/server/contract.js";
import type { Gateway } from "./gateway.js";

/** The last that a client hears of a link which its gateway closed. */
export const CLOSED = "closed";

export class Wire {
	readonly link: number;
	readonly gateway: number;
	up: readonly string[] = [];
	down: readonly string[] = [];
	/** At the client. */
	status: "opening" | "open" | "closed" = "opening";
	/** At the gateway; null: it has none any more. */
	server: ServerLink | null;

	constructor(link: number, gateway: number, { server }: Gateway) {
		this.link = link;
		this.gateway = gateway;
		const socket: ServerSocket = {
			send: (data) => this.#arrive(data),
			close: () => this.#end(),
			bufferedBytes: () => 0,
		};
		this.server = server.opened(socket, null);
	}

	get isOpen(): boolean {
		return this.status !== "closed";
	}

	/** For the client it is over; what it sent may still be handled. */
	hangUp(): void {
		this.status = "closed";
		this.down = [];
		if (this.up.length === 0) this.dropUp();
	}

	/** The gateway hears of the end, and of nothing that was still on its way. */
	dropUp(): void {
		const { server } = this;
		this.up = [];
		this.server = null;
		server?.closed(1006);
	}

	handle(): void {
		const [text = "", ...rest] = this.up;
		this.up = rest;
		this.server?.message(text);
		// Of a link that the client has given up, nothing is left when the last has been handled.
		if (!this.isOpen && rest.length === 0) this.dropUp();
	}

	#arrive(data: string): void {
		// A ping says nothing here: nobody listens for silence.
		if (this.isOpen && !data.startsWith('{"type":"ping"')) this.down = [...this.down, data];
	}

	#end(): void {
		this.server = null;
		this.up = [];
		if (this.isOpen) this.down = [...this.down, CLOSED];
	}
}
