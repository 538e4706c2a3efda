/* An app on two CDNs and the site that has its page: three servers, and a button for what goes wrong. */
import { readdir, readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { bootTag, serviceWorkerText } from "holdfast/boot";
import type { AssetEntry } from "holdfast/boot";

const APP = new URL("./app/", import.meta.url);
const KINDS = {
	js: { type: "module", mime: "text/javascript" },
	css: { type: "style", mime: "text/css" },
	json: { type: "data", mime: "application/json" },
} as const;
const kindOf = (path: string) => KINDS[path.split(".").at(-1) as keyof typeof KINDS];

async function listen(listener: RequestListener, port = 0): Promise<string> {
	const http = createServer(listener);
	await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(http.address() as { readonly port: number }).port}`;
}

/** A CDN serves files to any page, and can be told to fail. */
function cdn(state: { mode: string }): RequestListener {
	return async (request, response) => {
		const path = (request.url ?? "").slice(1);
		const body = await readFile(new URL(path, APP)).catch(() => null);
		response.setHeader("access-control-allow-origin", "*");
		if (state.mode === "hang") return;
		if (state.mode === "down" || body === null) return void response.writeHead(503).end();
		response.setHeader("content-type", kindOf(path).mime);
		response.end(state.mode === "corrupt" ? `${body}//` : body);
	};
}

/** What `npx holdfast manifest` does for a build. */
async function manifest() {
	const names = (await readdir(APP)).sort((a, b) => Number(kindOf(a).type > kindOf(b).type) || -1);
	const entries = names.map(async (path): Promise<AssetEntry> => {
		const digest = await crypto.subtle.digest("SHA-384", await readFile(new URL(path, APP)));
		const integrity = `sha384-${Buffer.from(digest).toString("base64")}`;
		return { path, integrity, type: kindOf(path).type };
	});
	return { version: "1", entries: await Promise.all(entries) };
}

const modes = { primary: { mode: "healthy" }, backup: { mode: "healthy" } };
const origins = [await listen(cdn(modes.primary)), await listen(cdn(modes.backup))];

const site = await listen(
	async (request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? "/", "http://site");
		if (pathname === "/worker.js")
			return void response.setHeader("content-type", "text/javascript").end(serviceWorkerText);
		if (pathname === "/fault" && request.method === "POST") {
			for (const [name, mode] of searchParams)
				if (name === "primary" || name === "backup") modes[name].mode = mode;
			return void response.writeHead(204).end();
		}
		if (pathname !== "/") return void response.writeHead(404).end();
		const nonce = crypto.randomUUID();
		const tag = bootTag({ origins, manifest: await manifest(), nonce });
		const html = await readFile(new URL("./index.html", import.meta.url), "utf8");
		response.setHeader(
			"content-security-policy",
			`default-src 'none'; script-src 'nonce-${nonce}'; connect-src 'self' ${origins.join(" ")}; worker-src 'self'; img-src data:; base-uri 'none'`,
		);
		response.setHeader("content-type", "text/html; charset=utf-8");
		response.end(html.replace("<!-- boot -->", tag));
	},
	Number(process.env.PORT ?? 8080),
);
console.log(`${site}/`);
