/* A CDN that goes wrong in the ways of FAULTS C1 to C9, file by file and while it runs. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { integrityOf } from "../../src/assets/integrity.js";
import type { AssetManifest, AssetType } from "../../src/assets/manifest.js";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

export const FAULTS = [
	"refuse",
	"hang",
	"drip",
	"404",
	"503",
	"wrong-mime",
	"html-200",
	"redirect",
	"truncate",
	"corrupt",
	"no-cors",
] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultOrigin extends AsyncDisposable {
	readonly url: string;
	/** Path without a slash → what it serves. */
	readonly files: Map<string, string>;
	/** Path → its fault; "*": of all files. */
	readonly faults: Map<string, Fault>;
	/** Paths asked for, in order. */
	readonly asked: string[];
}

export const MIME: Readonly<Record<string, string>> = {
	js: "text/javascript",
	mjs: "text/javascript; charset=utf-8",
	css: "text/css",
	json: "application/json",
};

const HTML = "<!doctype html><title>Sign in to the hotel's network</title>";

/** `elsewhere`: where its redirects lead, to the very bytes that were wanted. */
export async function openFaultOrigin(elsewhere?: string): Promise<FaultOrigin> {
	const files = new Map<string, string>();
	const faults = new Map<string, Fault>();
	const asked: string[] = [];
	const http = createServer((request, response) => {
		const path = (request.url ?? "").slice(1).split("?", 1).join("");
		asked.push(path);
		const body = files.get(path);
		const fault = faults.get(path) ?? faults.get("*");
		if (fault !== "no-cors") response.setHeader("access-control-allow-origin", "*");
		response.setHeader("content-type", MIME[path.split(".").at(-1) ?? ""] ?? "text/plain");
		if (body === undefined) return void response.writeHead(404).end();
		answer(response, body, fault, `${elsewhere ?? ""}/${path}`);
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	const { port } = http.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		files,
		faults,
		asked,
		[ASYNC_DISPOSE]: async () => {
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
		},
	};
}

function answer(
	response: ServerResponse,
	body: string,
	fault: Fault | undefined,
	target: string,
): void {
	switch (fault) {
		case "refuse":
			return void response.socket?.resetAndDestroy();
		case "hang":
			return;
		case "drip":
			return drip(response, body);
		case "404":
			return void response.writeHead(404).end();
		case "503":
			return void response.writeHead(503, { "retry-after": "0" }).end();
		case "wrong-mime":
			return void response.setHeader("content-type", "text/html").end(body);
		case "html-200":
			return void response.setHeader("content-type", "text/html").end(HTML);
		case "redirect":
			return void response.writeHead(302, { location: target }).end();
		case "truncate":
			return void response.end(body.slice(0, -1));
		case "corrupt":
			return void response.end(`${body.slice(0, -1)}#`);
		case "no-cors":
		case undefined:
			return void response.end(body);
		default:
			return fault satisfies never;
	}
}

/** A byte, and another one each second: never idle for long, never done in time. */
function drip(response: ServerResponse, body: string): void {
	response.writeHead(200, { "content-length": Buffer.byteLength(body) }).flushHeaders();
	let at = 0;
	const timer = setInterval(() => response.write(body.charAt(at++)), 1_000);
	response.write(body.charAt(at++));
	response.on("close", () => clearInterval(timer));
}

/** The same files on every origin, and the manifest of them. */
export async function publish(
	origins: readonly FaultOrigin[],
	version: string,
	files: readonly { readonly path: string; readonly type: AssetType; readonly body: string }[],
): Promise<AssetManifest> {
	for (const { path, body } of files) for (const origin of origins) origin.files.set(path, body);
	const entries = files.map(async ({ path, type, body }) => {
		const bytes = new TextEncoder().encode(body);
		return { path, type, integrity: await integrityOf(bytes), bytes: bytes.length };
	});
	return { version, entries: await Promise.all(entries) };
}
