import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { type Library, serve } from "./library.js";

const INFO = {
	server_id: "test",
	version: "2.10.0",
	proto: 1,
	max_payload: 1_048_576,
	headers: true,
};

/** The part of the NATS protocol that an echo needs: INFO, CONNECT, PING, SUB, PUB, UNSUB. */
function converse(write: (text: string) => void): (text: string) => void {
	const subscriptions = new Map<string, string>();
	let left = "";
	const take = (line: string, rest: string): string => {
		const [verb = "", subject = "", second = "", third = ""] = line.split(" ");
		if (verb === "PING") write("PONG\r\n");
		else if (verb === "SUB") subscriptions.set(third || second, subject);
		else if (verb === "UNSUB") subscriptions.delete(subject);
		else if (verb === "PUB") {
			const [replyTo, size] = third ? [second, third] : ["", second];
			const data = rest.slice(0, Number(size));
			// A service that answers on "echo"; all else goes to whoever listens.
			const to = subject === "echo" ? replyTo : subject;
			for (const [sid, pattern] of subscriptions) {
				const isMatch = pattern === to || to.startsWith(pattern.replace(/\*$/, ""));
				if (isMatch) write(`MSG ${to} ${sid} ${data.length}\r\n${data}\r\n`);
			}
			return rest.slice(Number(size) + 2);
		}
		return rest;
	};
	return (text) => {
		left += text;
		for (let at = left.indexOf("\r\n"); at >= 0; at = left.indexOf("\r\n"))
			left = take(left.slice(0, at), left.slice(at + 2));
	};
}

export const nats: Library = {
	name: "@nats-io/nats-core",
	path: "",
	serve: () =>
		serve((socket) => {
			const hear = converse((text) => socket.send(Buffer.from(text)));
			socket.on("message", (data) => hear(String(data)));
			socket.send(Buffer.from(`INFO ${JSON.stringify(INFO)}\r\n`));
		}),
	open: async (failoverWebSocket, endpoints) => {
		const bytes = new TextEncoder();
		const text = new TextDecoder();
		// recipe
		const FailoverWebSocket = failoverWebSocket({
			endpoints,
			heartbeat: {
				message: () => bytes.encode("PING\r\n"),
				isReply: (data) => text.decode(data as ArrayBuffer) === "PONG\r\n",
			},
		});
		const connection: NatsConnection = await wsconnect({
			servers: endpoints[0] as string,
			wsFactory: async (url) => ({ socket: new FailoverWebSocket(url), encrypted: false }),
			// By default it gives up after ten redials.
			maxReconnectAttempts: -1,
		});
		// end
		return {
			echo: async (said) => (await connection.request("echo", said, { timeout: 2_000 })).string(),
			close: () => connection.close(),
		};
	},
};
