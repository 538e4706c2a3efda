/*
 * An L4 pass-through balancer, as AWS's NLB: TCP in, TCP out, byte for byte, TLS untouched. What it does
 * to connections can be changed while they live.
 *
 *                 newcomers (`door`)              who is connected (`links`)
 *    open         pass                pass        pass
 *    reset        a reset before      black-hole  silent both ways, no end; what waited arrives later
 *                 any byte of TLS     half-open   the target's side is reset, the client's looks open
 *    silent       accepted, no more
 *    closed       refused by the system
 *
 * Beside these: a delay each way, a share of connections that are lost (they fall silent), a reset of
 * all, and the idle time after which a flow is forgotten and its next byte answered with a reset.
 */
import { connect, type Socket } from "node:net";
import { TcpLink } from "./tcp/link.js";
import { TcpPort } from "./tcp/port.js";
import { reset } from "./tcp/reset.js";

export interface Conditions {
	readonly door: "open" | "reset" | "silent" | "closed";
	readonly links: "pass" | "black-hole" | "half-open";
	/** Added to every byte's way, in each direction. */
	readonly delayMs: number;
	/** Of connections, from 0 to 1: those that come, and, when it changes, those that are here. */
	readonly lossShare: number;
}

export const HEALTHY: Conditions = { door: "open", links: "pass", delayMs: 0, lossShare: 0 };

export interface Target {
	readonly host: string;
	readonly port: number;
}

export interface BalancerOptions {
	/** Where a connection goes, asked for each; null: nobody is there, and it is reset. */
	readonly target: () => Target | null;
	/** @default "127.0.0.1" */
	readonly host?: string;
	/** 0: any that is free. @default 0 */
	readonly port?: number;
	/** NLB's own. @default 350_000 */
	readonly idleMs?: number;
	/** @default 10_000 */
	readonly maxConnections?: number;
	/** Uniform in [0, 1): which connections are lost. @default Math.random */
	readonly random?: () => number;
}

export class Balancer {
	/** Bytes that came out at the other end; up: to the targets. */
	readonly bytes = { up: 0, down: 0 };
	/** Connections accepted since the start. */
	accepted = 0;
	readonly #options: BalancerOptions;
	readonly #port: TcpPort;
	readonly #flows = new Set<Flow>();
	#conditions: Conditions = HEALTHY;

	constructor(options: BalancerOptions) {
		this.#options = options;
		const { host = "127.0.0.1", maxConnections = 10_000 } = options;
		const accept = (client: Socket): void => this.#accept(client);
		this.#port = new TcpPort({ host, maxConnections, accept });
	}

	get host(): string {
		return this.#port.host;
	}

	/** The same for its whole life; 0 before it has begun. */
	get port(): number {
		return this.#port.number;
	}

	/** Connections of clients that live now. */
	get connections(): number {
		return this.#port.connections;
	}

	/** Those of them that have lasted so long. */
	lasting(ms: number): number {
		const since = performance.now() - ms;
		let lasting = 0;
		for (const { openedAt } of this.#flows) if (openedAt <= since) lasting += 1;
		return lasting;
	}

	get conditions(): Conditions {
		return this.#conditions;
	}

	/** Rejects with the system's error if the port is taken. */
	start(): Promise<void> {
		return this.#port.open(this.#options.port ?? 0);
	}

	/** What is not named stays as it is. Rejects if the port was closed and somebody has taken it. */
	async change(changes: Partial<Conditions>): Promise<void> {
		const before = this.#conditions;
		const now = { ...before, ...changes };
		if (!(now.delayMs >= 0) || !(now.lossShare >= 0 && now.lossShare <= 1))
			throw new RangeError(`No such conditions: ${JSON.stringify(changes)}`);
		this.#conditions = now;
		const isLossNew = now.lossShare !== before.lossShare;
		for (const flow of this.#flows) {
			if (isLossNew) flow.isLost = this.#isLost();
			flow.heed(now);
		}
		if (now.door === "closed") this.#port.shut();
		else if (before.door === "closed") await this.#port.open();
	}

	heal(): Promise<void> {
		return this.change(HEALTHY);
	}

	/** Cuts all connections that live now. Newcomers fare as before. */
	reset(): void {
		for (const flow of this.#flows) flow.reset();
	}

	/** Resolves when the port is free and all connections are gone. */
	async stop(): Promise<void> {
		for (const flow of this.#flows) flow.reset();
		await this.#port.close();
	}

	#isLost(): boolean {
		const { lossShare } = this.#conditions;
		return lossShare > 0 && (this.#options.random ?? Math.random)() < lossShare;
	}

	#accept(client: Socket): void {
		this.accepted++;
		if (this.#conditions.door === "reset") return void reset(client);
		const { target, idleMs = 350_000 } = this.#options;
		const flow = new Flow({
			client,
			target,
			idleMs,
			delayMs: () => this.#conditions.delayMs,
			moved: (direction, bytes) => {
				this.bytes[direction] += bytes;
			},
			ended: () => this.#flows.delete(flow),
		});
		flow.isLost = this.#isLost();
		this.#flows.add(flow);
		flow.begin(this.#conditions);
	}
}

interface FlowOptions {
	readonly client: Socket;
	readonly target: BalancerOptions["target"];
	readonly idleMs: number;
	readonly delayMs: () => number;
	readonly moved: (direction: "up" | "down", bytes: number) => void;
	readonly ended: () => void;
}

/** A connection, from its acceptance on; it has a link once it has a target. */
class Flow {
	isLost = false;
	readonly openedAt = performance.now();
	readonly #options: FlowOptions;
	readonly #idle: NodeJS.Timeout;
	#link: TcpLink | null = null;
	#isHalfOpen = false;
	#isIdle = false;

	constructor(options: FlowOptions) {
		this.#options = options;
		this.#idle = setTimeout(() => {
			this.#isIdle = true;
		}, options.idleMs);
		options.client.on("close", () => {
			clearTimeout(this.#idle);
			if (this.#link === null) options.ended();
		});
	}

	begin({ door, links }: Conditions): void {
		const isSilent = door === "silent" || links === "black-hole" || this.isLost;
		if (!isSilent) this.#connect();
	}

	heed({ door, links }: Conditions): void {
		if (links === "half-open") return this.#forget();
		if (this.isLost || links === "black-hole") this.#link?.silence();
		else if (this.#link !== null) this.#link.resume();
		else if (door !== "silent") this.#connect();
	}

	reset(): void {
		if (this.#link === null) reset(this.#options.client);
		else this.#link.reset();
	}

	/** Once; and one that never reached a target has no other side. */
	#forget(): void {
		if (this.#isHalfOpen || this.#link === null) return;
		this.#isHalfOpen = true;
		this.#link.forget();
	}

	#connect(): void {
		const { client, target, delayMs, ended } = this.#options;
		const address = target();
		if (address === null || client.destroyed) return void reset(client);
		const socket = connect({ ...address, allowHalfOpen: true, noDelay: true });
		const moved: FlowOptions["moved"] = (direction, bytes) => {
			this.#touch();
			this.#options.moved(direction, bytes);
		};
		this.#link = new TcpLink({ client, target: socket, delayMs, moved, ended });
	}

	#touch(): void {
		if (this.#isIdle) this.reset();
		else this.#idle.refresh();
	}
}
