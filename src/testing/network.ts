import { DISPOSE } from "../reactive/disposable.js";
import type { Clock, WebSocketConstructor } from "../runtime/runtime.js";
import { Connection } from "./connection.js";
import { Exchange } from "./exchange.js";
import type { SimulatedHost } from "./host.js";
import type { Weather } from "./lane.js";
import { createLifecycle, type SimulatedLifecycle } from "./lifecycle.js";
import { type Direction, once, Route, type Traffic } from "./route.js";
import { type Platform, SimulatedSocket } from "./socket.js";

/**
 * The network of one device, and everything that can happen to it. It behaves as TCP does: what is
 * sent arrives in order or not at all, a black hole delays what is under way until it closes (and
 * ends it after 30 s), a reset loses it.
 *
 * Endpoints are named by URL; the host and port count, so `wss://a.test` and `https://a.test` are one.
 */
export interface SimulatedNetwork {
	/** The device loses its network and knows: new connections fail at once, open ones go silent. Wakes with "offline". */
	offline(): void;
	/** The network is back, with the address it had: connections that nobody gave up go on. Wakes with "online". */
	online(): void;
	/**
	 * What is open, or open with one endpoint, stays open and never carries anything again: the peer
	 * lost its power, a NAT forgot, the device has another address. Returns how many.
	 */
	halfOpen(endpoint?: string): number;
	/** One way, for everything sent from now on. Order is kept within a connection. @default 5, no jitter */
	latency(ms: number, jitterMs?: number): void;
	/** The share of packets that the network drops, in [0, 1): what was in them comes 200 ms later, or 400, or 800. @default 0 */
	loss(rate: number): void;
	/** Nothing reaches this endpoint and nothing comes from it, until disposed. */
	partition(endpoint: string): Disposable;
	/** The same one way: the other side hears, and is not heard. */
	blackHole(endpoint: string, direction: Direction): Disposable;
	/** New connections are refused at once: nothing listens there. Open ones live. */
	refuse(endpoint: string): Disposable;
	/** New connections get no answer at all, not even after the fault is over. Open ones live. */
	hang(endpoint: string): Disposable;
	/** What passes a second, for everything sent from now on; Infinity for no limit. */
	bandwidth(endpoint: string, bytesPerSecond: number, direction?: Direction): void;
	/** Cuts all that is open, or all with one endpoint: both ends are told, what is under way is lost. Returns how many. */
	reset(endpoint?: string): number;
	/** Connections open or opening, HTTP requests under way. */
	readonly open: number;
}

/** A network with its two ends: what a client's runtime takes, and where hosts are put. */
export interface NetworkStack extends SimulatedNetwork {
	/** For `runtime.WebSocket`: dials through this network. */
	readonly WebSocket: WebSocketConstructor;
	readonly fetch: typeof fetch;
	/** For `runtime.lifecycle`: knows when the network is gone. */
	readonly lifecycle: SimulatedLifecycle;
	/** Puts a host behind a URL, in the place of the one that was there. Disposed, nothing listens there. */
	serve(endpoint: string, host: SimulatedHost): Disposable;
	/** The program dies: no event reaches it any more, its kernel sends what it has and hangs up. */
	crash(): void;
}

/** What `createNetwork` takes. */
export interface NetworkOptions {
	/** Carries everything: nothing moves but when it does. */
	readonly clock: Clock;
	/** Draws the jitter. */
	readonly random: () => number;
	/** @default a lifecycle of its own */
	readonly lifecycle?: SimulatedLifecycle;
	/** Whose WebSocket it imitates where they differ. @default "browser" */
	readonly platform?: Platform;
	/** Round trips of TCP and TLS before an upgrade arrives, its own included. @default 3 */
	readonly handshakeRoundTrips?: number;
	/** What a kernel buffers of each direction of a connection, before it shows as `bufferedAmount`. @default 65536 */
	readonly kernelBytes?: number;
}

/** The network of one device on a clock of your own. `createHarness` brings one. */
export function createNetwork(options: NetworkOptions): NetworkStack {
	return new DeviceNetwork(options);
}

class DeviceNetwork implements NetworkStack {
	readonly WebSocket: WebSocketConstructor;
	readonly fetch: typeof fetch;
	readonly lifecycle: SimulatedLifecycle;
	readonly #options: Required<NetworkOptions>;
	readonly #routes = new Map<string, Route>();
	readonly #weather: Weather;
	#isOffline = false;
	#latencyMs = 5;
	#jitterMs = 0;
	#loss = 0;

	constructor(options: NetworkOptions) {
		this.lifecycle = options.lifecycle ?? createLifecycle();
		this.#options = {
			platform: "browser",
			handshakeRoundTrips: 3,
			kernelBytes: 65_536,
			...options,
			lifecycle: this.lifecycle,
		};
		this.#weather = {
			isOffline: () => this.#isOffline,
			delayMs: () => this.#delayMs(),
			kernelBytes: this.#options.kernelBytes,
		};
		const dial = this.#dial.bind(this);
		this.WebSocket = class extends SimulatedSocket {
			constructor(url: string, protocols: string | readonly string[] = []) {
				super(url, options.clock, options.platform ?? "browser");
				dial(this, url, [protocols].flat());
			}
		};
		this.fetch = (input, init) => this.#request(new Request(input, init));
	}

	get open(): number {
		let count = 0;
		for (const route of this.#routes.values()) count += route.traffic.size;
		return count;
	}

	serve(endpoint: string, host: SimulatedHost): Disposable {
		const route = this.#route(endpoint);
		route.host = host;
		return once(() => {
			if (route.host === host) route.host = null;
		});
	}

	offline(): void {
		if (this.#isOffline) return;
		this.#isOffline = true;
		this.lifecycle.setOnline("offline");
	}

	online(): void {
		if (!this.#isOffline) return;
		this.#isOffline = false;
		for (const route of this.#routes.values()) {
			for (const lane of route.lanes("both")) lane.resume();
		}
		this.lifecycle.setOnline("online");
	}

	halfOpen(endpoint?: string): number {
		return this.#strike(endpoint, (each) => each.vanish());
	}

	reset(endpoint?: string): number {
		return this.#strike(endpoint, (each) => each.reset());
	}

	crash(): void {
		this.#strike(undefined, (each) => each.abandon());
	}

	latency(ms: number, jitterMs = 0): void {
		this.#latencyMs = ms;
		this.#jitterMs = jitterMs;
	}

	loss(rate: number): void {
		if (!(rate >= 0 && rate < 1)) throw new RangeError(`A loss of ${rate} is not in [0, 1)`);
		this.#loss = rate;
	}

	partition(endpoint: string): Disposable {
		return this.blackHole(endpoint, "both");
	}

	blackHole(endpoint: string, direction: Direction): Disposable {
		const stalls = this.#route(endpoint)
			.lanes(direction)
			.map((lane) => lane.stall());
		return once(() => {
			for (const stall of stalls) stall[DISPOSE]();
		});
	}

	refuse(endpoint: string): Disposable {
		return this.#route(endpoint).refuse();
	}

	hang(endpoint: string): Disposable {
		return this.#route(endpoint).hang();
	}

	bandwidth(endpoint: string, bytesPerSecond: number, direction: Direction = "both"): void {
		for (const lane of this.#route(endpoint).lanes(direction)) {
			lane.bytesPerMs = bytesPerSecond / 1_000;
		}
	}

	#strike(endpoint: string | undefined, fault: (each: Traffic) => void): number {
		const routes = endpoint === undefined ? [...this.#routes.values()] : [this.#route(endpoint)];
		const struck = routes.flatMap((route) => [...route.traffic]);
		for (const each of struck) fault(each);
		return struck.length;
	}

	/** Of one transit. What is not switched on draws no number. */
	#delayMs(): number {
		const { random } = this.#options;
		let delayMs = this.#latencyMs + (this.#jitterMs > 0 ? this.#jitterMs * random() : 0);
		// A kernel resends after 200 ms, then waits twice as long each time.
		for (let waitMs = 200; this.#loss > 0 && random() < this.#loss; waitMs *= 2) delayMs += waitMs;
		return delayMs;
	}

	#route(endpoint: string): Route {
		const { host } = new URL(endpoint);
		let route = this.#routes.get(host);
		if (route === undefined) {
			route = new Route(this.#options.clock, this.#weather);
			this.#routes.set(host, route);
		}
		return route;
	}

	#dial(socket: SimulatedSocket, url: string, protocols: readonly string[]): void {
		if (!/^wss?:\/\//.test(url))
			throw new DOMException(`Not a WebSocket URL: ${url}`, "SyntaxError");
		const route = this.#route(url);
		if (this.#isOffline) {
			this.#options.clock.setTimeout(() => socket.failed(null), 0, "network");
			return;
		}
		const connection = new Connection(route, socket);
		socket.connect(connection);
		if (route.isHanging) return;
		const { host } = route;
		if (route.isRefusing || host === null) return connection.refuse();
		const upgrade = () => (route.host ?? host).upgrade({ url, protocols });
		connection.shakeHands(this.#options.handshakeRoundTrips, upgrade, protocols);
	}

	#request(request: Request): Promise<Response> {
		if (this.#isOffline) return Promise.reject(new TypeError("Failed to fetch"));
		return new Exchange(this.#route(request.url)).run(request);
	}
}
