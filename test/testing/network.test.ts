import { describe, expect, it } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import type { WebSocketLike } from "../../src/runtime/runtime.js";
import type { ServerSocket } from "../../src/server/contract.js";
import type { SimulatedHost, Upgrade } from "../../src/testing/host.js";
import { createNetwork, type NetworkOptions } from "../../src/testing/network.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";

const URL_A = "wss://a.test";
const API = "https://a.test/poll";

/** One device, and a host that says what happened to it and echoes what is asked to be echoed. */
function world(options: Partial<NetworkOptions> = {}) {
	const clock = createVirtualClock();
	const network = createNetwork({ clock, random: seededRandom(1), ...options });
	const heard: string[] = [];
	const sockets: ServerSocket[] = [];
	const accept: Upgrade = {
		type: "accept",
		open(socket) {
			sockets.push(socket);
			heard.push("opened");
			return {
				message: (data) => heard.push(typeof data === "string" ? data : `bytes ${data.join()}`),
				closed: (code) => heard.push(`closed ${code}`),
			};
		},
	};
	const host: SimulatedHost & { answer: Upgrade } = {
		answer: accept,
		upgrade: () => host.answer,
		request: async (request) => new Response(`echo ${await request.text()}`),
	};
	network.serve(URL_A, host);
	return { clock, network, host, heard, sockets, accept };
}

type World = ReturnType<typeof world>;

function dial({ network, clock }: World, url = URL_A) {
	const socket = new network.WebSocket(url, "holdfast.v1") as WebSocketLike & {
		terminate?(): void;
		readonly protocol: string;
	};
	const told: string[] = [];
	for (const type of ["open", "message", "error", "close"]) {
		socket.addEventListener(type, (event: { data?: string; code?: number; wasClean?: boolean }) => {
			const details = event.data ?? (event.code && `${event.code} ${event.wasClean}`) ?? "";
			told.push(`${type} ${details}`.trim());
		});
	}
	return { socket, told, at: () => clock.monotonic() };
}

async function connected(options: Partial<NetworkOptions> = {}) {
	const all = world(options);
	const client = dial(all);
	await all.clock.advance(100);
	expect(client.told).toEqual(["open"]);
	client.told.length = 0;
	all.heard.length = 0;
	return { ...all, ...client, server: all.sockets[0] as ServerSocket };
}

describe("a simulated network", () => {
	describe("dialing", () => {
		it("opens after the round trips of TCP, TLS and upgrade, with the offered subprotocol", async () => {
			const all = world({ handshakeRoundTrips: 3 });
			all.network.latency(10);
			const { socket, told } = dial(all);
			expect(() => socket.send("early")).toThrow("Still connecting");
			await all.clock.advance(59);
			expect([socket.readyState, told, all.heard]).toEqual([0, [], ["opened"]]);
			await all.clock.advance(1);
			expect([socket.readyState, socket.protocol, told]).toEqual([1, "holdfast.v1", ["open"]]);
		});

		it.each([
			["is refused", (all: World) => all.network.refuse(URL_A), 10],
			["meets nobody", (all: World) => all.network.serve(URL_A, all.host)[Symbol.dispose](), 10],
			["happens offline", (all: World) => all.network.offline(), 0],
		])("that %s fails with 1006, in a task of its own", async (_, fault, afterMs) => {
			const all = world();
			fault(all);
			const { socket, told } = dial(all);
			expect([socket.readyState, told]).toEqual([0, []]);
			await all.clock.advance(afterMs);
			expect([socket.readyState, told]).toEqual([3, ["error", "close 1006 false"]]);
		});

		it("that is refused by HTTP shows a browser 1006 alone", async () => {
			const all = world();
			all.host.answer = { type: "refuse", status: 503, retryAfterMs: 1_500 };
			const { told } = dial(all);
			await all.clock.advance(100);
			expect(told).toEqual(["error", "close 1006 false"]);
		});

		it("that is refused by HTTP shows Node the status and Retry-After in whole seconds", async () => {
			const all = world({ platform: "node" });
			all.host.answer = { type: "refuse", status: 503, retryAfterMs: 1_500 };
			const { socket, told } = dial(all);
			const refusals: unknown[] = [];
			(socket as { on?: (type: string, on: (...all: unknown[]) => void) => void }).on?.(
				"unexpected-response",
				(_request, response) => refusals.push(response),
			);
			await all.clock.advance(100);
			expect(refusals).toEqual([{ statusCode: 503, headers: { "retry-after": "2" } }]);
			socket.terminate?.();
			await all.clock.advance(0);
			expect(told).toEqual(["error", "close 1006 false"]);
		});

		it.each([
			[
				"a host that takes the connection and stays mute",
				(all: World) => void (all.host.answer = { type: "hang" }),
			],
			["a SYN black hole", (all: World) => void all.network.hang(URL_A)],
			["a partition", (all: World) => void all.network.partition(URL_A)],
		])("hangs on %s until it is given up", async (_, fault) => {
			const all = world();
			fault(all);
			const { socket, told } = dial(all);
			await all.clock.advance(120_000);
			expect([socket.readyState, told]).toEqual([0, []]);
			socket.close();
			expect([socket.readyState, told]).toEqual([2, []]);
			await all.clock.advance(0);
			expect([socket.readyState, told]).toEqual([3, ["error", "close 1006 false"]]);
		});

		it("goes on when a partition ends before anybody gave it up", async () => {
			const all = world();
			const partition = all.network.partition(URL_A);
			const { told } = dial(all);
			await all.clock.advance(10_000);
			dispose(partition);
			await all.clock.advance(100);
			expect(told).toEqual(["open"]);
		});

		it("throws on what is no WebSocket URL", () => {
			const { network } = world();
			expect(() => new network.WebSocket("https://a.test")).toThrow("Not a WebSocket URL");
		});

		it("given up on the way reaches the host all the same, which is told of the end", async () => {
			const all = world({ handshakeRoundTrips: 1 });
			const { socket } = dial(all);
			socket.close();
			await all.clock.advance(100);
			expect(all.heard).toEqual(["opened", "closed 1006"]);
		});
	});

	describe("carries", () => {
		it("both ways after the latency, in order whatever the jitter", async () => {
			const all = await connected();
			all.network.latency(20, 200);
			const sent = Array.from({ length: 50 }, (_, n) => `m${n}`);
			const arrivals = new Set<number>();
			all.socket.addEventListener("message", () => arrivals.add(all.at()));
			for (const text of sent) {
				all.socket.send(text);
				all.server.send(text);
				await all.clock.advance(3);
			}
			await all.clock.advance(220);
			expect(all.heard).toEqual(sent);
			expect(all.told).toEqual(sent.map((text) => `message ${text}`));
			expect(arrivals.size).toBeGreaterThan(5);
			expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(120);
		});

		it("all of it in spite of packet loss, late and in order", async () => {
			const all = await connected();
			all.network.loss(0.5);
			expect(() => all.network.loss(1)).toThrow(RangeError);
			const sent = Array.from({ length: 20 }, (_, n) => `m${n}`);
			for (const text of sent) all.socket.send(text);
			await all.clock.advance(150);
			expect(all.heard.length).toBeLessThan(20);
			await all.clock.advance(30_000);
			expect(all.heard).toEqual(sent);
		});

		it("binary data as it was when it was sent", async () => {
			const all = await connected();
			const bytes = new Uint8Array([1, 2, 3]);
			all.socket.send(bytes.subarray(1));
			bytes.fill(9);
			await all.clock.advance(5);
			expect(all.heard).toEqual(["bytes 2,3"]);
		});

		it("as many bytes a second as the bandwidth, and shows what waits beyond the kernel's buffer", async () => {
			const all = await connected();
			all.network.bandwidth(URL_A, 100_000, "to-client");
			for (let n = 0; n < 20; n++) all.server.send("x".repeat(10_000));
			expect(all.server.bufferedBytes()).toBe(200_000 - 65_536);
			await all.clock.advance(1_006);
			expect(all.told).toHaveLength(10);
			expect(all.server.bufferedBytes()).toBe(100_000 - 65_536);
			await all.clock.advance(1_000);
			expect([all.told.length, all.server.bufferedBytes()]).toEqual([20, 0]);
		});
	});

	describe("a closing handshake", () => {
		it("by the client: the host hears the code behind the data, the client the echo", async () => {
			const all = await connected();
			all.socket.send("last");
			all.socket.close(1000, "done");
			all.server.send("crossing");
			expect(all.socket.readyState).toBe(2);
			await all.clock.advance(5);
			expect(all.heard).toEqual(["last", "closed 1000"]);
			await all.clock.advance(5);
			expect([all.told, all.socket.readyState]).toEqual([["close 1000 true"], 3]);
			await all.clock.advance(60_000);
			expect([all.told.length, all.network.open]).toEqual([1, 0]);
		});

		it("by the host: what it sent before arrives first, what the client sends after is dropped", async () => {
			const all = await connected();
			all.server.send("before");
			all.server.close(1012, "restart");
			all.server.send("after");
			all.server.close(1000, "again");
			await all.clock.advance(5);
			expect(all.told).toEqual(["message before", "close 1012 true"]);
			all.socket.send("late");
			expect(all.socket.bufferedAmount).toBe(4);
			await all.clock.advance(60_000);
			expect([all.heard, all.network.open]).toEqual([["closed 1012"], 0]);
		});

		it("with a dead peer ends after 30 s, on either side", async () => {
			const all = await connected();
			all.network.partition(URL_A);
			all.socket.close();
			await all.clock.advance(29_999);
			expect(all.told).toEqual([]);
			await all.clock.advance(1);
			expect(all.told).toEqual(["close 1006 false"]);

			const other = await connected();
			const partition = other.network.partition(URL_A);
			other.server.close(1012, "");
			await other.clock.advance(30_000);
			dispose(partition);
			await other.clock.advance(10);
			expect([other.heard, other.told]).toEqual([["closed 1006"], ["error", "close 1006 false"]]);
		});

		it("is not waited for by terminate(); what was sent still arrives", async () => {
			const all = await connected({ platform: "node" });
			all.socket.send("last");
			all.socket.terminate?.();
			expect(all.told).toEqual([]);
			await all.clock.advance(0);
			expect(all.told).toEqual(["close 1006 false"]);
			await all.clock.advance(5);
			expect(all.heard).toEqual(["last", "closed 1006"]);
		});

		it.each([
			[1001, "", "No such close code"],
			[2999, "", "No such close code"],
			[5000, "", "No such close code"],
			[1000, "é".repeat(62), "longer than 123 bytes"],
		])("refuses what the standard refuses: %d %j", async (code, reason, message) => {
			const { socket } = await connected();
			expect(() => socket.close(code, reason)).toThrow(message);
			expect(socket.readyState).toBe(1);
		});
	});

	describe("breaks", () => {
		it("by a reset: what is under way is lost both ways, both ends are told", async () => {
			const all = await connected();
			all.socket.send("up");
			all.server.send("down");
			expect(all.network.reset(URL_A)).toBe(1);
			await all.clock.advance(5);
			all.socket.send("more");
			all.server.send("more");
			await all.clock.advance(60_000);
			expect(all.told).toEqual(["error", "close 1006 false"]);
			expect([all.heard, all.network.open]).toEqual([["closed 1006"], 0]);
		});

		it("half open: nobody is told, nothing ever passes, a new connection works", async () => {
			const all = await connected();
			expect(all.network.halfOpen()).toBe(1);
			all.socket.send("up");
			all.server.send("down");
			await all.clock.advance(600_000);
			expect([all.told, all.heard, all.socket.readyState]).toEqual([[], [], 1]);
			const again = dial(all);
			await all.clock.advance(100);
			expect(again.told).toEqual(["open"]);
		});

		it("when the program dies: what it had sent arrives, then the host is told", async () => {
			const all = await connected();
			all.socket.send("up");
			all.server.send("down");
			all.network.crash();
			await all.clock.advance(600_000);
			expect([all.told, all.heard, all.network.open]).toEqual([[], ["up", "closed 1006"], 0]);
		});

		it.each([
			["both", [], []],
			["to-server", [], ["message down"]],
			["to-client", ["up"], []],
		] as const)(
			"by a black hole (%s), which hands over what it held when it ends",
			async (direction, heard, told) => {
				const all = await connected();
				const hole = all.network.blackHole(URL_A, direction);
				all.socket.send("up");
				all.server.send("down");
				await all.clock.advance(20_000);
				expect([all.heard, all.told]).toEqual([heard, told]);
				all.socket.send("up 2");
				dispose(hole);
				dispose(hole);
				await all.clock.advance(10);
				expect([all.heard, all.told]).toEqual([["up", "up 2"], ["message down"]]);
			},
		);

		it("by a black hole that lasts for more than 30 s: what it held is lost", async () => {
			const all = await connected();
			const hole = all.network.partition(URL_A);
			all.socket.send("up");
			await all.clock.advance(30_100);
			dispose(hole);
			await all.clock.advance(10);
			expect([all.heard, all.told]).toEqual([["closed 1006"], ["error", "close 1006 false"]]);
		});

		it("for one endpoint and not for another", async () => {
			const all = world();
			all.network.serve("wss://b.test", all.host);
			all.network.partition(URL_A);
			const [a, b] = [dial(all), dial(all, "wss://b.test")];
			await all.clock.advance(100);
			expect([a.told, b.told]).toEqual([[], ["open"]]);
		});

		it("shows a sender into a black hole what its kernel no longer takes", async () => {
			const all = await connected();
			all.network.partition(URL_A);
			all.socket.send("x".repeat(65_536));
			expect(all.socket.bufferedAmount).toBe(0);
			all.socket.send("x".repeat(1_000));
			expect(all.socket.bufferedAmount).toBe(1_000);
		});
	});

	describe("offline and online", () => {
		it("open connections go silent and go on later; the lifecycle knows and wakes", async () => {
			const all = await connected();
			const wakes: string[] = [];
			all.network.lifecycle.onWake((reason) => wakes.push(reason));
			all.network.offline();
			all.network.offline();
			all.socket.send("up");
			await all.clock.advance(5_000);
			expect([all.heard, all.network.lifecycle.get().online]).toEqual([[], false]);
			all.network.online();
			all.network.online();
			await all.clock.advance(5);
			expect([all.heard, all.network.lifecycle.get().online]).toEqual([["up"], true]);
			expect(wakes).toEqual(["offline", "online"]);
		});

		it("keeps a partition that began meanwhile", async () => {
			const all = await connected();
			all.network.offline();
			all.network.partition(URL_A);
			all.network.online();
			all.socket.send("up");
			await all.clock.advance(5_000);
			expect(all.heard).toEqual([]);
		});
	});

	describe("fetch", () => {
		const post = (all: World, signal?: AbortSignal) => {
			const results: string[] = [];
			const init = { method: "POST", body: "hi", ...(signal && { signal }) };
			all.network.fetch(API, init).then(
				async (response) => results.push(await response.text()),
				(reason) => results.push(`${(reason as Error).name}`),
			);
			return results;
		};

		it("brings the answer after a round trip", async () => {
			const all = world();
			const results = post(all);
			await all.clock.advance(9);
			expect([results, all.network.open]).toEqual([[], 1]);
			await all.clock.advance(1);
			expect([results, all.network.open]).toEqual([["echo hi"], 0]);
		});

		it.each([
			["offline", (all: World) => all.network.offline()],
			["refused", (all: World) => void all.network.refuse(API)],
			["cut", (all: World) => void setTimeoutOn(all, () => all.network.reset(), 7)],
			["hung up on", (all: World) => void (all.host.request = () => Promise.reject(new Error()))],
		])("rejects with a TypeError when %s", async (_, fault) => {
			const all = world();
			fault(all);
			const results = post(all);
			await all.clock.advance(100);
			expect([results, all.network.open]).toEqual([["TypeError"], 0]);
		});

		it("ends when it is aborted, though the request may still arrive", async () => {
			const all = world();
			const asked: string[] = [];
			all.host.request = async (request) => new Response(String(asked.push(request.url)));
			const hole = all.network.blackHole(API, "to-server");
			const abort = new AbortController();
			const results = post(all, abort.signal);
			await all.clock.advance(4_000);
			abort.abort();
			await all.clock.advance(0);
			expect([results, asked]).toEqual([["AbortError"], []]);
			dispose(hole);
			await all.clock.advance(10);
			expect([results, asked]).toEqual([["AbortError"], [API]]);
		});

		it("of a program that died is never answered, though it arrives", async () => {
			const all = world();
			const asked: string[] = [];
			all.host.request = async (request) => new Response(String(asked.push(request.url)));
			const results = post(all);
			all.network.crash();
			await all.clock.advance(100);
			expect([results, asked, all.network.open]).toEqual([[], [API], 0]);
		});

		it("that is aborted before it leaves never leaves", async () => {
			const all = world();
			const asked: string[] = [];
			all.host.request = async (request) => new Response(String(asked.push(request.url)));
			expect(post(all, AbortSignal.abort())).toEqual([]);
			await all.clock.advance(100);
			expect([asked, all.network.open]).toEqual([[], 0]);
		});
	});
});

function setTimeoutOn({ clock }: World, run: () => void, ms: number): void {
	clock.setTimeout(run, ms, "test");
}
