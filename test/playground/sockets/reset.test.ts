/* Node 20 leaves a socket open for ever that is reset while its end is being sent; ours is closed. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { reset } from "../../../playground/edge/tcp/reset.js";

async function pair(): Promise<{ readonly socket: Socket; readonly other: Socket }> {
	const server = createServer({ allowHalfOpen: true });
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const accepted = once(server, "connection") as Promise<[Socket]>;
	const { port } = server.address() as { port: number };
	const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
	const [other] = await accepted;
	await (socket.connecting ? once(socket, "connect") : null);
	for (const each of [socket, other]) each.on("error", () => undefined);
	onTestFinished(() => {
		other.destroy();
		server.close();
	});
	return { socket, other };
}

it("resets a connection", async () => {
	const { socket, other } = await pair();
	reset(socket);
	const [error] = (await once(other.resume(), "error")) as [NodeJS.ErrnoException];
	expect(error.code).toBe("ECONNRESET");
});

it("closes one whose end is on its way, down to the descriptor", async () => {
	const { socket, other } = await pair();
	socket.end("the last words");
	reset(socket);
	await once(socket, "close");
	await once(other.resume(), "end");
});

it("closes one that is still connecting", async () => {
	const server = createServer((socket) => socket.on("error", () => undefined).resume());
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	const socket = connect({ port: (server.address() as { port: number }).port, host: "127.0.0.1" });
	socket.end();
	reset(socket);
	await once(socket, "close");
	expect(socket.destroyed).toBe(true);
});
