/*
 * Between a real proxy and a gateway: what the playground does to WebSockets and no proxy can be told to do.
 * To the proxy it is the gateway: it answers health checks for it, with 503 unless upgrades pass, and also
 * where checks shall fail, which says nothing of what the gateway does.
 *
 *               new upgrades           open WebSockets
 *    pass       to the gateway         pass
 *    refuse     503                    cut
 *    swallow    no answer, ever        silent both ways
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Target } from "../balancer.js";
import type { Checks, Role, Upgrades } from "../control/contract.js";
import { answer, lines, refuse } from "../pop/http-words.js";
import { Passage } from "../tcp/passage.js";

interface Open {
	readonly name: string;
	readonly client: Duplex;
	/** Null: it was swallowed. */
	readonly passage: Passage | null;
}

export interface GateRules {
	readonly upgrades: Upgrades;
	readonly checks: Checks;
	readonly down: ReadonlySet<Role>;
}

export class UpgradeGate {
	readonly #gateway: Target;
	readonly #server: Server;
	readonly #raw = new Set<Duplex>();
	readonly #open = new Set<Open>();
	#rules: GateRules = { upgrades: "pass", checks: "pass", down: new Set() };

	constructor(gateway: Target) {
		this.#gateway = gateway;
		this.#server = createServer((_, response) => {
			const { upgrades, checks } = this.#rules;
			answer(response, upgrades === "pass" && checks === "pass" ? 200 : 503);
		});
		this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		this.#server.on("clientError", (_error, socket) => socket.destroy());
		this.#server.on("connection", (socket: Duplex) => {
			this.#raw.add(socket);
			socket.on("close", () => this.#raw.delete(socket));
		});
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	get open(): number {
		return this.#open.size;
	}

	start(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(0, "127.0.0.1", () => resolve());
		});
	}

	heed(rules: GateRules): void {
		this.#rules = rules;
		const { upgrades, down } = rules;
		for (const each of this.#open) {
			if (down.has(each.name as Role)) each.client.destroy();
			else if (upgrades === "swallow") each.passage?.silence();
			else if (upgrades === "pass" && each.passage !== null) each.passage.resume();
			// Nobody will ever answer a handshake that was swallowed.
			else each.client.destroy();
		}
	}

	async stop(): Promise<void> {
		const closed = new Promise((resolve) => this.#server.close(resolve));
		for (const socket of this.#raw) socket.destroy();
		await closed;
	}

	#upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
		client.on("error", () => client.destroy());
		const { upgrades, down } = this.#rules;
		const name = String(request.headers["x-edge-name"] ?? "");
		if (upgrades === "refuse" || down.has(name as Role)) return refuse(client, 503);
		if (upgrades === "swallow") {
			client.on("end", () => client.end());
			client.resume();
			return this.#keep({ name, client, passage: null });
		}
		const gateway = connect({ ...this.#gateway, noDelay: true });
		gateway.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines(request.rawHeaders)}\r\n`);
		if (head.length > 0) gateway.write(head);
		this.#keep({ name, client, passage: new Passage(client, gateway) });
	}

	#keep(open: Open): void {
		this.#open.add(open);
		open.client.on("close", () => this.#open.delete(open));
	}
}
