/*
 * A PoP's WebSocket proxy, where TLS ends: upgrades go to a gateway of the PoP, requests across to the
 * main region. Embedded, and small; `PopProxy` is the seam for a real one, which is given the same routes.
 *
 *               new upgrades             open WebSockets      requests
 *    pass       to a gateway             pass                 pass
 *    refuse     503                      cut                  pass
 *    swallow    no answer, ever          silent both ways     pass
 */
import {
	type IncomingMessage,
	request as plainRequest,
	type RequestOptions,
	type ServerResponse,
} from "node:http";
import { createServer, request as tlsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Target } from "../balancer.js";
import type { Checks, Role, Upgrades } from "../control/contract.js";
import type { ProxyFacts } from "../control/proxy-facts.js";
import type { ArmName } from "../migration/contract.js";
import { Passage } from "../tcp/passage.js";
import type { KeyPair } from "../tls/authority.js";
import { HEALTH_PATH } from "./health-path.js";
import { answer, lines, refuse } from "./http-words.js";
import { type Route, routeOf } from "./routes.js";
import { ARM_HEADER, NAME_HEADER } from "./socket-watch.js";

export interface PopProxy {
	/** Where the balancers send what they get; null: it doesn't run. */
	readonly target: Target | null;
	upgrades: Upgrades;
	/** "fail": who asks for health hears 503, and WebSockets are taken all the same. */
	checks: Checks;
	start(): Promise<void>;
	stop(): Promise<void>;
	/** From now on all upgrades for this name are refused, and those that are open are cut; or no more. */
	setName(name: Role, isUp: boolean): void;
	/** To newcomers, from now on. */
	show(certificate: KeyPair): Promise<void>;
	/** What it says of itself; null or missing: nothing. */
	readonly facts?: ProxyFacts | null;
	/** For people; null or missing: it is well. */
	readonly trouble?: string | null;
	/** A new process for the running one, whose clients `goodbye` asks to leave. Missing: it can't. */
	replace?(goodbye: () => Promise<void>): Promise<void>;
	/** What it was told last is loaded anew; nobody is asked to leave. Missing: it can't. */
	reload?(): Promise<void>;
}

export interface ProxyOptions {
	readonly certificate: KeyPair;
	readonly routes: readonly Route[];
	/** Which of the PoP's it is: told to gateways. */
	readonly arm: ArmName;
	/** For a newcomer; null: there is none, and he gets a 503. */
	readonly gateway: () => Target | null;
	/** A new way to Applink; null: there is none. */
	readonly applink: () => Duplex | null;
	/** How the webapp is reached: over mutual TLS, or plainly in its own region. */
	readonly webapp: () => RequestOptions & { readonly isTls: boolean };
}

const WEBAPP_TIMEOUT_MS = 10_000;
const OWN_HEADERS = [NAME_HEADER, ARM_HEADER, "X-Forwarded-For", "X-Forwarded-Proto"].map((name) =>
	name.toLowerCase(),
);

interface Open {
	readonly name: Route["name"];
	readonly client: Duplex;
	/** Null: it was swallowed. */
	readonly passage: Passage | null;
}

export class TlsProxy implements PopProxy {
	checks: Checks = "pass";
	readonly #options: ProxyOptions;
	readonly #server;
	readonly #raw = new Set<Duplex>();
	readonly #open = new Set<Open>();
	readonly #down = new Set<string>();
	#upgrades: Upgrades = "pass";

	constructor(options: ProxyOptions) {
		this.#options = options;
		const { key, cert } = options.certificate;
		this.#server = createServer({ key, cert, ALPNProtocols: ["http/1.1"] });
		this.#server.on("request", (request, response) => this.#serve(request, response));
		this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
		this.#server.on("tlsClientError", () => undefined);
		this.#server.on("clientError", (_error, socket) => socket.destroy());
		this.#server.on("connection", (socket: Duplex) => {
			this.#raw.add(socket);
			socket.on("error", () => undefined);
			socket.on("close", () => this.#raw.delete(socket));
		});
	}

	get target(): Target | null {
		const address = this.#server.address() as AddressInfo | null;
		return address === null ? null : { host: "127.0.0.1", port: address.port };
	}

	get upgrades(): Upgrades {
		return this.#upgrades;
	}

	set upgrades(upgrades: Upgrades) {
		this.#upgrades = upgrades;
		for (const each of this.#open) {
			if (upgrades === "swallow") each.passage?.silence();
			else if (upgrades === "pass" && each.passage !== null) each.passage.resume();
			// Nobody will ever answer a handshake that was swallowed.
			else each.client.destroy();
		}
	}

	start(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(0, "127.0.0.1", () => resolve());
		});
	}

	async stop(): Promise<void> {
		if (!this.#server.listening) return;
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		for (const socket of this.#raw) socket.destroy();
		await closed;
	}

	setName(name: Role, isUp: boolean): void {
		if (isUp) return void this.#down.delete(name);
		this.#down.add(name);
		for (const each of this.#open) if (each.name === name) each.client.destroy();
	}

	async show(certificate: KeyPair): Promise<void> {
		this.#server.setSecureContext(certificate);
	}

	#route(request: IncomingMessage, isUpgrade: boolean): Route | null {
		const { headers, url = "/", socket } = request;
		const { servername } = socket as TLSSocket & { readonly servername?: string | false };
		const host = headers.host ?? "";
		return routeOf(this.#options.routes, {
			servername: servername || "",
			host,
			path: url,
			isUpgrade,
		});
	}

	#serve(request: IncomingMessage, response: ServerResponse): void {
		if (request.url === HEALTH_PATH) {
			const isUp = this.#options.gateway() !== null && this.#upgrades === "pass";
			return answer(response, isUp && this.checks === "pass" ? 200 : 503);
		}
		const route = this.#route(request, false);
		if (route === null) return answer(response, 404);
		const { isTls, ...across } = this.#options.webapp();
		const { method, url: path } = request;
		const headers = [...kept(request.rawHeaders), NAME_HEADER, route.name];
		const send = isTls ? tlsRequest : plainRequest;
		const onward = send({ ...across, method, path, headers, timeout: WEBAPP_TIMEOUT_MS } as never);
		onward.on("response", (from) => {
			response.writeHead(from.statusCode ?? 502, from.rawHeaders);
			from.pipe(response);
			from.on("error", () => response.destroy());
		});
		onward.on("timeout", () => onward.destroy(new Error("timeout")));
		onward.on("error", () => {
			if (response.headersSent) response.destroy();
			else answer(response, 502);
		});
		response.on("close", () => onward.destroy());
		request.pipe(onward);
	}

	#upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
		client.on("error", () => client.destroy());
		const route = this.#route(request, true);
		if (route === null) return refuse(client, 404);
		if (this.#upgrades === "refuse" || this.#down.has(route.name)) return refuse(client, 503);
		if (this.#upgrades === "swallow")
			return this.#keep({ name: route.name, client, passage: null });
		const target = this.#dial(route);
		if (target === null) return refuse(client, 503);
		const { method, url, rawHeaders } = request;
		const told = [NAME_HEADER, route.name, ARM_HEADER, this.#options.arm];
		const headers = [...kept(rawHeaders), ...told];
		target.write(`${method} ${url} HTTP/1.1\r\n${lines(headers)}\r\n`);
		if (head.length > 0) target.write(head);
		this.#keep({ name: route.name, client, passage: new Passage(client, target) });
	}

	#dial({ to }: Route): Duplex | null {
		if (to === "applink") return this.#options.applink();
		const gateway = this.#options.gateway();
		return gateway === null ? null : connect({ ...gateway, noDelay: true });
	}

	#keep(open: Open): void {
		this.#open.add(open);
		open.client.on("close", () => this.#open.delete(open));
		if (open.passage !== null) return;
		open.client.on("end", () => open.client.end());
		open.client.resume();
	}
}

/** Without those that only a proxy may set. */
function kept(raw: readonly string[]): readonly string[] {
	return raw.filter((_, at) => !OWN_HEADERS.includes((raw[at - (at % 2)] ?? "").toLowerCase()));
}
