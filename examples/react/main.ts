/* Bundles the page, serves it under a strict policy, and a realtime server, all on one port. */
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createServer } from "holdfast/server";
import { attach } from "holdfast/server/node";

const built = await build({
	entryPoints: [fileURLToPath(new URL("./page.tsx", import.meta.url))],
	bundle: true,
	write: false,
	format: "esm",
	jsx: "automatic",
});
const html = await readFile(new URL("./index.html", import.meta.url));
const FILES = new Map([
	["/", { type: "text/html; charset=utf-8", body: html }],
	["/page.js", { type: "text/javascript; charset=utf-8", body: built.outputFiles[0]?.contents }],
]);
// No 'unsafe-inline': the banner asks for none.
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";

const http = createHttpServer((request, response) => {
	const file = FILES.get(request.url ?? "");
	if (file === undefined) response.writeHead(404).end("Not here");
	else {
		response.setHeader("Content-Security-Policy", POLICY);
		response.writeHead(200, { "Content-Type": file.type }).end(file.body);
	}
});
const server = createServer({ authorize: ({ token }) => (token ? { id: token } : null) });
attach(http, server, { path: "/realtime" });
http.listen(Number(process.env.PORT ?? 8080), () => {
	const { port } = http.address() as { readonly port: number };
	console.log(`http://127.0.0.1:${port}/`);
});
