/* A server on a real port of the loopback, and clients that say whatever bytes they like. */
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeAll, expect } from "vitest";
import { WebSocket } from "ws";
import type { RealtimeServer, ServerOptions } from "../../src/server/contract.js";
import { createServer } from "../../src/server/create-server.js";
import { attach } from "../../src/server/node.js";
import { canaryLogger } from "../support/secrets.js";

export const SUBPROTOCOL = "holdfast.v1";
export const HELLO = JSON.stringify({
	type: "hello",
	token: "ada",
	class: "boot",
	client: "client",
	link: 1,
	name: "test",
	version: "0",
});

export const say = (frame: object): string => JSON.stringify(frame);

export interface NodeRig extends AsyncDisposable {
	readonly http: Server;
	readonly server: RealtimeServer<IncomingMessage>;
	readonly port: number;
	readonly attached: AsyncDisposable;
}

export async function createNodeRig(
	options: Partial<ServerOptions<IncomingMessage>> & { readonly path?: string } = {},
	http: Server = createHttpServer(),
): Promise<NodeRig> {
	const { path, ...rest } = options;
	const server = createServer<IncomingMessage>({
		authorize: ({ token }) => (token === null ? null : { id: token }),
		logger: canaryLogger(),
		...rest,
	});
	const attached = attach(http, server, path === undefined ? {} : { path });
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	return {
		http,
		server,
		attached,
		port: (http.address() as AddressInfo).port,
		[Symbol.asyncDispose]: async () => {
			await server[Symbol.asyncDispose]();
			http.closeAllConnections();
			await attached[Symbol.asyncDispose]();
			await new Promise((resolve) => http.close(resolve));
		},
	};
}

export interface Dialed {
	readonly webSocket: WebSocket;
	readonly texts: string[];
	/** Resolves with the close code, or rejects with what made the handshake fail. */
	readonly closed: Promise<number>;
	/** Resolves when a text contains this. */
	hear(part: string): Promise<string>;
}

export function dial(
	port: number,
	{
		path = "/",
		protocols = [SUBPROTOCOL],
		...options
	}: {
		readonly path?: string;
		readonly protocols?: string[];
		readonly origin?: string;
		readonly headers?: Record<string, string>;
		readonly perMessageDeflate?: boolean;
	} = {},
): Dialed {
	const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, {
		perMessageDeflate: false,
		...options,
	});
	const texts: string[] = [];
	const waiting = new Set<() => void>();
	webSocket.on("message", (data) => {
		texts.push(data.toString());
		for (const look of [...waiting]) look();
	});
	const closed = new Promise<number>((resolve, reject) => {
		webSocket.on("close", (code) => resolve(code));
		webSocket.on("error", (reason) => reject(reason));
	});
	closed.catch(() => undefined);
	const hear = (part: string): Promise<string> =>
		new Promise((resolve, reject) => {
			const look = (): void => {
				const found = texts.find((text) => text.includes(part));
				if (found === undefined) return;
				waiting.delete(look);
				resolve(found);
			};
			waiting.add(look);
			look();
			closed.then((code) => reject(new Error(`closed with ${code} before "${part}"`)), reject);
		});
	return { webSocket, texts, closed, hear };
}

/** Dials and is greeted. */
export async function greet(
	port: number,
	options: Parameters<typeof dial>[1] = {},
): Promise<Dialed> {
	const dialed = dial(port, options);
	dialed.webSocket.on("open", () => dialed.webSocket.send(HELLO));
	await dialed.hear('"welcome"');
	return dialed;
}

/** Resolves when the server has nobody any more. */
export function emptied({ stats }: RealtimeServer<IncomingMessage>): Promise<void> {
	return new Promise((resolve) => {
		const look = (): void => {
			if (stats.get().connections > 0) return;
			stop();
			resolve();
		};
		const stop = stats.subscribe(look);
		look();
	});
}

/** Sends bytes, and resolves with all that comes back until the other side closes. */
export function raw(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
	return new Promise((resolve) => {
		let answer = "";
		const socket: Socket = connect(port, "127.0.0.1", () => {
			for (const part of parts) socket.write(part);
		});
		socket.setEncoding("latin1");
		socket.on("data", (text) => {
			answer += text;
			if (answer.startsWith("HTTP/1.1 101") && closeCode(answer) !== undefined) socket.end();
		});
		socket.on("error", () => undefined);
		socket.on("close", () => resolve(answer));
	});
}

export function upgradeRequest(headers: readonly string[] = [], path = "/"): string {
	return [
		`GET ${path} HTTP/1.1`,
		"Host: app.test",
		"Connection: Upgrade",
		"Upgrade: websocket",
		"Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		...headers,
		"",
		"",
	].join("\r\n");
}

export const PROTOCOL_HEADER = `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`;

/** A masked frame as RFC 6455 has it, with whatever first byte. */
export function frame(first: number, payload: Uint8Array): Uint8Array {
	const extended = payload.length < 126 ? [] : [payload.length >> 8, payload.length & 0xff];
	const length = Math.min(payload.length, 126);
	return Uint8Array.from([first, 0x80 | length, ...extended, 0, 0, 0, 0, ...payload]);
}

/** The code of the close frame that an answer ends with. */
export function closeCode(answer: string): number | undefined {
	const at = answer.indexOf("\u0088", answer.indexOf("\r\n\r\n") + 4);
	return at < 0 ? undefined : answer.charCodeAt(at + 2) * 256 + answer.charCodeAt(at + 3);
}

/** Rigs that are gone after each test, having shown that they still served. */
export function nodeRigs(): (...args: Parameters<typeof createNodeRig>) => Promise<NodeRig> {
	const uncaught: unknown[] = [];
	const rigs: NodeRig[] = [];
	beforeAll(() => {
		process.on("uncaughtException", (reason) => uncaught.push(reason));
		process.on("unhandledRejection", (reason) => uncaught.push(reason));
	});
	afterEach(async () => {
		for (const rig of rigs.splice(0)) {
			const response = await fetch(`http://127.0.0.1:${rig.port}/anything`);
			expect([200, 404]).toContain(response.status);
			await rig[Symbol.asyncDispose]();
		}
		expect(uncaught).toEqual([]);
	});
	return async (...args) => {
		const rig = await createNodeRig(...args);
		rigs.push(rig);
		return rig;
	};
}
