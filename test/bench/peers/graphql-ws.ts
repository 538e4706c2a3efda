import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buildSchema, execute, subscribe, validate } from "graphql";
import { createClient, makeServer } from "graphql-ws";
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from "ws";
import type { Hear, Peer, Said, Served } from "./peer.js";
import { NO_LIST } from "./plain.js";

const schema = buildSchema(
	"type Query { ok: Boolean } type Mutation { say(text: String!): Boolean } type Subscription { said: String! }",
);

/** A subscriber's queue, as an async iterable. */
class Feed implements AsyncIterableIterator<{ readonly said: string }> {
	readonly #texts: string[] = [];
	#wake: (() => void) | null = null;
	readonly #ended: () => void;

	constructor(ended: () => void) {
		this.#ended = ended;
	}

	push(text: string): void {
		this.#texts.push(text);
		this.#wake?.();
	}

	async next(): Promise<IteratorResult<{ readonly said: string }>> {
		while (this.#texts.length === 0)
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		return { done: false, value: { said: this.#texts.shift() as string } };
	}

	async return(): Promise<IteratorResult<never>> {
		this.#ended();
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}

async function serve(hear: Hear): Promise<Served> {
	const feeds = new Set<Feed>();
	const say = ({ text }: { readonly text: string }): boolean => {
		hear(JSON.parse(text) as Said);
		return true;
	};
	const said = (): Feed => {
		const feed = new Feed(() => feeds.delete(feed));
		feeds.add(feed);
		return feed;
	};
	const roots = { mutation: { say }, subscription: { said } };
	const graphql = makeServer({ schema, execute, subscribe, validate, roots });
	const sockets = new WebSocketServer({
		...{ host: "127.0.0.1", port: 0, perMessageDeflate: false },
		handleProtocols: (offered) => [...offered][0] ?? false,
	});
	sockets.on("connection", (socket) => open(graphql, socket));
	await once(sockets, "listening");
	const publish = (one: Said): void => {
		const text = JSON.stringify(one);
		for (const feed of feeds) feed.push(text);
	};
	return {
		port: (sockets.address() as AddressInfo).port,
		publish,
		publishTogether: (all) => all.forEach(publish),
	};
}

function open(graphql: ReturnType<typeof makeServer>, socket: ServerSocket): void {
	socket.on("error", () => undefined);
	const closed = graphql.opened(
		{
			protocol: socket.protocol,
			send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
			close: (code, reason) => socket.close(code, reason),
			onMessage: (take) =>
				socket.on("message", (data) => {
					take(String(data)).catch(() => socket.close());
				}),
		},
		{},
	);
	socket.on("close", (code, reason) => void closed(code, String(reason)));
}

export const graphqlWs: Peer = {
	name: "graphql-ws",
	packages: ["graphql-ws", "graphql"],
	entry: 'export { createClient } from "graphql-ws"',
	defaults:
		"5 retries after 1, 2, 4, … s and 0.3 to 3 s of chance; no keep-alive; no time limit for a connection. Two URLs: its URL function, ours takes turns",
	server: "its own, a subscription and mutations",
	lacks: { together: "a result is a frame" },
	connect: (urls, hear) => {
		let dials = 0;
		const client = createClient({
			url: () => urls[dials++ % urls.length] ?? NO_LIST,
			webSocketImpl: WebSocket,
		});
		client.subscribe<{ said: string }>(
			{ query: "subscription { said }" },
			{
				next: ({ data }) => {
					if (data) hear(JSON.parse(data.said) as Said);
				},
				error: () => undefined,
				complete: () => undefined,
			},
		);
		const sink = { next: () => undefined, error: () => undefined, complete: () => undefined };
		const query = "mutation ($text: String!) { say(text: $text) }";
		return {
			publish: (said) =>
				void client.subscribe({ query, variables: { text: JSON.stringify(said) } }, sink),
		};
	},
	serve,
};
