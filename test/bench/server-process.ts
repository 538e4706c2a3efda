/*
 * The sending side, in a process of its own: a Holdfast server and a bare `ws` server, so that only
 * the receiving process is measured. Both make all their texts first and send them when they are made,
 * since a sender that is slower than its receiver would be all that is measured. Orders come over IPC.
 */
import { createServer as createHttp, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type ServerSocket } from "holdfast/server";
import { type WebSocket, WebSocketServer } from "ws";

/** `one`: a message a frame. `coalesced`: the raw side sends arrays of fifty. */
export interface SendOrder {
	readonly type: "send";
	readonly to: "holdfast" | "raw";
	readonly how: "one" | "coalesced";
	readonly messages: number;
}

const A_TURN = 500;
const A_FRAME = 50;
/** Of texts that wait in a socket: enough to keep it busy, and no more than a network would hold. */
const MOST_WAITING_BYTES = 256 * 1_024;
const TEXT = "x".repeat(100);

interface Wire {
	readonly socket: WebSocket;
	kept: string[] | null;
}

const holdfast = createServer({
	authorize: () => ({ id: "bench" }),
	sendBufferBytes: 1_000_000_000,
	heartbeatMs: 60_000,
});
/** What the server writes; while something is being made it is kept. */
const wires = new Set<Wire>();
const holdfastHttp = createHttp();
const upgrades = new WebSocketServer({
	server: holdfastHttp,
	perMessageDeflate: false,
	handleProtocols: () => "holdfast.v1",
});
upgrades.on("connection", (socket, request) => {
	const wire: Wire = { socket, kept: null };
	wires.add(wire);
	const own: ServerSocket = {
		send: (text) => (wire.kept === null ? socket.send(text) : wire.kept.push(text)),
		close: (code, reason) => socket.close(code, reason),
		bufferedBytes: () => 0,
	};
	const link = holdfast.opened(own, request);
	socket.on("message", (data) => link.message(String(data)));
	socket.on("close", (code) => {
		wires.delete(wire);
		link.closed(code);
	});
});

const rawHttp = createHttp();
const raw = new WebSocketServer({ server: rawHttp, perMessageDeflate: false });
const sockets = new Set<WebSocket>();
raw.on("connection", (socket) => {
	sockets.add(socket);
	socket.on("close", () => sockets.delete(socket));
	// A question and its answer, for the round trips to a first message.
	socket.on("message", () => socket.send(JSON.stringify({ n: 0, text: TEXT })));
});

const port = (server: Server): Promise<number> =>
	new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
	});

process.on("message", (order: SendOrder) => void send(order));
process.send?.({ type: "ready", holdfast: await port(holdfastHttp), raw: await port(rawHttp) });

async function send({ to, how, messages }: SendOrder): Promise<void> {
	if (to === "raw") {
		const texts = rawTexts(how, messages);
		for (const socket of sockets) await release(socket, texts);
		return;
	}
	for (const wire of wires) wire.kept = [];
	for (let n = 0; n < messages; n += A_TURN) await publishSome(n, Math.min(n + A_TURN, messages));
	for (const wire of wires) {
		const texts = wire.kept ?? [];
		wire.kept = null;
		await release(wire.socket, texts);
	}
}

/** Some hundred a turn, so that they are batched as they would be under a real load. */
async function publishSome(from: number, to: number): Promise<void> {
	const sent: Promise<unknown>[] = [];
	for (let n = from; n < to; n += 1) sent.push(holdfast.publish("bench", { n, text: TEXT }));
	await Promise.all(sent);
	await new Promise((resolve) => setTimeout(resolve, 0));
}

function rawTexts(how: SendOrder["how"], messages: number): readonly string[] {
	const all = Array.from({ length: messages }, (_, n) => ({ n, text: TEXT }));
	if (how === "one") return all.map((message) => JSON.stringify(message));
	const frames = Array.from({ length: Math.ceil(messages / A_FRAME) }, (_, at) => at * A_FRAME);
	return frames.map((at) => JSON.stringify(all.slice(at, at + A_FRAME)));
}

async function release(socket: WebSocket, texts: readonly string[]): Promise<void> {
	for (const text of texts) {
		socket.send(text);
		while (socket.bufferedAmount > MOST_WAITING_BYTES)
			await new Promise((resolve) => setImmediate(resolve));
	}
}
