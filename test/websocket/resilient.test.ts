import { describe, expect, it } from "vitest";
import { ResilientWebSocket } from "../../src/websocket/resilient.js";
import type { ResilientOptions } from "../../src/websocket/options.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { A, B, record, setUp } from "./scene.js";

/** A socket in a world of its own, open unless the world says otherwise. */
async function open(options: ResilientOptions = {}, where: string | string[] = A) {
	const scene = setUp();
	const socket = new ResilientWebSocket(where, [], { runtime: scene.runtime, ...options });
	const seen = record(socket);
	await scene.clock.advance(100);
	return { ...scene, socket, seen };
}

const text = (data: string | Uint8Array): string =>
	typeof data === "string" ? data : `bytes ${[...data].join()}`;

describe("ResilientWebSocket", () => {
	it("is CONNECTING while it is away, open again without close, and CLOSED only when it is final", async () => {
		const { clock, network, socket, seen } = await open();
		const back = network.refuse(A);
		network.reset();
		await clock.advance(20_000);
		expect([socket.readyState, seen]).toEqual([0, ["open 1"]]);
		back[Symbol.dispose]();
		await clock.advance(20_000);
		expect([socket.readyState, seen]).toEqual([1, ["open 1", "open 1"]]);
		socket.close(3_000);
		await clock.advance(1_000);
		expect(seen).toEqual(["open 1", "open 1", "close 3 3000"]);
		expect([network.open, clock.pending]).toEqual([0, []]);
	});

	it("keeps what is sent while it is away, in order and before what open sends, and copies bytes", async () => {
		const { clock, network, socket, peers } = await open();
		const back = network.refuse(A);
		network.reset();
		await clock.advance(50);
		const bytes = Uint8Array.of(1, 2, 3);
		socket.send("first");
		socket.send(bytes.subarray(1));
		socket.send(bytes.buffer);
		bytes.fill(9);
		expect(socket.bufferedAmount).toBe(10);
		socket.onopen = () => socket.send("from open");
		back[Symbol.dispose]();
		await clock.advance(20_000);
		expect(peers.at(-1)?.heard.map(text)).toEqual([
			"first",
			"bytes 2,3",
			"bytes 1,2,3",
			"from open",
		]);
		expect(socket.bufferedAmount).toBe(0);
	});

	it("throws outbox-full when too much waits, by count and by bytes", async () => {
		const { network, socket, clock } = await open({ buffer: { maxMessages: 2, maxBytes: 5 } });
		network.refuse(A);
		network.reset();
		await clock.advance(50);
		socket.send("1");
		expect(() => socket.send("123456")).toThrow(expect.objectContaining({ code: "outbox-full" }));
		socket.send("2");
		expect(() => socket.send("3")).toThrow(expect.objectContaining({ code: "outbox-full" }));
		expect(socket.bufferedAmount).toBe(2);
	});

	it("drops the oldest where that is asked for, but never takes what could not be kept anyway", async () => {
		const buffer = { maxMessages: 10, maxBytes: 5, overflow: "drop-oldest" } as const;
		const { network, socket, clock, peers } = await open({ buffer });
		const back = network.refuse(A);
		network.reset();
		await clock.advance(50);
		for (const data of ["aa", "bb", "ccc"]) socket.send(data);
		expect(() => socket.send("123456")).toThrow(expect.objectContaining({ code: "outbox-full" }));
		back[Symbol.dispose]();
		await clock.advance(20_000);
		expect(peers.at(-1)?.heard).toEqual(["bb", "ccc"]);
	});

	it("says by bufferedAmount what it could not send any more", async () => {
		const { network, socket, clock, seen } = await open();
		network.refuse(A);
		network.reset();
		await clock.advance(50);
		socket.send("four");
		socket.close();
		socket.send("six…");
		expect([socket.readyState, socket.bufferedAmount]).toEqual([2, 10]);
		await clock.advance(0);
		expect([seen, socket.bufferedAmount, clock.pending]).toEqual([
			["open 1", "error 3", "close 3 1006"],
			10,
			[],
		]);
	});

	it("takes 100,000 sends while it is away in bounded memory", async () => {
		const { network, socket, clock } = await open();
		network.refuse(A);
		network.reset();
		await clock.advance(50);
		let refused = 0;
		for (let n = 0; n < 100_000; n++) {
			try {
				socket.send("x");
			} catch {
				refused += 1;
			}
		}
		expect([refused, socket.bufferedAmount]).toEqual([99_000, 1_000]);
	});

	it("shows what it does, and calls connected what is open", async () => {
		const { clock, network, socket } = await open({}, [A, B]);
		const seen: string[] = [];
		socket.connection.subscribe((state) => seen.push(state.status));
		expect(socket.connection.get()).toMatchObject({
			status: "connected",
			endpoint: A,
			role: "primary",
			recovered: false,
		});
		network.refuse(A);
		network.reset();
		await clock.advance(600);
		expect(seen).toEqual(["reconnecting", "reconnecting", "connected"]);
		expect(socket.connection.get()).toMatchObject({ endpoint: B, role: "backup" });
		expect(socket.url).toBe(B);
		socket.close();
		await clock.advance(100);
		expect(socket.connection.get()).toEqual({ status: "closed" });
	});

	it("measures the round trip of a question that is answered", async () => {
		const heartbeat = {
			message: () => "ping",
			isReply: (data: unknown) => data === "pong",
			idleMs: 500,
		};
		const { runtime, clock } = setUp("browser", () => "pong");
		const socket = new ResilientWebSocket(A, [], { runtime, heartbeat });
		await clock.advance(1_000);
		expect(socket.connection.get()).toMatchObject({ status: "connected", latencyMs: 10 });
	});

	it("hangs up and dials afresh on reconnect(), and never holds two", async () => {
		const { clock, network, socket, dialled, seen } = await open();
		socket.reconnect("another network");
		expect(socket.readyState).toBe(0);
		await clock.advance(100);
		expect([dialled.length, socket.readyState, seen]).toEqual([2, 1, ["open 1", "open 1"]]);
		expect(network.open).toBe(1);
	});

	it("hastens a redial that waits, on reconnect() and on a wake", async () => {
		const { clock, network, lifecycle, socket } = await open();
		const back = network.refuse(A);
		network.reset();
		await clock.advance(300_000);
		back[Symbol.dispose]();
		lifecycle.wake("online");
		await clock.advance(600);
		expect(socket.readyState).toBe(1);
		const gone = network.refuse(A);
		network.reset();
		await clock.advance(300_000);
		gone[Symbol.dispose]();
		socket.reconnect();
		await clock.advance(100);
		expect(socket.readyState).toBe(1);
	});

	it("throws closed on reconnect() once it is closed or closing", async () => {
		const { clock, socket } = await open();
		socket.close();
		expect(() => socket.reconnect()).toThrow(expect.objectContaining({ code: "closed" }));
		await clock.advance(100);
		expect(() => socket.reconnect()).toThrow(expect.objectContaining({ code: "closed" }));
	});

	it.each([
		[1_000, "closed"],
		[1_008, "failed"],
		[4_401, "failed"],
		[4_403, "failed"],
	])("ends for good when the server closes with %d", async (code, status) => {
		const { clock, socket, seen, peers, dialled } = await open();
		peers[0]?.socket.close(code, "");
		await clock.advance(60_000);
		expect(seen).toEqual(["open 1", `close 3 ${code}`]);
		expect([socket.connection.get().status, dialled.length]).toEqual([status, 1]);
	});

	it("lets the app say which closes are final", async () => {
		const { clock, seen, peers } = await open({ isFinal: ({ code }) => code === 4_001 });
		peers[0]?.socket.close(1_000, "");
		await clock.advance(1_000);
		peers[1]?.socket.close(4_001, "");
		await clock.advance(1_000);
		expect(seen).toEqual(["open 1", "open 1", "close 3 4001"]);
	});

	it("ends for good when a handshake is refused with 401, where the platform shows it", async () => {
		const { clock, network, runtime } = setUp("node");
		network.serve(A, {
			request: () => Promise.reject(new Error()),
			upgrade: () => ({ type: "refuse", status: 401 }),
		});
		const socket = new ResilientWebSocket(A, [], { runtime });
		const seen = record(socket);
		await clock.advance(60_000);
		expect(seen).toEqual(["error 3", "close 3 1006"]);
		expect(socket.connection.get()).toMatchObject({
			status: "failed",
			cause: { code: "unauthorized" },
		});
	});

	it("asks a function for the URL of each dial, and shows and logs no ticket", async () => {
		const { clock, network, runtime, dialled } = setUp();
		let tickets = 0;
		const logged: unknown[] = [];
		const log = (...entry: unknown[]): unknown => logged.push(entry);
		const logger = { debug: log, info: log, warn: log, error: log } as never;
		const where = async (): Promise<string> => `${A}?ticket=${CANARY_TOKEN}${++tickets}`;
		const socket = new ResilientWebSocket(where, [], { runtime: { ...runtime, logger } });
		expect(socket.url).toBe("");
		await clock.advance(100);
		network.reset();
		await clock.advance(600);
		expect(dialled).toEqual([1, 2].map((n) => `${A}?ticket=${CANARY_TOKEN}${n}`));
		expect(socket.connection.get()).toMatchObject({ status: "connected", endpoint: A });
		expect(JSON.stringify([logged, socket.connection.get()])).not.toContain(CANARY_TOKEN);
	});

	it("tries again where the function fails, and gives up where what it says is no URL", async () => {
		const { clock, runtime } = setUp();
		const answers = [() => Promise.reject(new Error("offline")), async () => A];
		const socket = new ResilientWebSocket(() => (answers.shift() ?? answers[0])?.() as never, [], {
			runtime,
		});
		await clock.advance(0);
		expect(socket.connection.get()).toMatchObject({ status: "reconnecting" });
		await clock.advance(5_000);
		expect(socket.readyState).toBe(1);
		const wrong = new ResilientWebSocket(async () => "not a URL", [], { runtime });
		const seen = record(wrong);
		await clock.advance(60_000);
		expect(seen).toEqual(["error 3", "close 3 1006"]);
	});

	it("bounds a function that never answers by the deadline of the dial", async () => {
		const { clock, runtime } = setUp();
		const socket = new ResilientWebSocket(() => new Promise(() => {}), [], { runtime });
		await clock.advance(4_000);
		expect(socket.connection.get()).toMatchObject({
			status: "reconnecting",
			cause: { code: "connect-timeout" },
		});
	});

	it("dials nobody for a URL that comes too late: after the deadline, or after close()", async () => {
		const { clock, network, runtime, dialled } = setUp();
		const answers: ((url: string) => void)[] = [];
		const where = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
		const socket = new ResilientWebSocket(where, [], { runtime });
		await clock.advance(5_000);
		expect(answers).toHaveLength(2);
		answers[0]?.(A);
		await clock.advance(100);
		expect([dialled, network.open]).toEqual([[], 0]);
		socket.close();
		answers[1]?.(A);
		await clock.advance(100);
		expect([dialled, network.open, socket.readyState]).toEqual([[], 0, 3]);
	});

	it("survives being closed by whoever listens to its connection", async () => {
		const { clock, network, runtime, dialled } = setUp();
		const socket = new ResilientWebSocket([A, B], [], { runtime });
		const seen = record(socket);
		socket.connection.subscribe(({ status }) => {
			if (status === "connected") socket.close();
		});
		await clock.advance(10_000);
		expect([seen, dialled, network.open]).toEqual([["close 3 1005"], [A], 0]);
	});

	it.each([
		["a list without URLs", [[]], "RealtimeError"],
		["a URL that is none", ["not a URL"], "SyntaxError"],
		["one of several that is none", [[A, "ftp://b.test"]], "SyntaxError"],
		["credentials", ["wss://me:secret@a.test"], "RealtimeError"],
		["a subprotocol that is none", [A, "a b"], "SyntaxError"],
		["another overflow", [A, [], { buffer: { overflow: "block" } }], "RealtimeError"],
		["a negative limit", [A, [], { buffer: { maxBytes: -1 } }], "RealtimeError"],
	])("refuses %s at the call", (_, given, name) => {
		expect(() => Reflect.construct(ResilientWebSocket, given)).toThrow(
			expect.objectContaining({ name }),
		);
	});
});
