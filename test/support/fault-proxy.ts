/*
 * A TCP proxy that fails on demand: what stands between a client and its server in tests on real
 * sockets. It knows no protocol. `up` is from the client to the server.
 *
 *   client ⇄ [ pass · hang · refuse ] ⇄ server      live links: reset · fin · mute · strand · delay · drip · idle
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { ASYNC_DISPOSE } from "../../src/reactive/disposable.js";

export type Direction = "up" | "down";

/** What happens to bytes on their way; all of it can be changed while links live. */
export interface FaultProxyOptions {
	/** Added to every byte's way, in each direction. @default 0 */
	readonly latencyMs?: number;
	/** Bytes a second and direction; 0: no limit. @default 0 */
	readonly dripRate?: number;
	/** A link without traffic for as long is forgotten, and its next byte answered with a reset; 0: never. @default 0 */
	readonly idleMs?: number;
}

export class FaultProxy {
	latencyMs: number;
	dripRate: number;
	idleMs: number;
	/** Connections accepted since the start. */
	connections = 0;
	/** Bytes that came out at the other end. */
	readonly bytes: Record<Direction, number> = { up: 0, down: 0 };
	readonly #muted = new Set<Direction>();
	readonly #links = new Set<ProxiedLink>();
	readonly #swallowed = new Set<Socket>();
	readonly #target: number;
	#server: Server | undefined;
	#port = 0;
	#isHanging = false;

	constructor(target: number, options: FaultProxyOptions = {}) {
		this.#target = target;
		this.latencyMs = options.latencyMs ?? 0;
		this.dripRate = options.dripRate ?? 0;
		this.idleMs = options.idleMs ?? 0;
	}

	/** Of 127.0.0.1, where clients dial; the same for the proxy's whole life. */
	get port(): number {
		return this.#port;
	}

	/** Links that live now, the swallowed ones among them. */
	get open(): number {
		return this.#links.size + this.#swallowed.size;
	}

	/** Heals: new connections pass, muted links go on where they stopped. */
	async pass(): Promise<void> {
		this.#isHanging = false;
		this.#muted.clear();
		for (const link of this.#links) link.listen();
		await this.#listen();
	}

	/** New connections are refused by the system. Live ones stay. */
	async refuse(): Promise<void> {
		const server = this.#server;
		this.#server = undefined;
		if (server === undefined) return;
		// Resolves when the last live connection has ended, which may be never: nobody waits for that.
		await new Promise<void>((resolve) => {
			server.close();
			setImmediate(resolve);
		});
	}

	/** New connections are accepted, and nothing else happens to them. */
	hang(): void {
		this.#isHanging = true;
	}

	/** A black hole for live and new links: they stay open, nothing comes through, not even their end. */
	mute(...directions: readonly Direction[]): void {
		for (const direction of directions.length > 0 ? directions : (["up", "down"] as const))
			this.#muted.add(direction);
		for (const link of this.#links) link.listen();
	}

	/** Live links carry nothing any more, for good, and stay open; new ones pass: a NAT has forgotten them. */
	strand(): void {
		for (const link of this.#links) link.strand();
	}

	/** Cuts every live link with a reset. */
	reset(): void {
		for (const link of this.#links) link.reset();
		for (const socket of this.#swallowed) socket.resetAndDestroy();
	}

	/** Ends every live link in the orderly way. */
	fin(): void {
		for (const link of this.#links) link.fin();
		for (const socket of this.#swallowed) socket.end();
	}

	isMuted(direction: Direction): boolean {
		return this.#muted.has(direction);
	}

	async #listen(): Promise<void> {
		if (this.#server !== undefined) return;
		const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(this.#port, "127.0.0.1", resolve);
		});
		this.#server = server;
		const address = server.address();
		if (typeof address === "object" && address !== null) this.#port = address.port;
	}

	#accept(client: Socket): void {
		this.connections++;
		if (this.#isHanging) {
			this.#swallowed.add(client);
			client.resume();
			client.on("end", () => client.end());
			client.on("error", () => {});
			client.on("close", () => this.#swallowed.delete(client));
			return;
		}
		const server = dial({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
		const link = new ProxiedLink(this, client, server, () => this.#links.delete(link));
		this.#links.add(link);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		await this.refuse();
		this.reset();
	}
}

/** A proxy before a server of this machine, ready to be dialled. */
export async function createFaultProxy(
	target: number,
	options?: FaultProxyOptions,
): Promise<FaultProxy> {
	const proxy = new FaultProxy(target, options);
	await proxy.pass();
	return proxy;
}

/** Both halves of one connection. */
class ProxiedLink {
	readonly #proxy: FaultProxy;
	readonly #lanes: readonly Lane[];
	readonly #sockets: readonly Socket[];
	readonly #ended: () => void;
	#isForgotten = false;
	#idle: NodeJS.Timeout | undefined;

	constructor(proxy: FaultProxy, client: Socket, server: Socket, ended: () => void) {
		this.#proxy = proxy;
		this.#ended = ended;
		this.#sockets = [client, server];
		const touched = (): void => this.#touch();
		this.#lanes = [
			new Lane(proxy, "up", client, server, touched),
			new Lane(proxy, "down", server, client, touched),
		];
		for (const socket of this.#sockets) socket.on("close", () => this.#settle());
		this.listen();
		this.#touch();
	}

	/** Reads, or stops reading, as the proxy says now. */
	listen(): void {
		for (const lane of this.#lanes) lane.listen();
	}

	strand(): void {
		for (const lane of this.#lanes) lane.isStranded = true;
		this.listen();
	}

	reset(): void {
		for (const socket of this.#sockets) socket.resetAndDestroy();
	}

	fin(): void {
		for (const socket of this.#sockets) socket.end();
	}

	#touch(): void {
		clearTimeout(this.#idle);
		if (this.#isForgotten) this.reset();
		else if (this.#proxy.idleMs > 0)
			this.#idle = setTimeout(() => {
				this.#isForgotten = true;
			}, this.#proxy.idleMs).unref();
	}

	#settle(): void {
		if (this.#sockets.some((socket) => !socket.destroyed)) return;
		clearTimeout(this.#idle);
		this.#ended();
	}
}

const MOST_WAITING = 65_536;

type Parcel = { readonly at: number; readonly bytes: Buffer | "end" | "reset" };

/** One direction of one connection: a queue of what has come in and is not yet due at the other end. */
class Lane {
	/** Nothing comes through, whatever the proxy does from now on. */
	isStranded = false;
	readonly #proxy: FaultProxy;
	readonly #direction: Direction;
	readonly #from: Socket;
	readonly #to: Socket;
	readonly #queue: Parcel[] = [];
	#waitingBytes = 0;
	/** When a slow line may take the next part. */
	#freeAt = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(
		proxy: FaultProxy,
		direction: Direction,
		from: Socket,
		to: Socket,
		touched: () => void,
	) {
		this.#proxy = proxy;
		this.#direction = direction;
		this.#from = from;
		this.#to = to;
		from.setNoDelay(true);
		from.on("data", (bytes) => {
			touched();
			this.#take(bytes);
		});
		from.on("end", () => this.#take("end"));
		from.on("error", () => this.#take("reset"));
		to.on("drain", () => this.listen());
	}

	/** Reads on, unless it may not, or as much waits here as a kernel would hold. */
	listen(): void {
		const waiting = this.#waitingBytes + this.#to.writableLength;
		if (this.#isMuted || waiting > MOST_WAITING) this.#from.pause();
		else this.#from.resume();
		this.#forward();
	}

	get #isMuted(): boolean {
		return this.isStranded || this.#proxy.isMuted(this.#direction);
	}

	#take(bytes: Parcel["bytes"]): void {
		this.#queue.push({ at: performance.now() + this.#proxy.latencyMs, bytes });
		this.#waitingBytes += typeof bytes === "string" ? 0 : bytes.length;
		this.listen();
	}

	/** Hands on what is due, in order, and comes back for the rest. */
	#forward(): void {
		clearTimeout(this.#timer);
		while (!this.#isMuted) {
			const next = this.#queue[0];
			if (next === undefined) return;
			const waitMs = Math.max(next.at, this.#freeAt) - performance.now();
			if (waitMs > 0) {
				this.#timer = setTimeout(() => this.listen(), Math.ceil(waitMs)).unref();
				return;
			}
			this.#queue.shift();
			this.#hand(next.bytes);
		}
	}

	#hand(bytes: Parcel["bytes"]): void {
		if (this.#to.destroyed) return;
		if (bytes === "end") this.#to.end();
		else if (bytes === "reset") this.#to.resetAndDestroy();
		else this.#write(bytes);
	}

	/** On a slow line, a hundredth of a second's worth; the rest is due a little later. */
	#write(bytes: Buffer): void {
		const { dripRate } = this.#proxy;
		const size = dripRate > 0 ? Math.max(1, Math.round(dripRate / 100)) : bytes.length;
		const part = bytes.subarray(0, size);
		if (dripRate > 0) this.#freeAt = performance.now() + (part.length / dripRate) * 1_000;
		if (part.length < bytes.length) this.#queue.unshift({ at: 0, bytes: bytes.subarray(size) });
		this.#waitingBytes -= part.length;
		this.#proxy.bytes[this.#direction] += part.length;
		if (this.#to.writable) this.#to.write(part);
	}
}
