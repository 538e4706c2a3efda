import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { WebSocketGate } from "../../../playground/edge/websocket-gate.js";
import { until } from "../../support/until.js";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const PLAIN = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

interface Spoken {
	readonly socket: Socket;
	heard: string;
	/** Undefined while it is open. */
	end: "closed" | "reset" | "refused" | undefined;
}

function speak(port: number, text: string): Spoken {
	const socket = connect(port, "127.0.0.1");
	const spoken: Spoken = { socket, heard: "", end: undefined };
	socket.on("data", (chunk) => {
		spoken.heard += chunk.toString();
	});
	socket.on("error", ({ code }: NodeJS.ErrnoException) => {
		spoken.end = code === "ECONNREFUSED" ? "refused" : "reset";
	});
	socket.on("close", () => {
		spoken.end ??= "closed";
	});
	socket.write(text);
	onTestFinished(() => void socket.destroy());
	return spoken;
}

/** Behind it a server that echoes what comes after an upgrade. */
async function newGate(ended = (): void => undefined): Promise<WebSocketGate> {
	const http = createServer((_request, response) => response.end("plain"));
	http.on("upgrade", (_request: IncomingMessage, socket: Socket) => {
		socket.on("error", () => undefined).on("close", ended);
		socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
		socket.pipe(socket);
	});
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	const gate = new WebSocketGate(() => (http.address() as { port: number }).port);
	await gate.listen(0);
	onTestFinished(async () => {
		await gate.close();
		http.close();
	});
	return gate;
}

async function openWebSocket(gate: WebSocketGate): Promise<Spoken> {
	const link = speak(gate.port, UPGRADE);
	await until(() => link.heard.includes("101"), "the upgrade");
	return link;
}

it("passes all, an upgrade and what follows it too", async () => {
	const gate = await newGate();
	const link = await openWebSocket(gate);
	link.socket.write("ping");
	await until(() => link.heard.endsWith("ping"), "the echo");
	const plain = speak(gate.port, PLAIN);
	await until(() => plain.end, "the answer's end");
	expect(plain.heard).toMatch(/200 OK.*plain$/s);
});

it("refuse: 503 for an upgrade, a reset for open WebSockets, and HTTP passes", async () => {
	const gate = await newGate();
	const link = await openWebSocket(gate);
	await gate.turn("refuse");
	expect(await until(() => link.end, "the old link's end")).toBe("reset");
	const refused = speak(gate.port, UPGRADE);
	expect(await until(() => refused.end, "the end")).toBe("closed");
	expect(refused.heard).toMatch(/^HTTP\/1\.1 503 /);
	const plain = speak(gate.port, PLAIN);
	await until(() => plain.end, "the answer's end");
	expect(plain.heard).toMatch(/200 OK/);
});

it("swallow: no answer and no end, HTTP passes, and what waited arrives later", async () => {
	const gate = await newGate();
	const link = await openWebSocket(gate);
	await gate.turn("swallow");
	link.socket.write("late");
	const swallowed = speak(gate.port, UPGRADE);
	const plain = speak(gate.port, PLAIN);
	await until(() => plain.end, "the answer's end");
	expect(plain.heard).toMatch(/200 OK/);
	expect([link.heard.includes("late"), link.end, swallowed.heard, swallowed.end]).toEqual([
		false,
		undefined,
		"",
		undefined,
	]);
	await gate.turn("pass");
	await until(() => link.heard.endsWith("late"), "what waited");
	// Nobody will ever answer that handshake.
	await until(() => swallowed.end, "the swallowed one's end");
});

it("down: the port is closed and all is reset, both sides of it; up again on the same port", async () => {
	let ended = 0;
	const gate = await newGate(() => ended++);
	const { port } = gate;
	const link = await openWebSocket(gate);
	await gate.turn("down");
	expect(await until(() => link.end, "the link's end")).toBe("reset");
	await until(() => ended === 1, "the server's side of it");
	const refused = speak(port, PLAIN);
	expect(await until(() => refused.end, "a refusal")).toBe("refused");
	await gate.turn("pass");
	expect(gate.port).toBe(port);
	await openWebSocket(gate);
});
