import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { WebSocket as PlainWebSocket } from "ws";
import { findTool } from "../../../playground/edge/tools/find-tool.js";
import { ASYNC_DISPOSE } from "../../../src/reactive/disposable.js";
import { startNatsServer } from "../../support/nats-server.js";
import { type Library, type Server, serve } from "./library.js";

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

const serveSmall = (): Promise<Server> =>
	serve((socket) => {
		const hear = converse((text) => socket.send(Buffer.from(text)));
		socket.on("message", (data) => hear(String(data)));
		socket.send(Buffer.from(`INFO ${JSON.stringify(INFO)}\r\n`));
	});

/** Behind a pipe that counts, with a service that answers on "echo". */
async function serveReal(program: string): Promise<Server> {
	const nats = await startNatsServer(program);
	const service = await wsconnect({
		servers: `ws://127.0.0.1:${nats.port}`,
		wsFactory: async (url) => ({
			socket: new PlainWebSocket(url) as unknown as WebSocket,
			encrypted: false,
		}),
	});
	service.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
	await service.flush();
	const open = new Set<Socket>();
	let accepted = 0;
	const pipe = createServer({ allowHalfOpen: true }, (client) => {
		accepted += 1;
		open.add(client);
		const server = connect({ port: nats.port, host: "127.0.0.1", allowHalfOpen: true });
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			from.pipe(to);
			from.on("error", () => to.destroy());
			from.on("close", () => open.delete(client));
		}
	});
	pipe.listen(0, "127.0.0.1");
	await once(pipe, "listening");
	return {
		port: (pipe.address() as AddressInfo).port,
		get sockets() {
			return open.size;
		},
		get accepted() {
			return accepted;
		},
		async [Symbol.asyncDispose]() {
			pipe.close();
			for (const socket of open) socket.destroy();
			await service.close();
			await nats[ASYNC_DISPOSE]();
		},
	};
}

const program = await findTool("nats-server");

export const nats: Library = {
	name: "@nats-io/nats-core",
	path: "",
	// A real nats-server where there is one (npm run edge:install gets it), else a small one.
	serve: () => (program === undefined ? serveSmall() : serveReal(program.path)),
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
