import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buildSchema, execute, subscribe, validate } from "graphql";
import { createClient, makeServer } from "graphql-ws";
import { WebSocket, WebSocketServer } from "ws";
import { openGraphql } from "../../support/graphql-socket.js";
import type { Hear, Peer, Said, Served } from "./peer.js";
import { inTurns } from "./plain.js";

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
	sockets.on("connection", (socket) => openGraphql(graphql, socket));
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

export const graphqlWs: Peer = {
	name: "graphql-ws",
	packages: ["graphql-ws", "graphql"],
	entry: 'export { createClient } from "graphql-ws"',
	defaults:
		"5 retries after 1, 2, 4, … s and 0.3 to 3 s of chance; no keep-alive; no time limit for a connection. Two URLs: its URL function, ours takes turns",
	server: "its own, a subscription and mutations",
	lacks: { together: "a result is a frame" },
	connect: (urls, hear, refused) => {
		const client = createClient({
			url: inTurns(urls),
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
		const sink = { next: () => undefined, error: refused, complete: () => undefined };
		const query = "mutation ($text: String!) { say(text: $text) }";
		return {
			publish: (said) =>
				void client.subscribe({ query, variables: { text: JSON.stringify(said) } }, sink),
		};
	},
	serve,
};
