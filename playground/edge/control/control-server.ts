/*
 * The control API, as contract.ts describes it, on this machine alone. But a page of any other site could
 * ask it too, so every request needs our Host (no DNS rebinding), one of our Origins if a page sends it, and
 * the token of this run, in a header that no page sends by itself.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Action, EdgeState, LedgerReport, Refusal, Sample, Where } from "./contract.js";
import { readAction } from "./read-action.js";
import { isReporter, readReport } from "./read-report.js";

/** What is watched and controlled. */
export interface Controlled {
	/** 0: any that is free. */
	readonly port: number;
	readonly pageOrigins: readonly string[];
	readonly state: () => EdgeState;
	readonly where: () => Where;
	readonly history: () => readonly Sample[];
	readonly perform: (action: Action) => Promise<void>;
	readonly report: (report: LedgerReport) => void;
	/** A client that reported is gone. */
	readonly left: (client: string) => void;
}

const TELL_MS = 250;
const MAX_BODY_BYTES = 262_144;
/** Who doesn't read what he is told is cut. */
const MOST_UNREAD_BYTES = 4_194_304;

const STATUS: Readonly<Record<Refusal["code"], number>> = {
	forbidden: 403,
	"not-found": 404,
	"bad-method": 405,
	invalid: 400,
	"too-large": 413,
	failed: 409,
};

class Refused extends Error {
	readonly code: Refusal["code"];

	constructor(code: Refusal["code"], message: string) {
		super(message);
		this.code = code;
	}
}

/** By method and path. */
type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export class ControlServer {
	/** Of this run: pages get it from their own server, in the page. */
	readonly token = randomBytes(24).toString("base64url");
	readonly #edge: Controlled;
	readonly #listeners = new Set<ServerResponse>();
	#timer: NodeJS.Timeout | undefined;
	/** Actions of two windows are carried out one after the other. */
	#last: Promise<unknown> = Promise.resolve();
	readonly #http = createServer((request, response) => {
		this.#serve(request, response).catch((reason: unknown) => this.#refuse(response, reason));
	});
	readonly #routes: Readonly<Record<string, Route>> = {
		"GET /state": (_request, response) => json(response, this.#edge.state()),
		"GET /history": (_request, response) => json(response, this.#edge.history()),
		"GET /where": (_request, response) => this.#where(response),
		"GET /events": (request, response) => this.#listen(request, response),
		"POST /actions": (request, response) => this.#act(request, response),
		"POST /reports": async (request, response) => {
			this.#edge.report(read(readReport, await readJson(request)));
			empty(response);
		},
	};

	constructor(edge: Controlled) {
		this.#edge = edge;
	}

	get port(): number {
		return (this.#http.address() as AddressInfo | null)?.port ?? 0;
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	async start(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#http.once("error", reject);
			this.#http.listen(this.#edge.port, "127.0.0.1", () => resolve());
		});
		this.#timer = setInterval(() => this.#tell(), TELL_MS);
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		if (!this.#http.listening) return;
		const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
		this.#http.closeAllConnections();
		await closed;
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "GET", url = "/", headers } = request;
		const hosts = [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
		if (!hosts.includes(headers.host ?? ""))
			throw new Refused("forbidden", `Host is one of ${hosts.join(", ")}.`);
		this.#admit(headers.origin, response);
		if (method === "OPTIONS") return preflight(response);
		if (!isSame(headers["x-playground-token"], this.token))
			throw new Refused("forbidden", "X-Playground-Token is that of this run: reload the page.");
		const [path = "/"] = url.split("?");
		const route = this.#routes[`${method} ${path}`];
		if (route !== undefined) return route(request, response);
		const others = Object.keys(this.#routes).filter((each) => each.endsWith(` ${path}`));
		if (others.length === 0)
			throw new Refused("not-found", `There is ${Object.keys(this.#routes).join(", ")}.`);
		throw new Refused("bad-method", `There is ${others.join(", ")}.`);
	}

	/** Without the header it is no page. */
	#admit(origin: string | undefined, response: ServerResponse): void {
		response.setHeader("Vary", "Origin");
		if (origin === undefined) return;
		const { pageOrigins } = this.#edge;
		if (!pageOrigins.includes(origin))
			throw new Refused("forbidden", "This page is none of the playground's.");
		response.setHeader("Access-Control-Allow-Origin", origin);
	}

	async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const action = read(readAction, await readJson(request));
		this.#beReady();
		const done = this.#last.then(() => this.#edge.perform(action));
		this.#last = done.catch(() => undefined);
		await done.catch((reason: Error) => {
			const code =
				reason instanceof RangeError || reason instanceof TypeError ? "invalid" : "failed";
			throw new Refused(code, reason.message);
		});
		empty(response);
	}

	#where(response: ServerResponse): void {
		this.#beReady();
		json(response, this.#edge.where());
	}

	#beReady(): void {
		const { phase } = this.#edge.state();
		if (phase !== "ready") throw new Refused("failed", `The edge is ${phase}, not ready.`);
	}

	/** Clients of the ledger live as long as the page that reports for them: it may end without a word. */
	#listen({ url = "/" }: IncomingMessage, response: ServerResponse): void {
		const clients = new URL(url, this.url).searchParams.getAll("client");
		response.on("close", () => {
			for (const client of clients) if (isReporter(client)) this.#edge.left(client);
		});
		response.writeHead(200, headersOf({ "Content-Type": "text/event-stream" }));
		this.#listeners.add(response);
		response.on("close", () => this.#listeners.delete(response));
		response.write(this.#event());
	}

	#tell(): void {
		if (this.#listeners.size === 0) return;
		const event = this.#event();
		for (const listener of this.#listeners) {
			if (listener.writableLength > MOST_UNREAD_BYTES) listener.destroy();
			else listener.write(event);
		}
	}

	#event(): string {
		return `data: ${JSON.stringify(this.#edge.state())}\n\n`;
	}

	#refuse(response: ServerResponse, reason: unknown): void {
		if (response.headersSent) return void response.destroy();
		const { code = "failed", message } = reason as Partial<Refused>;
		const refusal: Refusal = { code, message: message ?? "It failed." };
		const body = JSON.stringify(refusal);
		response.writeHead(STATUS[code] ?? 500, headersOf({ "Content-Type": "application/json" }));
		response.end(body);
	}
}

function headersOf(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
	return { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...headers };
}

function json(response: ServerResponse, value: unknown): void {
	response.writeHead(200, headersOf({ "Content-Type": "application/json" }));
	response.end(JSON.stringify(value));
}

function empty(response: ServerResponse): void {
	response.writeHead(204, headersOf({})).end();
}

function preflight(response: ServerResponse): void {
	const allowed = {
		"Access-Control-Allow-Methods": "GET, POST",
		"Access-Control-Allow-Headers": "Content-Type, X-Playground-Token",
		"Access-Control-Max-Age": "600",
	};
	response.writeHead(204, headersOf(allowed)).end();
}

function read<T>(reader: (value: unknown) => T, value: unknown): T {
	try {
		return reader(value);
	} catch (reason) {
		throw new Refused("invalid", (reason as Error).message);
	}
}

async function readJson(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		chunks.push(chunk as Buffer);
		bytes += (chunk as Buffer).length;
		if (bytes > MAX_BODY_BYTES)
			throw new Refused("too-large", `A body has at most ${MAX_BODY_BYTES} bytes.`);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString("utf8"));
	} catch {
		throw new Refused("invalid", "The body is no JSON.");
	}
}

function isSame(given: string | readonly string[] | undefined, token: string): boolean {
	const [a, b] = [Buffer.from(String(given)), Buffer.from(token)];
	return a.length === b.length && timingSafeEqual(a, b);
}
