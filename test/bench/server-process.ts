/*
 * The sending side, in a process of its own: a Holdfast server and a bare `ws` server, so that only
 * the receiving process is measured. Orders come over IPC.
 */
import { createServer as createHttp, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { attach } from "holdfast/server/node";
import { createServer } from "holdfast/server";
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
const TEXT = "x".repeat(100);

const holdfast = createServer({
	authorize: () => ({ id: "bench" }),
	sendBufferBytes: 1_000_000_000,
	heartbeatMs: 60_000,
});
const holdfastHttp = createHttp();
attach(holdfastHttp, holdfast);

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

process.on("message", (order: SendOrder) => void send(order, 0));
process.send?.({ type: "ready", holdfast: await port(holdfastHttp), raw: await port(rawHttp) });

/** Some hundred a turn, so that sockets drain as they would under a real load. */
async function send(order: SendOrder, from: number): Promise<void> {
	const to = Math.min(from + A_TURN, order.messages);
	if (order.to === "holdfast") await sendHoldfast(from, to);
	else sendRaw(order, from, to);
	if (to < order.messages) setImmediate(() => void send(order, to));
}

async function sendHoldfast(from: number, to: number): Promise<void> {
	const sent: Promise<unknown>[] = [];
	for (let n = from; n < to; n += 1) sent.push(holdfast.publish("bench", { n, text: TEXT }));
	await Promise.all(sent);
}

function sendRaw({ how }: SendOrder, from: number, to: number): void {
	for (let n = from; n < to; n += how === "one" ? 1 : A_FRAME) {
		const batch = Array.from({ length: A_FRAME }, (_, k) => ({ n: n + k, text: TEXT }));
		const text = how === "one" ? JSON.stringify({ n, text: TEXT }) : JSON.stringify(batch);
		for (const socket of sockets) socket.send(text);
	}
}
