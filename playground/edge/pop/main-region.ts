/*
 * What only the main region has: the log, the webapp with the HTTP half, and the port where other PoPs
 * come in, over mutual TLS. What they want of it they say by ALPN.
 *
 *    PoP ══ mutual TLS ══▶ mesh ── "holdfast-log" ──▶ log service ──▶ log
 *                              ├── "http/1.1" ──────▶ webapp ───────▶ log
 *                              ╰── "holdfast-link" ─▶ Applink
 */
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import {
	createServer,
	type MessageLog,
	type RealtimeServer,
	type Retention,
} from "holdfast/server";
import { Directory } from "../api/directory.js";
import { AppEvents } from "../applink/app-events.js";
import type { AppConfig } from "../applink/contract.js";
import { OPEN_PATH } from "../applink/opening.js";
import type { Target } from "../balancer.js";
import type { ApiState } from "../control/contract.js";
import { LogService } from "../log/log-service.js";
import type { KeyPair } from "../tls/authority.js";
import { type Attendance, isName } from "./attendance.js";
import { openRealtimePort, type RealtimePort } from "./realtime-port.js";

export interface MainRegionOptions {
	readonly log: MessageLog;
	/** Of the mesh. */
	readonly certificate: KeyPair;
	/** Who signs PoPs' certificates: PEM. */
	readonly authority: string;
	/** Subjects that may come in. */
	readonly peers: readonly string[];
	readonly attendance: Attendance;
	readonly allowedOrigins: () => readonly string[];
	/** That Applink serves. */
	readonly apps: readonly AppConfig[];
	/** What they dial. */
	readonly links: readonly [string, ...string[]];
}

export const ALPN = {
	log: "holdfast-log",
	webapp: "http/1.1",
	link: "holdfast-link",
} as const;

export class MainRegion {
	readonly log: MessageLog;
	/** What the log keeps. */
	readonly retain: Retention;
	readonly service: LogService;
	readonly directory: Directory;
	readonly apps: AppEvents;
	readonly #options: MainRegionOptions;
	readonly #mesh;
	readonly #streams = new Set<TLSSocket>();
	#webapp: Webapp | null = null;
	/** Peers turned away since the start. */
	refused = 0;

	constructor(options: MainRegionOptions) {
		this.#options = options;
		this.log = options.log;
		const { retain } = options.log;
		if (retain === undefined) throw new RangeError("The log does not say what it retains.");
		this.retain = retain;
		this.service = new LogService(options.log);
		this.directory = new Directory(options.log);
		this.apps = new AppEvents(options.apps, options.log, options.links);
		this.#mesh = createTlsServer({
			...options.certificate,
			ca: options.authority,
			requestCert: true,
			rejectUnauthorized: true,
			minVersion: "TLSv1.3",
			ALPNProtocols: Object.values(ALPN),
		});
		this.#mesh.on("tlsClientError", () => {
			this.refused += 1;
		});
		this.#mesh.on("secureConnection", (stream) => this.#accept(stream));
	}

	get mesh(): Target | null {
		return targetOf(this.#mesh.address());
	}

	/** Null while the API is down. */
	get webapp(): Target | null {
		return this.#webapp?.target ?? null;
	}

	get api(): ApiState {
		const { polls = 0, publishes = 0 } = this.#webapp?.counts ?? {};
		return { up: this.#webapp !== null, polls, publishes };
	}

	startMesh(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#mesh.once("error", reject);
			this.#mesh.listen(0, "127.0.0.1", () => resolve());
		});
	}

	async stopMesh(): Promise<void> {
		if (!this.#mesh.listening) return;
		this.service.stop();
		const closed = new Promise<void>((resolve) => this.#mesh.close(() => resolve()));
		for (const stream of this.#streams) stream.destroy();
		await closed;
	}

	/** A new one, over the same log. */
	async startWebapp(): Promise<void> {
		this.#webapp ??= await startWebapp(this.#options, this.log, (request, response) => {
			if (request.url === OPEN_PATH) this.apps.applink.open(request, response);
			else if (this.directory.serve(request, response) === "foreign")
				response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such path.\n");
		});
	}

	async stopWebapp(): Promise<void> {
		const webapp = this.#webapp;
		this.#webapp = null;
		await webapp?.end();
	}

	#accept(stream: TLSSocket): void {
		this.#streams.add(stream);
		stream.on("error", () => undefined);
		stream.on("close", () => this.#streams.delete(stream));
		const { subject } = stream.getPeerCertificate();
		if (!this.#options.peers.includes(String(subject?.CN))) {
			this.refused += 1;
			return void stream.destroy();
		}
		if (stream.alpnProtocol === ALPN.log) this.service.serve(stream);
		else if (stream.alpnProtocol === ALPN.webapp && this.#webapp !== null)
			this.#webapp.http.emit("connection", stream);
		else if (stream.alpnProtocol === ALPN.link) this.apps.applink.take(stream);
		else stream.destroy();
	}
}

interface Webapp extends RealtimePort {
	readonly counts: { readonly polls: number; readonly publishes: number };
}

async function startWebapp(
	options: MainRegionOptions,
	log: MainRegion["log"],
	others: RequestListener,
): Promise<Webapp> {
	const { attendance, allowedOrigins } = options;
	const counts = { polls: 0, publishes: 0 };
	const server: RealtimeServer<IncomingMessage> = createServer({
		log,
		authorize: ({ token }) => (isName(token) ? { id: token } : null),
		allowedOrigins: allowedOrigins(),
	});
	const port = await openRealtimePort(server, others);
	port.http.prependListener("request", ({ method, url = "", headers }) => {
		const [, token] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ?? [];
		if (method === "OPTIONS" || token === undefined) return;
		if (url.startsWith("/poll")) {
			counts.polls += 1;
			attendance.polled(token);
		} else if (url.startsWith("/publish")) counts.publishes += 1;
	});
	return { ...port, counts };
}

function targetOf(address: string | AddressInfo | null): Target | null {
	if (address === null || typeof address === "string") return null;
	return { host: "127.0.0.1", port: address.port };
}
