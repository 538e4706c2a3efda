/*
 * The page's own server: files, what the edge is doing, and the control that the buttons use. It listens
 * on this machine alone, but so could a page of any other site ask it: a control needs POST, our Host
 * (no DNS rebinding), our Origin (no page but ours), and the token of this run, which only ours can read.
 *
 *   GET  /            the page            GET  /edge       what the edge does, as server-sent events
 *   GET  /<file>      its parts           POST /control    { target, verb }
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type ServerResponse,
} from "node:http";
import { extname } from "node:path";
import { type Edge, readCommand } from "./edge/edge.js";

const PAGE = new URL("./page/", import.meta.url);
const BROWSER_BUILD = new URL("../dist/browser/holdfast.min.js", import.meta.url);
const MAX_BODY_BYTES = 1_024;
const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
};
const FILES = [
	"style.css users.css inside.css icon.svg",
	"main.js settings.js dom.js chat.js message.js ledger.js banner.js facts.js edge.js timeline.js",
].flatMap((names) => names.split(" "));

export class PageServer {
	readonly #edge: Edge;
	readonly #token = randomBytes(24).toString("base64url");
	/** By which an open page notices that it is of an earlier run. No secret. */
	readonly #id = randomBytes(8).toString("base64url");
	readonly #http = createServer((request, response) => {
		this.#serve(request, response).catch(() => response.destroy());
	});

	constructor(edge: Edge) {
		this.#edge = edge;
	}

	get url(): string {
		return `http://127.0.0.1:${this.#port}/`;
	}

	/** Of the page, under both of this machine's names. */
	get origins(): readonly string[] {
		return ["127.0.0.1", "localhost"].map((name) => `http://${name}:${this.#port}`);
	}

	listen(port: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#http.once("error", reject);
			this.#http.listen(port, "127.0.0.1", () => resolve());
		});
	}

	async stop(): Promise<void> {
		this.#http.closeAllConnections();
		await new Promise<void>((resolve) => this.#http.close(() => resolve()));
	}

	get #port(): number {
		const address = this.#http.address();
		return typeof address === "object" && address !== null ? address.port : 0;
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method, url = "/" } = request;
		if (!this.#isOurs(`http://${request.headers.host}`))
			return answer(response, 403, "Whose host?");
		const [path = "/"] = url.split("?");
		if (path === "/control") return this.#control(request, response);
		if (method !== "GET") return answer(response, 405, "Use GET.", { Allow: "GET" });
		if (path === "/") return this.#servePage(response);
		if (path === "/edge") return this.#stream(response);
		if (path === "/holdfast.min.js") return sendFile(response, BROWSER_BUILD);
		if (FILES.includes(path.slice(1))) return sendFile(response, new URL(path.slice(1), PAGE));
		answer(response, 404, "No such page.");
	}

	#isOurs(origin: string | undefined): boolean {
		return origin !== undefined && this.origins.includes(origin);
	}

	async #control(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method, headers } = request;
		if (method !== "POST") return answer(response, 405, "Use POST.", { Allow: "POST" });
		if (!this.#isOurs(headers.origin)) return answer(response, 403, "Whose page?");
		if (!isSame(headers["x-playground-token"], this.#token))
			return answer(response, 403, "This page is of an earlier run: reload it.");
		const command = readCommand(await readJson(request));
		if (command === null) return answer(response, 400, "No such target or verb.");
		await this.#edge.turn(command);
		answer(response, 204, "");
	}

	async #servePage(response: ServerResponse): Promise<void> {
		const page = await readFile(new URL("index.html", PAGE), "utf8");
		const at = (target: "primary" | "backup" | "api"): string =>
			`127.0.0.1:${this.#edge.port(target)}`;
		const run = {
			id: this.#id,
			token: this.#token,
			endpoints: [`ws://${at("primary")}/`, `ws://${at("backup")}/`],
			api: `http://${at("api")}`,
		};
		const servers = `${run.endpoints.map((url) => url.slice(0, -1)).join(" ")} ${run.api}`;
		const json = JSON.stringify(run).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
		const nonce = randomBytes(16).toString("base64");
		const policy = [
			"default-src 'self'",
			`script-src 'self' 'nonce-${nonce}'`,
			`connect-src 'self' ${servers}`,
			// A page that nobody can frame is one whose buttons nobody else can have pressed.
			...["frame-ancestors", "base-uri", "form-action"].map((name) => `${name} 'none'`),
		];
		const body = page.replace("{{run}}", () => json).replace("{{nonce}}", () => nonce);
		const type = { "Content-Type": TYPES[".html"] };
		answer(response, 200, body, { ...type, "Content-Security-Policy": policy.join("; ") });
	}

	/** What the edge does now, and each change of it. */
	#stream(response: ServerResponse): void {
		response.writeHead(200, headersOf({ "Content-Type": "text/event-stream" }));
		const send = (): void => {
			response.write(`data: ${JSON.stringify({ run: this.#id, edge: this.#edge.state })}\n\n`);
		};
		send();
		response.on("close", this.#edge.subscribe(send));
	}
}

function headersOf(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
	return { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...headers };
}

function answer(
	response: ServerResponse,
	status: number,
	body: string,
	headers: OutgoingHttpHeaders = {},
): void {
	const type = { "Content-Type": "text/plain; charset=utf-8" };
	response.writeHead(status, headersOf({ ...type, ...headers })).end(body);
}

function sendFile(response: ServerResponse, file: URL): void {
	const type = TYPES[extname(file.pathname)] ?? "application/octet-stream";
	response.writeHead(200, headersOf({ "Content-Type": type }));
	createReadStream(file)
		.on("error", () => response.destroy())
		.pipe(response);
}

/** Undefined for what is too long or no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
	let text = "";
	for await (const chunk of request) {
		text += String(chunk);
		if (text.length > MAX_BODY_BYTES) return undefined;
	}
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isSame(given: string | readonly string[] | undefined, token: string): boolean {
	const [a, b] = [Buffer.from(String(given)), Buffer.from(token)];
	return a.length === b.length && timingSafeEqual(a, b);
}
