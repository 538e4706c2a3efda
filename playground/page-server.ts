/*
 * The page's own server: its HTML with the boot script, its service worker, and what a page of this run must know.
 * All else comes from the CDNs and the control API. It listens on this machine alone, but so could a page of any
 * other site ask it: it wants our Host (no DNS rebinding), and lets no other origin read.
 *
 *   GET  /             the page                GET  /run    Run, as JSON: where the control API is, and its token
 *   GET  /worker.js    its service worker      GET  /icon.svg
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type ServerResponse,
} from "node:http";
import { extname, join } from "node:path";
import { bootHash } from "holdfast/boot";
import type { WholeEdge } from "./edge/whole-edge.js";
import type { Run } from "./page/contract.js";
import { BUILD_FOLDER, CDN_NAMES } from "./page-build.js";

const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
};
const FILES = ["/worker.js", "/icon.svg"];

export class PageServer {
	/** Told once it is prepared: its ports depend on ours being taken. */
	#edge: WholeEdge | null = null;
	readonly #http = createServer((request, response) => {
		this.#serve(request, response).catch(() => response.destroy());
	});

	get url(): string {
		return `http://localhost:${this.#port}/`;
	}

	/** Of the page, under both of this machine's names. */
	get origins(): readonly string[] {
		return ["localhost", "127.0.0.1"].map((name) => `http://${name}:${this.#port}`);
	}

	listen(port: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#http.once("error", reject);
			this.#http.listen(port, "127.0.0.1", () => resolve());
		});
	}

	show(edge: WholeEdge): void {
		this.#edge = edge;
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
		const { method, url = "/", headers } = request;
		if (!this.origins.includes(`http://${headers.host}`))
			return answer(response, 403, "Whose host?");
		if (method !== "GET") return answer(response, 405, "Use GET.", { Allow: "GET" });
		const [path = "/"] = url.split("?");
		if (FILES.includes(path)) return sendFile(response, path);
		const edge = this.#edge;
		// Both CDNs have started by then, or the boot script would find nobody.
		if (edge === null || edge.state.cdns.length < CDN_NAMES.length)
			return answer(response, 503, "Starting.", { "Retry-After": "1" });
		if (path === "/") return sendPage(response, edge);
		if (path === "/run") return sendRun(response, edge);
		answer(response, 404, "No such page.");
	}
}

function sendRun(response: ServerResponse, { assembly, control }: WholeEdge): void {
	const run: Run = { id: assembly.run, control: control.url, token: control.token };
	answer(response, 200, JSON.stringify(run), { "Content-Type": "application/json" });
}

/** Its service worker keeps it, so it has nothing of this run that would be wrong in the next, but for addresses. */
async function sendPage(response: ServerResponse, edge: WholeEdge): Promise<void> {
	const built = await readFile(join(BUILD_FOLDER, "index.html"), "utf8");
	const cdns = edge.state.cdns.map(({ origin }, at) => `${CDN_NAMES[at]}:${new URL(origin).port}`);
	const html = CDN_NAMES.reduce((text, name, at) => text.replaceAll(name, cdns[at] ?? name), built);
	answer(response, 200, html, {
		"Content-Type": TYPES[".html"],
		"Cache-Control": "no-cache",
		"Content-Security-Policy": policyOf(html, edge, cdns),
	});
}

/** No inline script but the boot script; what that verified may run. */
function policyOf(html: string, edge: WholeEdge, cdns: readonly string[]): string {
	const [, style = ""] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
	const styleHash = createHash("sha256").update(style).digest("base64");
	const { front: door, config } = edge.assembly;
	// It may not have started, and have no number before it has: then any port of those names.
	const front = door.port || config.ports.front || "*";
	const edges = [
		`http://*.api.localhost:${front}`,
		`ws://*.primary.localhost:${front}`,
		`ws://*.backup.localhost:${front}`,
	];
	const origins = edge.state.cdns.map(({ origin }) => origin);
	return [
		"default-src 'none'",
		`script-src '${bootHash}' 'strict-dynamic'`,
		`style-src 'sha256-${styleHash}'`,
		"img-src 'self' data:",
		"worker-src 'self'",
		`connect-src 'self' ${[edge.control.url, ...cdns, ...origins, ...edges].join(" ")}`,
		// A page that nobody can frame is one whose buttons nobody else can have pressed.
		...["frame-ancestors", "base-uri", "form-action"].map((name) => `${name} 'none'`),
	].join("; ");
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

async function sendFile(response: ServerResponse, path: string): Promise<void> {
	const body = await readFile(join(BUILD_FOLDER, path), "utf8").catch(() => null);
	if (body === null) return answer(response, 404, "No such file.");
	answer(response, 200, body, { "Content-Type": TYPES[extname(path)] });
}
