import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

export interface PageServer extends AsyncDisposable {
	/** Localhost: a secure context, with Web Locks and all. */
	readonly url: string;
	/** The page's script, to put elsewhere. */
	readonly script: string;
}

/** Serves an empty page that runs a script of test/support/pages, built as a bundler would for browsers. */
export async function servePage(name: string): Promise<PageServer> {
	const entry = fileURLToPath(new URL(`./pages/${name}.ts`, import.meta.url));
	const built = await build({
		entryPoints: [entry],
		bundle: true,
		write: false,
		format: "iife",
		platform: "browser",
		logLevel: "silent",
	});
	const script = built.outputFiles[0]?.text ?? "";
	const http = createServer((request, response) => {
		const isScript = request.url === "/script.js";
		response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
		response.end(isScript ? script : '<!doctype html><script src="/script.js"></script>');
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	const { port } = http.address() as AddressInfo;
	return {
		url: `http://localhost:${port}/`,
		script,
		[ASYNC_DISPOSE]: async () => {
			http.closeAllConnections();
			http.close();
		},
	};
}
