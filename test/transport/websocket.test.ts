import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SUBPROTOCOL } from "../../src/protocol/frames.js";
import type { WebSocketConstructor } from "../../src/runtime/runtime.js";
import { systemRuntime } from "../../src/runtime/system.js";
import { createVirtualClock } from "../../src/testing/virtual-clock.js";
import type { Transport, TransportFacts } from "../../src/transport/transport.js";
import { openWebSocket } from "../../src/transport/websocket.js";

/** A browser's WebSocket, as far as a transport can tell. */
class BrowserSocket extends EventTarget {
	static last: BrowserSocket;
	readyState = 0;
	protocol = "";
	bufferedAmount = 0;
	binaryType = "blob";
	readonly sent: string[] = [];
	readonly closes: unknown[][] = [];
	readonly listeners = new Map<string, number>();
	readonly asked: readonly unknown[];

	constructor(...asked: readonly unknown[]) {
		super();
		this.asked = asked;
		BrowserSocket.last = this;
	}

	send(data: string): void {
		if (this.readyState === 0) throw new DOMException("still connecting", "InvalidStateError");
		this.sent.push(data);
	}

	close(...args: unknown[]): void {
		this.closes.push(args);
		this.readyState = 2;
	}

	override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
		this.listeners.set(args[0], (this.listeners.get(args[0]) ?? 0) + 1);
		super.addEventListener(...args);
	}

	override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
		this.listeners.set(args[0], (this.listeners.get(args[0]) ?? 0) - 1);
		super.removeEventListener(...args);
	}

	tell(type: string, fields: object = {}): void {
		this.dispatchEvent(Object.assign(new Event(type), fields));
	}

	accept(protocol = SUBPROTOCOL): void {
		this.readyState = 1;
		this.protocol = protocol;
		this.tell("open");
	}

	end(code: number, reason = ""): void {
		this.readyState = 3;
		this.tell("close", { code, reason });
	}
}

function scene(WebSocket: unknown = BrowserSocket) {
	const facts: unknown[][] = [];
	const clock = createVirtualClock();
	const listener: TransportFacts = {
		opened: () => facts.push(["opened"]),
		received: (data) => facts.push(["received", data]),
		closed: (end) => facts.push(["closed", end]),
	};
	const runtime = systemRuntime({ WebSocket: WebSocket as WebSocketConstructor, clock });
	const transport: Transport = openWebSocket({ url: "wss://a.example/live" }, listener, runtime);
	return { facts, clock, transport, socket: BrowserSocket.last };
}

function opened() {
	const all = scene();
	all.socket.accept();
	all.facts.length = 0;
	return all;
}

describe("a WebSocket transport", () => {
	it("dials the endpoint with our subprotocol, and receives no blobs", () => {
		const { socket } = scene();
		expect(socket.asked.slice(0, 2)).toEqual(["wss://a.example/live", "holdfast.v1"]);
		expect(socket.binaryType).toBe("arraybuffer");
	});

	it("asks `ws` for no deflate, no redirects and a cap, and the browser ignores it", () => {
		expect(scene().socket.asked[2]).toEqual({
			perMessageDeflate: false,
			maxPayload: 16_777_216,
			followRedirects: false,
		});
	});

	it("tells what happens, in order", () => {
		const { socket, facts } = scene();
		socket.accept();
		socket.tell("message", { data: "one" });
		socket.tell("message", { data: "two" });
		socket.end(1012, '{"w":90000}');
		expect(facts).toEqual([
			["opened"],
			["received", "one"],
			["received", "two"],
			["closed", { code: 1012, reason: '{"w":90000}', opened: true }],
		]);
	});

	it("sends, and says what has not left yet", () => {
		const { socket, transport } = opened();
		socket.bufferedAmount = 7;
		transport.send("hello");
		expect([socket.sent, transport.bufferedBytes]).toEqual([["hello"], 7]);
	});

	it.each([0, 2, 3])("drops what is sent in ready state %d: nothing can be promised", (state) => {
		const { socket, transport } = scene();
		socket.readyState = state;
		transport.send("hello");
		expect(socket.sent).toEqual([]);
	});

	it("waits for a browser's close, which says more than its error", () => {
		const { socket, facts } = scene();
		socket.tell("error");
		expect(facts).toEqual([]);
		socket.end(1006);
		expect(facts).toEqual([["closed", { code: 1006, reason: "", opened: false }]]);
	});

	it("tells the end once, whatever follows", () => {
		const { socket, facts } = opened();
		socket.end(1006);
		socket.end(1000);
		socket.tell("message", { data: "late" });
		expect(facts).toHaveLength(1);
	});
});

describe("a peer that does not speak our protocol", () => {
	it("is hung up on when it sends a binary message", () => {
		const { socket, facts } = opened();
		socket.tell("message", { data: new ArrayBuffer(3) });
		expect(facts).toEqual([["closed", { code: 4400, reason: "binary", opened: true }]]);
		expect(socket.closes).toEqual([[4400, "binary"]]);
	});

	it.each(["", "graphql-ws"])("is hung up on when it chose the subprotocol %j", (protocol) => {
		const { socket, facts } = scene();
		socket.accept(protocol);
		expect(facts).toEqual([["closed", { code: 4400, reason: "subprotocol", opened: false }]]);
		expect(socket.closes).toEqual([[4400, "subprotocol"]]);
	});
});

describe("close()", () => {
	it("detaches at once: no fact follows, and nothing of ours is kept alive by the socket", () => {
		const { socket, facts, transport } = opened();
		transport.close(1000, "done");
		socket.tell("message", { data: "late" });
		socket.tell("error");
		socket.end(1006);
		expect(facts).toEqual([]);
		// One stays that does nothing: `ws` throws an error that nobody listens for.
		expect(Object.fromEntries(socket.listeners)).toEqual({
			open: 0,
			message: 0,
			close: 0,
			error: 1,
		});
	});

	it("closes once", () => {
		const { socket, transport } = opened();
		transport.close(1000, "done");
		transport.close(4400, "again");
		expect(socket.closes).toEqual([[1000, "done"]]);
	});

	it("gives a dial up, also before it has opened", () => {
		const { socket, facts, transport } = scene();
		transport.close(1000, "changed our mind");
		socket.accept();
		expect([facts, socket.closes]).toEqual([[], [[1000, "changed our mind"]]]);
	});

	it("does nothing to a socket that has closed by itself", () => {
		const { socket, transport, clock } = opened();
		socket.end(1006);
		transport.close(1000, "");
		expect([socket.closes, clock.pending]).toEqual([[], []]);
	});

	it.each([
		[1000, 1000],
		[3000, 3000],
		[4410, 4410],
		[4999, 4999],
		[999, 1000],
		[1001, 1000],
		[1006, 1000],
		[2999, 1000],
		[5000, 1000],
		[Number.NaN, 1000],
	])("with code %d sends %d: what a client may", (code, sent) => {
		const { socket, transport } = opened();
		transport.close(code, "");
		expect(socket.closes).toEqual([[sent, ""]]);
	});

	it("sends no more of a reason than a close frame holds", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 200 }), (reason) => {
				const { socket, transport } = opened();
				transport.close(1000, reason);
				const sent = String(socket.closes[0]?.[1]);
				const bytes = new TextEncoder().encode(sent).length;
				expect(bytes).toBeLessThanOrEqual(123);
				expect(reason.startsWith(sent)).toBe(true);
				if (reason.length <= 41) expect(sent).toBe(reason);
			}),
			{ seed: 7, numRuns: 500 },
		);
	});
});

describe("a URL that the platform refuses", () => {
	class Refusing {
		constructor() {
			throw new DOMException("mixed content", "SecurityError");
		}
	}

	it("ends the dial a little later, like every other failure", async () => {
		const { facts, transport } = scene(Refusing);
		expect(facts).toEqual([]);
		expect(transport.bufferedBytes).toBe(0);
		transport.send("nobody hears it");
		await Promise.resolve();
		expect(facts).toEqual([["closed", { code: 1006, reason: "SecurityError", opened: false }]]);
	});

	it("says nothing to one who has given up by then", async () => {
		const { facts, transport } = scene(Refusing);
		transport.close(1000, "");
		await Promise.resolve();
		expect(facts).toEqual([]);
	});
});
