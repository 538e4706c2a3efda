import { describe, expect, it, vi } from "vitest";
import { dispose } from "../../src/reactive/disposable.js";
import { Cell } from "../../src/reactive/readable.js";
import type { Endpoint } from "../../src/endpoint/endpoint.js";
import { failoverWebSocket } from "../../src/websocket/failover.js";
import type { FailoverOptions } from "../../src/websocket/options.js";
import { CANARY_TOKEN } from "../support/secrets.js";
import { A, B, record, setUp } from "./scene.js";

const endpoints = [A, B];
const heartbeat = {
	message: () => "ping",
	isReply: (data: unknown) => data === "pong",
	idleMs: 1_000,
	timeoutMs: 500,
	probeMs: 200,
};
const PLATFORMS = ["browser", "node"] as const;

describe.each(PLATFORMS)("failoverWebSocket over a socket of the kind of a %s", (platform) => {
	it("goes on to the next endpoint within one CONNECTING", async () => {
		const { clock, network, runtime, dialled } = setUp(platform);
		network.refuse(A);
		const socket = new (failoverWebSocket({ endpoints, runtime }))(A);
		const seen = record(socket);
		await clock.advance(100);
		expect([seen, dialled, network.open]).toEqual([["open 1"], [B], 1]);
	});

	it("leaves an endpoint that does not answer after 4 s, and does not come back to it first", async () => {
		const { clock, network, runtime, dialled } = setUp(platform);
		const hang = network.hang(A);
		const WebSocket = failoverWebSocket({ endpoints, runtime });
		const first = new WebSocket(A);
		await clock.advance(3_999);
		expect([first.readyState, dialled]).toEqual([0, []]);
		await clock.advance(100);
		expect([first.readyState, network.open]).toEqual([1, 1]);
		dispose(hang);
		const second = new WebSocket(A);
		await clock.advance(100);
		expect([second.readyState, dialled]).toEqual([1, [B, B]]);
	});

	it("ends once when nobody answers: error, close 1006, and nothing left", async () => {
		const { clock, network, runtime } = setUp(platform);
		network.hang(A);
		network.refuse(B);
		const seen = record(new (failoverWebSocket({ endpoints, runtime }))(A));
		await clock.advance(60_000);
		expect(seen).toEqual(["error 3", "close 3 1006"]);
		expect([network.open, clock.pending]).toEqual([0, []]);
	});

	it("asks a silent link, and ends it where no answer comes", async () => {
		const { clock, network, runtime, peers } = setUp(platform, () => "pong");
		const socket = new (failoverWebSocket({ endpoints, heartbeat, runtime }))(A);
		const seen = record(socket);
		await clock.advance(10_000);
		expect(peers[0]?.heard.length).toBeGreaterThan(5);
		network.partition(A);
		await clock.advance(2_000);
		// The answers are kept from whoever has not asked.
		expect(seen).toEqual(["open 1", "error 3", "close 3 1006"]);
	});

	it("hands on the answers to questions that its user asked", async () => {
		const { clock, runtime, peers } = setUp(platform, (text) => (text === "ping" ? "pong" : null));
		const socket = new (failoverWebSocket({ endpoints, heartbeat, runtime }))(A);
		const seen = record(socket);
		await clock.advance(100);
		socket.send("ping");
		await clock.advance(500);
		expect(seen).toEqual(["open 1", "message 1 pong"]);
		peers[0]?.socket.send("pong");
		await clock.advance(100);
		expect(seen).toHaveLength(3);
	});

	it("looks at once when the environment says so", async () => {
		const { clock, network, lifecycle, runtime } = setUp(platform);
		const socket = new (failoverWebSocket({ endpoints, heartbeat, runtime }))(A);
		await clock.advance(100);
		network.halfOpen();
		lifecycle.wake("visible");
		await clock.advance(250);
		expect(socket.readyState).toBe(3);
	});

	it("closes a link whose peer is gone within 3 s, with one event, and never inside the call", async () => {
		const { clock, network, runtime } = setUp(platform);
		const socket = new (failoverWebSocket({ endpoints, runtime }))(A);
		await clock.advance(100);
		const seen = record(socket);
		network.partition(A);
		socket.close(3_000, "bye");
		expect([socket.readyState, seen]).toEqual([2, []]);
		await clock.advance(3_000);
		expect(seen).toEqual(["close 3 1006"]);
		await clock.advance(60_000);
		expect(seen).toHaveLength(1);
	});

	it("dials nobody else once it is closed, whatever comes late", async () => {
		const { clock, network, runtime, dialled } = setUp(platform);
		network.latency(50);
		const socket = new (failoverWebSocket({ endpoints, runtime }))(A);
		const seen = record(socket);
		await clock.advance(60);
		socket.close();
		await clock.advance(60_000);
		expect([seen, dialled.length]).toEqual([["error 3", "close 3 1006"], 1]);
	});
});

describe("failoverWebSocket", () => {
	it("waits as long as a server asks its clients to, whichever socket of the class was told", async () => {
		const { clock, network, runtime, dialled } = setUp("node");
		const refusal = network.serve(A, {
			request: () => Promise.reject(new Error()),
			upgrade: () => ({ type: "refuse", status: 429, retryAfterMs: 5_000 }),
		});
		const WebSocket = failoverWebSocket({ endpoints, runtime });
		const seen = record(new WebSocket(A));
		await clock.advance(100);
		// Overload is not passed on to the backup.
		expect(seen).toEqual(["error 3", "close 3 1006"]);
		dispose(refusal);
		const second = new WebSocket(A);
		await clock.advance(4_800);
		expect([second.readyState, dialled]).toEqual([0, []]);
		await clock.advance(2_000);
		expect(second.readyState).toBe(1);
	});

	it("follows a source of endpoints, and keeps the last list where the new one makes no sense", async () => {
		const { clock, runtime, dialled } = setUp();
		const list = new Cell<readonly Endpoint[]>([{ url: A }], () => undefined);
		const WebSocket = failoverWebSocket({ endpoints: { endpoints: list }, runtime });
		const reported = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => undefined);
		list.set([]);
		new WebSocket(A);
		expect(reported).toHaveBeenCalledTimes(1);
		reported.mockRestore();
		await clock.advance(100);
		list.set([{ url: B }]);
		new WebSocket(A);
		await clock.advance(100);
		expect(dialled).toEqual([A, B]);
	});

	it("goes to the next endpoint where the platform refuses a URL", async () => {
		const { clock, runtime } = setUp();
		const Native = runtime.WebSocket;
		const strict = {
			...runtime,
			WebSocket: class extends Native {
				constructor(url: string) {
					if (url === A) throw new DOMException("mixed content", "SecurityError");
					super(url);
				}
			},
		};
		const socket = new (failoverWebSocket({ endpoints, runtime: strict }))(A);
		await clock.advance(100);
		expect(socket.readyState).toBe(1);
	});

	it.each([
		["no endpoints", { endpoints: [] }],
		["an HTTP endpoint", { endpoints: ["https://a.test"] }],
		["an endpoint with credentials", { endpoints: ["wss://me:secret@a.test"] }],
		["an endpoint with a fragment", { endpoints: ["wss://a.test/#x"] }],
		["text for endpoints", { endpoints: "wss://a.test" as never }],
		["a negative deadline", { endpoints, reconnect: { dialTimeoutMs: -1 } }],
		["no number for a deadline", { endpoints, reconnect: { dialTimeoutMs: Number.NaN } }],
		["a heartbeat that can't ask", { endpoints, heartbeat: {} as never }],
		["a heartbeat without patience", { endpoints, heartbeat: { ...heartbeat, idleMs: Infinity } }],
	] satisfies [string, FailoverOptions][])("refuses %s at the call", (_, options) => {
		expect(() => failoverWebSocket(options)).toThrow(
			expect.objectContaining({ name: "RealtimeError", code: "invalid-option" }),
		);
	});

	it("does not see what becomes of its options afterwards, and takes frozen ones and ones without prototype", async () => {
		const { clock, runtime, dialled } = setUp();
		const list = [A];
		const options = Object.assign(Object.create(null), { endpoints: list, runtime });
		const WebSocket = failoverWebSocket(Object.freeze(options));
		list[0] = B;
		new WebSocket(A);
		await clock.advance(100);
		expect(dialled).toEqual([A]);
	});

	it("logs endpoints without their query, where a ticket may be", async () => {
		const { clock, runtime } = setUp();
		const logged: unknown[] = [];
		const log = (event: string, fields?: object): unknown => logged.push([event, fields]);
		const logger = { debug: log, info: log, warn: log, error: log } as never;
		const secret = `${A}?ticket=${CANARY_TOKEN}`;
		new (failoverWebSocket({ endpoints: [secret], runtime: { ...runtime, logger } }))(secret);
		await clock.advance(100);
		expect(logged).toHaveLength(2);
		expect(JSON.stringify(logged)).not.toContain(CANARY_TOKEN);
	});
});
