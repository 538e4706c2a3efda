/* A WebSocket server whose path says what it does: what conformance rows run against. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

export interface RowServer extends AsyncDisposable {
	/** `ws://127.0.0.1:port` */
	readonly url: string;
}

export async function serveRows(): Promise<RowServer> {
	const http = createServer((_request, response) => response.writeHead(400).end());
	const server = new WebSocketServer({
		noServer: true,
		handleProtocols: (offered) => [...offered].at(-1) ?? false,
	});
	http.on("upgrade", (request, socket, head) => {
		socket.on("error", () => {});
		const { pathname, searchParams } = new URL(request.url ?? "/", "ws://host");
		if (pathname === "/mute") return;
		if (pathname === "/vanish") {
			socket.destroy();
			return;
		}
		if (pathname === "/refuse") {
			socket.end("HTTP/1.1 503 Nobody Home\r\nContent-Length: 0\r\n\r\n");
			return;
		}
		server.handleUpgrade(request, socket, head, (peer) => {
			peer.on("error", () => {});
			const code = searchParams.get("code");
			if (pathname === "/echo")
				peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
			// What it heard, as hex and whether it was binary.
			if (pathname === "/hex")
				peer.on("message", (data: Buffer, isBinary) =>
					peer.send(`${isBinary} ${data.toString("hex")}`),
				);
			if (pathname === "/drop") setTimeout(() => peer.terminate(), 20);
			if (pathname === "/close")
				setTimeout(
					() => (code ? peer.close(Number(code), searchParams.get("reason") ?? "") : peer.close()),
					20,
				);
			if (pathname === "/flood")
				peer.on("message", () => {
					for (let n = 0; n < 50; n++) peer.send(String(n));
				});
			// A text frame whose two bytes are no UTF-8.
			if (pathname === "/broken")
				setTimeout(() => socket.write(Uint8Array.of(0x81, 2, 0xc3, 0x28)), 20);
			if (pathname === "/protocol") peer.send(peer.protocol);
		});
	});
	http.listen(0, "127.0.0.1");
	await once(http, "listening");
	return {
		url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
		[ASYNC_DISPOSE]: async () => {
			for (const peer of server.clients) peer.terminate();
			http.closeAllConnections();
			http.close();
		},
	};
}
