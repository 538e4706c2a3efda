/*
 * Both halves on one `http.Server` of Node, under one path: the WebSocket by `ws` (at the path itself),
 * the HTTP half (at what lies below it). Requests and upgrades for other paths are left to others.
 */
import {
	type Server as HttpServer,
	type IncomingMessage,
	type ServerResponse,
	STATUS_CODES,
} from "node:http";
import { type Duplex, Readable } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { RealtimeError } from "../errors/realtime-error.js";
import { SUBPROTOCOL } from "../protocol/frames.js";
import { chooseSubprotocol } from "../protocol/version.js";
import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import type { RealtimeServer } from "./contract.js";
import { isOriginAllowed } from "./origin.js";

/** What `attach` takes beside the two servers. */
export interface AttachOptions {
	/** Where the WebSocket lives; the HTTP half is below it: `/poll`, `/publish`, … @default "/" */
	readonly path?: string;
}

/** What a session closes with when its client has not been heard for too long. */
const SILENT = 1001;
/** How long a peer may take to answer a close, before its socket is destroyed. */
const CLOSING_MS = 10_000;
/** A message of more pieces is an attack, not a network (FAULTS 3.5, ws 8.21). */
const MAX_FRAGMENTS = 64;
/** No path of the internet makes its packets smaller. */
const SMALLEST_CHUNK_BYTES = 256;
const LEAST_CHUNKS = 1_024;

/**
 * Serves a realtime server on an `http.Server` or `https.Server` that is yours to listen with and to
 * close. Attach after your own request listener (an Express app, say): it goes on serving all other
 * paths; without one they are answered with 404. Dispose to detach; open sockets close with 1001.
 * @throws RealtimeError `invalid-option` for a path that is no path, or taken on this http server
 */
export function attach(
	http: HttpServer,
	server: RealtimeServer<IncomingMessage>,
	options: AttachOptions = {},
): AsyncDisposable {
	const { path = "/" } = options;
	if (!/^\/[^?#\s]*$/.test(path))
		throw new RealtimeError("invalid-option", 'path is a path such as "/realtime".');
	const base = trim(path);
	const mount = mounts.get(http) ?? new Mount(http);
	mounts.set(http, mount);
	const attachment = new Attachment(server);
	mount.add(base, attachment);
	return {
		[ASYNC_DISPOSE]: async () => {
			if (mount.remove(base, attachment)) mounts.delete(http);
			await attachment.end();
		},
	};
}

/** By http server: several realtime servers may share one, and only together know which paths are nobody's. */
const mounts = new WeakMap<HttpServer, Mount>();
const ROUTES: ReadonlySet<string> = new Set(["poll", "publish", "history", "health"]);

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

class Mount {
	readonly #http: HttpServer;
	readonly #attached = new Map<string, Attachment>();
	/** Who listened before: they get what is not ours. */
	readonly #others: readonly RequestListener[];

	constructor(http: HttpServer) {
		this.#http = http;
		this.#others = http.listeners("request") as RequestListener[];
		http.removeAllListeners("request");
		http.on("request", this.#request);
		http.on("upgrade", this.#upgrade);
	}

	add(base: string, attachment: Attachment): void {
		if (this.#attached.has(base))
			throw new RealtimeError("invalid-option", `"${base || "/"}" is taken on this http server.`);
		this.#attached.set(base, attachment);
	}

	/** Whether it was the last one, and all is as before. */
	remove(base: string, attachment: Attachment): boolean {
		if (this.#attached.get(base) !== attachment) return false;
		this.#attached.delete(base);
		if (this.#attached.size > 0) return false;
		this.#http.off("request", this.#request);
		this.#http.off("upgrade", this.#upgrade);
		for (const other of this.#others) this.#http.on("request", other);
		return true;
	}

	readonly #request = (request: IncomingMessage, response: ServerResponse): void => {
		const path = trim(pathOf(request));
		const cut = path.lastIndexOf("/");
		const isOurs = ROUTES.has(path.slice(cut + 1));
		const attachment = isOurs ? this.#attached.get(trim(path.slice(0, cut))) : undefined;
		if (attachment) {
			void attachment.request(request, response);
			return;
		}
		for (const other of this.#others) other.call(this.#http, request, response);
		const isAlone = this.#others.length === 0 && this.#http.listenerCount("request") === 1;
		if (isAlone) writeJson(response, 404, "not-found");
	};

	readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
		const attachment = this.#attached.get(trim(pathOf(request)));
		if (attachment) attachment.upgrade(request, socket, head);
		else if (this.#http.listenerCount("upgrade") === 1) refuse(socket, 404, "not-found");
	};
}

/** ws closes with codes of its own where a peer breaks a limit; ours say the same in our terms. */
const OWN_CODES: ReadonlyMap<number | undefined, number> = new Map([
	[1002, 4400],
	[1003, 4400],
	[1007, 4400],
	[1008, 4413],
	[1009, 4413],
]);

class OwnWebSocket extends WebSocket {
	override close(code?: number, data?: string | Buffer): void {
		super.close(OWN_CODES.get(code) ?? code, data);
	}
}

class Attachment {
	readonly #server: RealtimeServer<IncomingMessage>;
	readonly #upgrades: WebSocketServer;

	constructor(server: RealtimeServer<IncomingMessage>) {
		const { maxFrameBytes } = server.limits;
		this.#server = server;
		this.#upgrades = new WebSocketServer({
			noServer: true,
			perMessageDeflate: false,
			maxPayload: maxFrameBytes,
			maxFragments: MAX_FRAGMENTS,
			maxBufferedChunks: Math.max(LEAST_CHUNKS, maxFrameBytes / SMALLEST_CHUNK_BYTES),
			closeTimeout: CLOSING_MS,
			handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
			WebSocket: OwnWebSocket,
		} as ConstructorParameters<typeof WebSocketServer>[0]);
		// A client that breaks off its own handshake, or a listener elsewhere, is no reason to crash.
		this.#upgrades.on("wsClientError", (_error, socket) => refuse(socket, 400, "bad-request"));
	}

	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		// Before anything else: an ECONNRESET that nobody listens for ends the process.
		socket.on("error", () => socket.destroy());
		const url = urlOf(request);
		if (url === null) return refuse(socket, 400, "bad-request");
		if (!this.#isOriginAllowed(request, url)) return refuse(socket, 403, "forbidden");
		const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
		if (chooseSubprotocol(offered.map((name) => name.trim())) === null)
			return refuse(socket, 400, "bad-request", { "Sec-WebSocket-Protocol": SUBPROTOCOL });
		this.#upgrades.handleUpgrade(request, socket, head, (webSocket) =>
			this.#open(webSocket, socket, request),
		);
	}

	async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
		try {
			const url = urlOf(request);
			if (url === null) return writeJson(response, 400, "bad-request");
			const gone = new AbortController();
			response.on("close", () => gone.abort());
			const answer = await this.#server.handle(toRequest(request, url, gone.signal), request);
			if (response.destroyed) return;
			response.writeHead(answer.status, Object.fromEntries(answer.headers));
			response.end(await answer.text());
		} catch {
			// A header that no Request takes, or an answer that no longer has anybody to go to.
			if (!response.headersSent) writeJson(response, 400, "bad-request");
		}
	}

	async end(): Promise<void> {
		const closing = [...this.#upgrades.clients].map((webSocket) => {
			webSocket.close(1001, "detached");
			return new Promise((resolve) => webSocket.once("close", resolve));
		});
		await Promise.all(closing);
	}

	/** One Origin header at most: two are joined by Node into what no browser sends. */
	#isOriginAllowed(request: IncomingMessage, url: URL): boolean {
		const { allowedOrigins } = this.#server.limits;
		return isOriginAllowed(request.headers.origin ?? null, url, allowedOrigins);
	}

	#open(webSocket: WebSocket, socket: Duplex, request: IncomingMessage): void {
		const link = this.#server.opened(
			{
				send: (data) => webSocket.send(data),
				close: (code, reason) => {
					webSocket.close(code, reason);
					// It was silent, so it will not answer the close either; but it may hear us, and waits for our end.
					if (code === SILENT) socket.end();
				},
				bufferedBytes: () => webSocket.bufferedAmount,
			},
			request,
		);
		webSocket.on("message", (data, isBinary) => {
			// A Buffer, ws's default for both kinds.
			const bytes = data as Buffer;
			link.message(isBinary ? bytes : bytes.toString("utf8"));
		});
		// ws closes by itself; what it still sends it would only count.
		webSocket.on("error", () => link.closed(1006));
		webSocket.on("close", (code) => link.closed(code));
	}
}

function toRequest(request: IncomingMessage, url: URL, signal: AbortSignal): Request {
	const headers = new Headers();
	for (let at = 0; at + 1 < request.rawHeaders.length; at += 2)
		headers.append(request.rawHeaders[at] as string, request.rawHeaders[at + 1] as string);
	const { method = "GET" } = request;
	if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
	const body = Readable.toWeb(request) as ReadableStream;
	// Node's fetch insists on "half" for a body that streams.
	return new Request(url, { method, headers, signal, body, duplex: "half" } as RequestInit);
}

/** Without the slashes at its end; a pattern would take quadratic time over a path of slashes. */
function trim(path: string): string {
	let end = path.length;
	while (path[end - 1] === "/") end--;
	return path.slice(0, end);
}

function pathOf({ url = "/" }: IncomingMessage): string {
	return url.replace(/[?#].*$/, "");
}

/** Null for a Host header that is none. */
function urlOf(request: IncomingMessage): URL | null {
	const scheme = "encrypted" in request.socket ? "https" : "http";
	const text = `${scheme}://${request.headers.host ?? "localhost"}${pathOf(request)}`;
	const query = /\?[^#]*/.exec(request.url ?? "")?.[0] ?? "";
	return URL.canParse(text) ? new URL(text + query) : null;
}

function writeJson(response: ServerResponse, status: number, code: string): void {
	const body = JSON.stringify({ code, message: STATUS_CODES[status] });
	response.writeHead(status, { "Content-Type": "application/json" }).end(body);
}

/** A whole answer in the place of the upgrade, and the end of the connection. */
function refuse(
	socket: Duplex,
	status: number,
	code: string,
	headers: Readonly<Record<string, string>> = {},
): void {
	const body = JSON.stringify({ code, message: STATUS_CODES[status] });
	const lines = Object.entries({
		Connection: "close",
		"Content-Type": "application/json",
		"Content-Length": `${body.length}`,
		...headers,
	}).map(([name, value]) => `${name}: ${value}`);
	socket.on("error", () => socket.destroy());
	socket.once("finish", () => socket.destroy());
	socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n"));
}
