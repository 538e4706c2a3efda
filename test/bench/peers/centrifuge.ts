/*
 * Centrifuge has no server on npm. What it runs against is OURS: enough of its JSON protocol for one channel with
 * recovery by offset and epoch. Its figures are those of its client, not of Centrifugo.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Centrifuge } from "centrifuge";
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from "ws";
import type { Hear, Peer, Said, Served } from "./peer.js";

const CHANNEL = "bench";
const EPOCH = "bench";
const HISTORY = 10_000;
/** What Centrifugo puts into one frame at most, by default. */
const A_FRAME = 16;
/** Centrifugo's defaults. */
const PING_S = 25;

interface Command {
	readonly id?: number;
	readonly connect?: object;
	readonly subscribe?: { readonly recover?: boolean; readonly offset?: number };
	readonly publish?: { readonly data: Said };
}
interface Publication {
	readonly data: Said;
	readonly offset: number;
}

class SmallServer {
	readonly #subscribed = new Set<ServerSocket>();
	readonly #history: Publication[] = [];
	readonly #hear: Hear;
	#offset = 0;

	constructor(hear: Hear) {
		this.#hear = hear;
	}

	open(socket: ServerSocket): void {
		const beat = setInterval(() => socket.send("{}"), PING_S * 1_000);
		socket.on("error", () => undefined);
		socket.on("close", () => {
			clearInterval(beat);
			this.#subscribed.delete(socket);
		});
		socket.on("message", (data) => {
			const lines = String(data).split("\n").filter(Boolean);
			const replies = lines.flatMap((line) => this.#answer(JSON.parse(line) as Command, socket));
			if (replies.length > 0) socket.send(replies.map((reply) => JSON.stringify(reply)).join("\n"));
		});
	}

	publish(all: readonly Said[], aFrame: number): void {
		const publications = all.map((data) => ({ data, offset: ++this.#offset }));
		this.#history.push(...publications);
		this.#history.splice(0, this.#history.length - HISTORY);
		const pushes = publications.map((pub) => JSON.stringify({ push: { channel: CHANNEL, pub } }));
		for (let at = 0; at < pushes.length; at += aFrame) {
			const text = pushes.slice(at, at + aFrame).join("\n");
			for (const socket of this.#subscribed) socket.send(text);
		}
	}

	#answer({ id, connect, subscribe, publish }: Command, socket: ServerSocket): readonly object[] {
		if (connect)
			return [{ id, connect: { client: "bench", version: "small", ping: PING_S, pong: true } }];
		if (publish) {
			this.#hear(publish.data);
			return [{ id, publish: {} }];
		}
		if (!subscribe) return [];
		this.#subscribed.add(socket);
		const { recover = false, offset = 0 } = subscribe;
		const missed = recover ? this.#history.filter((one) => one.offset > offset) : [];
		const recovered = recover && missed.length === this.#offset - offset;
		const result = {
			...{ recoverable: true, positioned: true, epoch: EPOCH, offset: this.#offset },
			...(recover && { recovered, publications: missed }),
		};
		return [{ id, subscribe: result }];
	}
}

async function serve(hear: Hear): Promise<Served> {
	const small = new SmallServer(hear);
	const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
	sockets.on("connection", (socket) => small.open(socket));
	await once(sockets, "listening");
	return {
		port: (sockets.address() as AddressInfo).port,
		publish: (said) => small.publish([said], 1),
		publishTogether: (all) => small.publish(all, A_FRAME),
	};
}

export const centrifuge: Peer = {
	name: "centrifuge",
	packages: ["centrifuge"],
	entry: 'export { Centrifuge } from "centrifuge"',
	defaults:
		"redials after 0 to 0.5 s, full jitter up to 20 s; 5 s for a connection; the server pings every 25 s, 10 s more are waited. Recovery on, which is the server's choice. Two URLs: its list of transports",
	server:
		"**a small one of ours** that speaks its JSON protocol, recovery included: no server of its own is on npm, and this is not Centrifugo",
	lacks: {},
	connect: (urls, hear, refused) => {
		const transports = urls.map((endpoint) => ({ transport: "websocket" as const, endpoint }));
		const [url = ""] = urls;
		const client = new Centrifuge(transports.length > 1 ? transports : url, {
			websocket: WebSocket,
		});
		const subscription = client.newSubscription(CHANNEL, { recoverable: true, positioned: true });
		subscription.on("publication", ({ data }) => hear(data as Said));
		subscription.subscribe();
		client.connect();
		return {
			publish: (said) => {
				// Its promise rejects after 5 s.
				subscription.publish(said).catch(refused);
			},
		};
	},
	serve,
};
