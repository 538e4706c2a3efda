import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";
import { systemRuntime } from "../../src/runtime/system.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";
import type { Transport, TransportEnd } from "../../src/transport/transport.js";
import { openWebSocket } from "../../src/transport/websocket.js";
import { createFaultProxy } from "../support/fault-proxy.js";

const stops: (() => unknown)[] = [];
afterEach(async () => {
	for (const stop of stops.splice(0).reverse()) await stop();
});

interface Deferred<T> {
	readonly promise: Promise<T>;
	readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
	let settle: ((value: T) => void) | undefined;
	const promise = new Promise<T>((resolve) => {
		settle = resolve;
	});
	return { promise, resolve: (value) => settle?.(value) };
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** An HTTP server that treats WebSocket upgrades like this. */
async function listen(upgrade: Upgrade): Promise<{ url: string; port: number; http: Server }> {
	const http = createServer((_request, response) => response.end());
	const sockets = new Set<Socket>();
	http.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
	http.on("upgrade", upgrade);
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	stops.push(() => {
		http.close();
		for (const socket of sockets) socket.destroy();
	});
	const { port } = http.address() as AddressInfo;
	return { url: `ws://127.0.0.1:${port}/`, port, http };
}

const refuse =
	(status: string, headers = ""): Upgrade =>
	(_request, socket) =>
		socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\n\r\n`);

/** A server that speaks WebSocket, with our subprotocol or another. */
function speak(options: { protocol?: string } = {}) {
	const wss = new WebSocketServer({
		noServer: true,
		handleProtocols: () => options.protocol ?? "holdfast.v1",
	});
	const upgrade: Upgrade = (request, socket, head) =>
		wss.handleUpgrade(request, socket, head, (peer) => wss.emit("connection", peer, request));
	return { wss, upgrade };
}

interface Call {
	readonly transport: Transport;
	readonly opened: Promise<void>;
	readonly received: Promise<string>;
	readonly closed: Promise<TransportEnd>;
	readonly clock: ReturnType<typeof createVirtualClock>;
	readonly facts: string[];
}

function dial(url: string): Call {
	const clock = createVirtualClock({ startAt: Date.UTC(2025, 0, 1, 12) });
	const facts: string[] = [];
	const opened = deferred<void>();
	const received = deferred<string>();
	const closed = deferred<TransportEnd>();
	const note = <T>(fact: string, resolve: (value: T) => void) => {
		return (value: T): void => {
			facts.push(fact);
			resolve(value);
		};
	};
	const transport = openWebSocket(
		{ url },
		{
			opened: () => note("opened", opened.resolve)(undefined),
			received: note("received", received.resolve),
			closed: note("closed", closed.resolve),
		},
		systemRuntime({ clock }),
	);
	stops.push(() => transport.close(1000, ""));
	return {
		transport,
		opened: opened.promise,
		received: received.promise,
		closed: closed.promise,
		clock,
		facts,
	};
}

describe("over a real socket in Node", () => {
	it("text passes both ways, without compression and with our subprotocol", async () => {
		const { wss, upgrade } = speak();
		const headers: IncomingMessage["headers"][] = [];
		wss.on("connection", (peer, request) => {
			headers.push(request.headers);
			peer.on("message", (data) => peer.send(`you said ${data}`));
		});
		const { transport, opened, received, closed } = dial((await listen(upgrade)).url);
		await opened;
		transport.send("hello");
		expect(await received).toBe("you said hello");
		expect(headers[0]?.["sec-websocket-protocol"]).toBe("holdfast.v1");
		expect(headers[0]?.["sec-websocket-extensions"]).toBeUndefined();
		for (const peer of wss.clients) peer.close(4410, "slow");
		expect(await closed).toEqual({ code: 4410, reason: "slow", opened: true });
	});

	it("a refused connection ends the dial", async () => {
		const { url, http } = await listen(refuse("500 No"));
		http.close();
		const { closed } = dial(url);
		expect(await closed).toEqual({ code: 1006, reason: "ECONNREFUSED", opened: false });
	});

	it.each([
		["503 Service Unavailable", "Retry-After: 7\r\n", 503, 7_000],
		["503 Service Unavailable", "Retry-After: Wed, 01 Jan 2025 12:01:00 GMT\r\n", 503, 60_000],
		["429 Too Many Requests", "", 429, undefined],
		["401 Unauthorized", "", 401, undefined],
		["404 Not Found", "Retry-After: soon\r\n", 404, undefined],
	])("a refusal with %s %j shows its status and pushback", async (line, headers, status, ms) => {
		const { closed } = dial((await listen(refuse(line, headers))).url);
		const told = ms === undefined ? {} : { retryAfterMs: ms };
		expect(await closed).toEqual({
			code: 1006,
			reason: `HTTP ${status}`,
			httpStatus: status,
			opened: false,
			...told,
		});
	});

	it("a redirect is a refusal: a token goes nowhere but where it was sent", async () => {
		const { wss, upgrade } = speak();
		const elsewhere = await listen(upgrade);
		const { url } = await listen(refuse("302 Found", `Location: ${elsewhere.url}\r\n`));
		expect(await dial(url).closed).toMatchObject({ code: 1006, httpStatus: 302 });
		expect(wss.clients.size).toBe(0);
	});

	it.each(["", "graphql-ws"])(
		"a server that answers with the subprotocol %j is not ours",
		async (protocol) => {
			const { upgrade } = speak({ protocol });
			const { closed, facts } = dial((await listen(upgrade)).url);
			expect(await closed).toMatchObject({ code: 4400, opened: false });
			expect(facts).toEqual(["closed"]);
		},
	);

	it.each([
		["binary", Buffer.from("bytes"), true],
		["oversized", Buffer.alloc(16_777_217, "x"), false],
	])("a message that is %s ends the link at once", async (_what, message, binary) => {
		const { wss, upgrade } = speak();
		wss.on("connection", (peer) => peer.send(message, { binary }));
		const { closed, facts } = dial((await listen(upgrade)).url);
		expect(await closed).toMatchObject({ code: 4400, opened: true });
		expect(facts).toEqual(["opened", "closed"]);
	});

	it("bytes that are no WebSocket frame end the link at once", async () => {
		const { wss, upgrade } = speak();
		wss.on("connection", (_peer, request) => request.socket.write(Buffer.from([0xff, 0x7f])));
		const { closed } = dial((await listen(upgrade)).url);
		expect(await closed).toMatchObject({ code: 4400, opened: true });
	});

	it("a connection that is reset ends the link", async () => {
		const { wss, upgrade } = speak();
		const proxy = await createFaultProxy((await listen(upgrade)).port);
		stops.push(() => proxy[ASYNC_DISPOSE]());
		wss.on("connection", () => proxy.reset());
		const { closed } = dial(`ws://127.0.0.1:${proxy.port}/`);
		expect(await closed).toMatchObject({ code: 1006 });
	});
});

describe("close() frees the socket", () => {
	it("of a dial that nobody has answered, at once and without a word", async () => {
		const arrived = deferred<Duplex>();
		const { url } = await listen((_request, socket) => arrived.resolve(socket.resume()));
		const { transport, facts, clock } = dial(url);
		const gone = once(await arrived.promise, "end");
		transport.close(1000, "changed our mind");
		await gone;
		expect([facts, clock.pending]).toEqual([[], []]);
	});

	it("of a dial that has only just begun", async () => {
		const proxy = await createFaultProxy((await listen(() => {})).port);
		stops.push(() => proxy[ASYNC_DISPOSE]());
		proxy.hang();
		const { transport, facts, clock } = dial(`ws://127.0.0.1:${proxy.port}/`);
		transport.close(1000, "");
		while (clock.pending.length > 0) await new Promise((resolve) => setImmediate(resolve));
		// A later one is through, so this one would be too if it were still on its way.
		dial(`ws://127.0.0.1:${proxy.port}/`);
		while (proxy.connections === 0) await new Promise((resolve) => setImmediate(resolve));
		expect(facts).toEqual([]);
	});

	it("of a live link when the peer answers, without waiting", async () => {
		const { wss, upgrade } = speak();
		const connected = once(wss, "connection");
		const { transport, opened, clock, facts } = dial((await listen(upgrade)).url);
		const [peer] = await connected;
		await opened;
		transport.close(4400, "malformed");
		const [code, reason] = await once(peer, "close");
		expect([code, String(reason)]).toEqual([4400, "malformed"]);
		while (clock.pending.length > 0) await new Promise((resolve) => setImmediate(resolve));
		expect(facts).toEqual(["opened"]);
	});

	it("of a live link whose peer is dead, a second later", async () => {
		const { wss, upgrade } = speak();
		const proxy = await createFaultProxy((await listen(upgrade)).port);
		stops.push(() => proxy[ASYNC_DISPOSE]());
		const connected = once(wss, "connection");
		const { transport, opened, clock, facts } = dial(`ws://127.0.0.1:${proxy.port}/`);
		await Promise.all([connected, opened]);
		proxy.mute();
		transport.close(1000, "");
		expect(clock.pending.map(({ label }) => label)).toEqual(["terminate"]);
		await clock.advance(1_000);
		proxy.reset();
		while (proxy.open > 0) await new Promise((resolve) => setImmediate(resolve));
		expect([facts, clock.pending]).toEqual([["opened"], []]);
	});
});
