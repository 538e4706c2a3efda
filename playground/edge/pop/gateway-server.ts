/*
 * A gateway of a PoP: `holdfast/server` on a port of its own, whose second life keeps its name.
 *
 *            kill                 drain                        the last has left
 *    up ───────────▶ down   up ─────────▶ draining ───────────────────────────▶ drained
 *    ▲                │                                                              │
 *    ╰── restore ─────┴──────────────────────────────────────────────────────────────╯
 *    deploy: up ──▶ up, by a new server; the old one says goodbye beside it
 */
import type { IncomingMessage } from "node:http";
import {
	createServer,
	type Identity,
	type MessageLog,
	type RealtimeServer,
	type ServerOptions,
} from "holdfast/server";
import type { Target } from "../balancer.js";
import type { GatewayState, Role } from "../control/contract.js";
import type { ArmName } from "../migration/contract.js";
import { type Attendance, isName } from "./attendance.js";
import { openRealtimePort, type RealtimePort } from "./realtime-port.js";
import { type Farewell, SocketWatch, type Visitor } from "./socket-watch.js";

export interface GatewayOptions {
	/** "DUB-1" */
	readonly name: string;
	readonly log: MessageLog;
	readonly attendance: Attendance;
	/** Asked for each new server. Null: no window is announced. */
	readonly acceptRate: () => number | null;
	readonly allowedOrigins: () => readonly string[];
	/** A socket was accepted. */
	readonly arrived: () => void;
}

const CLOSING_MS = 1_000;

interface Running extends RealtimePort {
	readonly server: RealtimeServer<IncomingMessage>;
	readonly watch: SocketWatch;
}

export class GatewayServer {
	readonly #options: GatewayOptions;
	#running: Running | null = null;
	readonly #leaving = new Set<Running>();
	#is: GatewayState["is"] = "down";
	readonly #closing = new Set<NodeJS.Timeout>();
	readonly #accepted: Record<ArmName, number> = { old: 0, new: 0 };

	constructor(options: GatewayOptions) {
		this.#options = options;
	}

	get state(): GatewayState {
		const { primary = 0, backup = 0 } = this.#running?.watch.sockets ?? {};
		let leaving = 0;
		for (const { watch } of this.#leaving) leaving += watch.sockets.primary + watch.sockets.backup;
		const { name } = this.#options;
		const accepted = this.#accepted.old + this.#accepted.new;
		return { name, is: this.#is, primary, backup, leaving, accepted };
	}

	/** Sockets of old servers too. */
	get sockets(): Readonly<Record<Role, number>> {
		const sum = (role: Role): number =>
			this.#all.reduce((total, { watch }) => total + watch.sockets[role], 0);
		return { primary: sum("primary"), backup: sum("backup") };
	}

	/** Of old servers too. */
	get visitors(): readonly Visitor[] {
		return this.#all.flatMap(({ watch }) => watch.visitors);
	}

	/** Sockets since the start, by the arm through which they came. */
	get accepted(): Readonly<Record<ArmName, number>> {
		return this.#accepted;
	}

	/** Who came through this arm is asked to leave. */
	goodbye(arm: ArmName, farewell: Farewell): void {
		for (const { watch } of this.#all) watch.goodbye(arm, farewell);
	}

	/** Where newcomers go; null: nowhere. */
	get target(): Target | null {
		if (this.#running === null || this.#is !== "up") return null;
		return this.#running.target;
	}

	/** A new server, if there is none that takes newcomers. */
	async start(): Promise<void> {
		if (this.#is === "up") return;
		this.#retire();
		this.#running = await this.#run();
		this.#is = "up";
	}

	/** Nobody says goodbye: connections are destroyed. */
	async kill(): Promise<void> {
		this.#is = "down";
		const all = this.#all;
		this.#leaving.clear();
		this.#running = null;
		for (const timer of this.#closing) clearTimeout(timer);
		await Promise.all(all.map(({ end }) => end()));
	}

	/** Resolves when the last has left. */
	async drain(withinMs: number): Promise<void> {
		const running = this.#running;
		if (running === null || this.#is !== "up") return;
		this.#is = "draining";
		await running.server.drain({ withinMs });
		if (this.#running === running && this.#is === "draining") this.#is = "drained";
	}

	/** Resolves when the old server has gone. */
	async deploy(withinMs: number): Promise<void> {
		const old = this.#running;
		if (old === null || this.#is !== "up") return;
		this.#leaving.add(old);
		this.#running = await this.#run();
		await old.server.drain({ withinMs, reason: "deploy" });
		if (this.#leaving.delete(old)) await old.end();
	}

	/** As after a crash that was announced: all links close with 1012, and over which window to come back. */
	async restart(): Promise<void> {
		const old = this.#running;
		if (old === null || this.#is !== "up") return;
		this.#leaving.add(old);
		this.#running = await this.#run();
		await old.server[Symbol.asyncDispose]();
		// Whoever doesn't answer the close is gone all the same.
		const timer = setTimeout(() => {
			if (this.#leaving.delete(old)) void old.end();
		}, CLOSING_MS);
		this.#closing.add(timer);
	}

	get #all(): readonly Running[] {
		return [...this.#leaving, ...(this.#running === null ? [] : [this.#running])];
	}

	/** One that was left, and waits for nobody. */
	#retire(): void {
		const old = this.#running;
		this.#running = null;
		if (old !== null) void old.end();
	}

	async #run(): Promise<Running> {
		const { log, attendance, acceptRate, allowedOrigins, arrived } = this.#options;
		const rate = acceptRate();
		const watch = new SocketWatch(({ arm }) => {
			this.#accepted[arm] += 1;
			arrived();
		});
		const options: ServerOptions<IncomingMessage> = {
			log,
			authorize: ({ token, context }) => {
				const identity = authorize(token, attendance);
				if (identity !== null) watch.admitted(context, identity.id);
				return identity;
			},
			allowedOrigins: allowedOrigins(),
			...(rate === null ? {} : { acceptRate: rate }),
		};
		const server = watch.over(createServer(options));
		const port = await openRealtimePort(server);
		const end = async (): Promise<void> => {
			watch.end();
			await port.end();
		};
		return { ...port, end, server, watch };
	}
}

function authorize(token: string | null, attendance: Attendance): Identity | null {
	if (!isName(token)) return null;
	attendance.admitted(token);
	return { id: token };
}
