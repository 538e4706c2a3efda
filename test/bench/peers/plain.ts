/* For those that bring no protocol: JSON over a bare `ws` server, an array where messages share a frame. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { A_FRAME, type Connection, type Hear, type Said, type Served } from "./peer.js";

export const PLAIN_SERVER = "a bare `ws` server, JSON; it has no server of its own";
export const NO_RECONNECT = "it does not reconnect";
export const NO_LIST = "it takes one URL";

export async function servePlain(hear: Hear): Promise<Served> {
	const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
	server.on("connection", (socket) => {
		socket.on("error", () => undefined);
		socket.on("message", (data) => hearText(String(data), hear));
	});
	await once(server, "listening");
	const publish = (text: string): void => {
		for (const socket of server.clients) socket.send(text);
	};
	return {
		port: (server.address() as AddressInfo).port,
		publish: (said) => publish(JSON.stringify(said)),
		publishTogether: (all) => {
			for (let at = 0; at < all.length; at += A_FRAME)
				publish(JSON.stringify(all.slice(at, at + A_FRAME)));
		},
	};
}

/** A text, or an array of them. */
function hearText(text: string, hear: Hear): void {
	const said = JSON.parse(text) as Said | readonly Said[];
	if (Array.isArray(said)) for (const one of said as readonly Said[]) hear(one);
	else hear(said as Said);
}

/**
 * As in a browser: ws ends the process by an error that nobody hears when a client closes a socket that is still
 * connecting, after it has taken its listeners off.
 */
export class BrowserLike extends WebSocket {
	constructor(...args: ConstructorParameters<typeof WebSocket>) {
		super(...args);
		this.on("error", () => undefined);
	}
}

/** For a URL function: one after the other. */
export function inTurns(urls: readonly string[]): () => string {
	let dials = 0;
	return () => urls[dials++ % urls.length] ?? "";
}

/** What all standard classes have in common. */
type Standard = Pick<WebSocket, "send"> & {
	addEventListener(type: "message" | "error", listener: (event: { data?: unknown }) => void): void;
};

export function speakPlain(socket: object, hear: Hear): Connection {
	const standard = socket as Standard;
	standard.addEventListener("error", () => undefined);
	standard.addEventListener("message", ({ data }) => hearText(String(data), hear));
	return { publish: (said) => standard.send(JSON.stringify(said)) };
}
