/*
 * A CDN's origin on loopback: a folder, served read-only to pages of any origin, and faults that can be
 * switched while it runs. Start two for a CDN and its backup.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { TcpPort } from "../tcp/port.js";
import { message, plan, send } from "./answer.js";
import {
	type AnswerFault,
	type CdnFault,
	type ConnectionFault,
	faultOf,
	isOfConnections,
	type Rule,
} from "./faults.js";
import { readServed } from "./files.js";

export interface CdnOptions {
	/** The folder. */
	readonly root: string;
	/** @default "127.0.0.1" */
	readonly host?: string;
	/** 0: any that is free. @default 0 */
	readonly port?: number;
	/** PEM. With one it speaks TLS. @default null */
	readonly certificate?: { readonly key: string; readonly cert: string } | null;
	/** @default 500 */
	readonly maxConnections?: number;
	/** Called for each request, with the fault that it met. */
	readonly asked?: (path: string, fault: AnswerFault["is"] | null) => void;
}

export interface Cdn {
	/** "http://127.0.0.1:40001", the same for its whole life. */
	readonly origin: string;
	/**
	 * From now on. A fault of connections strikes all that live too, and takes no pattern; one of answers
	 * strikes the paths that fit ("*": all), and the last one given counts first. Throws on what it can't do.
	 */
	fault(fault: CdnFault, pattern?: string): Promise<void>;
	/** As it was: no fault of any path or connection. */
	heal(): Promise<void>;
	/** Resolves when its port is free, whoever hangs on it. */
	stop(): Promise<void>;
}

/** Rejects with the system's error if the port is taken. */
export async function startCdn(options: CdnOptions): Promise<Cdn> {
	const cdn = new RunningCdn(options);
	await cdn.start(options.port ?? 0);
	return cdn;
}

/** A connection on which nothing moves for as long is closed; longer than any fault that is meant to end. */
const IDLE_MS = 120_000;
const NOT_TLS = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

class RunningCdn implements Cdn {
	readonly #options: CdnOptions;
	readonly #http: Server;
	readonly #port: TcpPort;
	#rules: readonly Rule[] = [];
	#trouble: ConnectionFault["is"] | null = null;

	constructor(options: CdnOptions) {
		this.#options = options;
		const { certificate = null, host = "127.0.0.1", maxConnections = 500 } = options;
		const serve = (request: IncomingMessage, response: ServerResponse): void => {
			this.#serve(request, response).catch(() => response.destroy());
		};
		// It never listens: connections are handed to it, once the port has looked at them.
		this.#http = certificate === null ? createServer(serve) : createTlsServer(certificate, serve);
		this.#http.on("tlsClientError", () => undefined);
		this.#http.timeout = IDLE_MS;
		const accept = (socket: Socket): void => this.#accept(socket);
		this.#port = new TcpPort({ host, maxConnections, accept });
	}

	get origin(): string {
		const scheme = this.#isTls ? "https" : "http";
		return `${scheme}://${this.#port.host}:${this.#port.number}`;
	}

	start(port: number): Promise<void> {
		return this.#port.open(port);
	}

	async fault(fault: CdnFault, pattern = "*"): Promise<void> {
		if (!isOfConnections(fault)) {
			if (fault.is === "redirect" && !URL.canParse(fault.to))
				throw new TypeError(`A redirect goes to an origin, which "${fault.to}" is not.`);
			const others = this.#rules.filter((rule) => rule.pattern !== pattern);
			this.#rules = [...others, { fault, pattern }];
			return;
		}
		if (pattern !== "*")
			throw new TypeError(`"${fault.is}" is of connections, and has no pattern.`);
		if (fault.is === "tls-error" && !this.#isTls)
			throw new TypeError('"tls-error" needs an origin with a certificate.');
		this.#trouble = fault.is;
		if (fault.is === "refuse") return this.#port.close();
		this.#port.reset();
		await this.#port.open();
	}

	async heal(): Promise<void> {
		this.#rules = [];
		// Those that were swallowed will not be answered any more.
		if (this.#trouble !== null) this.#port.reset();
		this.#trouble = null;
		await this.#port.open();
	}

	stop(): Promise<void> {
		return this.#port.close();
	}

	get #isTls(): boolean {
		return (this.#options.certificate ?? null) !== null;
	}

	#accept(socket: Socket): void {
		if (this.#trouble === null) this.#http.emit("connection", socket);
		else if (this.#trouble === "tls-error") socket.end(NOT_TLS);
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "", url = "/", headers } = request;
		const path = url.replace(/[?#].*$/s, "");
		const fault = faultOf(this.#rules, path);
		this.#options.asked?.(path, fault?.is ?? null);
		if (method !== "GET" && method !== "HEAD") {
			response.setHeader("Allow", "GET, HEAD");
			return send(response, message(405, "Use GET."));
		}
		const file = await readServed(this.#options.root, path);
		send(response, plan({ url, ifNoneMatch: headers["if-none-match"] }, file, fault));
	}
}
