/* Serves the page, the client as `npm run build` made it, and a realtime server, all on one port. */
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "holdfast/server";
import { attach } from "holdfast/server/node";

const FILES = new Map([
	["/", { path: "./index.html", type: "text/html; charset=utf-8" }],
	["/holdfast.min.js", { path: "../../dist/browser/holdfast.min.js", type: "text/javascript" }],
]);

const http = createHttpServer(async (request, response) => {
	const file = FILES.get(request.url ?? "");
	const body = file && (await readFile(new URL(file.path, import.meta.url)).catch(() => undefined));
	if (body === undefined) response.writeHead(404).end("Not here, or not built: npm run build");
	else response.writeHead(200, { "Content-Type": file?.type }).end(body);
});
const server = createServer({ authorize: ({ token }) => (token ? { id: token } : null) });
attach(http, server, { path: "/realtime" });
http.listen(Number(process.env.PORT ?? 8080), () => {
	const { port } = http.address() as { readonly port: number };
	console.log(`http://127.0.0.1:${port}/`);
});
