/* A gateway: the shipped server half in a process of its own, behind faults of its own. */
import { createServer } from "../../src/server/create-server.js";
import type {
	RealtimeServer,
	ServerLink,
	ServerOptions,
	ServerSocket,
} from "../../src/server/contract.js";
import type { SimulatedHost, Upgrade } from "../../src/testing/host.js";
import type { VirtualClock } from "../../src/testing/virtual-clock.js";
import type { Chance } from "./chance.js";
import type { LogService } from "./log-service.js";
import { Process } from "./process.js";
import type { Payload } from "./truth.js";

/** What stands in front of the gateway, and what it does to a dial. */
export type Posture =
	| "accept"
	| "hang"
	| "mute"
	| { readonly refuse: number; readonly retryAfterMs?: number }
	| { readonly closeAfterMs: number; readonly code: number };

export interface Token {
	readonly name: string;
	readonly expiresAt: number | null;
	readonly serial: number;
}

export type GatewayOptions = Pick<
	ServerOptions<string>,
	| "heartbeatMs"
	| "heartbeatTimeoutMs"
	| "maxConnectionAgeMs"
	| "maxFrameBytes"
	| "sendBufferBytes"
	| "acceptRate"
>;

export class Gateway implements SimulatedHost {
	readonly url: string;
	posture: Posture = "accept";
	/** Dials that a posture has met. */
	met = 0;
	/** Permission checks and logins take up to so long. */
	checkMs = 0;
	/** Tokens up to this serial, by name: logged out, or never right. */
	readonly revoked = new Map<string, number>();
	process: Process;
	server: RealtimeServer<string>;
	readonly #clock: VirtualClock;
	readonly #chance: Chance;
	readonly #log: LogService;
	readonly #options: GatewayOptions;
	readonly #links = new Set<Pick<ServerSocket, "close" | "bufferedBytes">>();

	constructor(
		url: string,
		world: { readonly clock: VirtualClock; readonly chance: Chance; readonly log: LogService },
		options: GatewayOptions,
	) {
		this.url = url;
		this.#clock = world.clock;
		this.#chance = world.chance;
		this.#log = world.log;
		this.#options = options;
		this.process = new Process(this.#clock);
		this.server = this.#boot();
	}

	get isUp(): boolean {
		return this.process.isAlive;
	}

	get connections(): number {
		return this.#links.size;
	}

	/** What waits for its slowest client, against what may. */
	get overload(): number {
		const most = Math.max(0, ...[...this.#links].map((link) => link.bufferedBytes()));
		return most - (this.#options.sendBufferBytes ?? Number.POSITIVE_INFINITY);
	}

	/** The process dies where it stands. What becomes of its connections is the networks' affair. */
	kill(): void {
		this.process.kill();
		this.#links.clear();
	}

	/** A new process in the place of the old one. */
	start(): void {
		if (this.isUp) this.kill();
		this.process = new Process(this.#clock);
		this.server = this.#boot();
	}

	upgrade(): Upgrade {
		const { posture } = this;
		if (!this.isUp) return { type: "hang" };
		if (posture !== "accept") this.met += 1;
		if (posture === "hang") return { type: "hang" };
		if (typeof posture === "object" && "refuse" in posture)
			return { type: "refuse", status: posture.refuse, ...retryAfter(posture.retryAfterMs) };
		return {
			type: "accept",
			open: (socket) => {
				const { process } = this;
				const isMute = posture === "mute";
				const link = isMute ? null : this.server.opened(socket, this.url);
				this.#links.add(socket);
				if (typeof posture === "object") {
					const close = (): void => socket.close(posture.code, "");
					process.clock.setTimeout(close, posture.closeAfterMs, "posture");
				}
				return this.#guard(process, link, () => this.#links.delete(socket));
			},
		};
	}

	async request(request: Request): Promise<Response> {
		return this.process.outside(this.server.handle(request, this.url));
	}

	/** Closes everything that is open there. */
	closeAll(code: number): void {
		for (const link of [...this.#links]) link.close(code, "");
	}

	/** Facts for a dead process fall to the floor. */
	#guard(process: Process, link: ServerLink | null, left: () => void): ServerLink {
		return {
			message: (data) => {
				if (process.isAlive) link?.message(data);
			},
			closed: (code) => {
				left();
				if (process.isAlive) link?.closed(code);
			},
		};
	}

	#boot(): RealtimeServer<string> {
		const { process } = this;
		return createServer<string>({
			...this.#options,
			log: this.#log.handle(process),
			allowedOrigins: "any",
			runtime: { clock: process.clock, random: this.#chance.random },
			authorize: async ({ token }) => {
				await this.#ponder(process);
				return this.#identify(process, token);
			},
			canPublish: async (_identity, _channel, data) => {
				await this.#ponder(process);
				return (data as Payload).forbid !== true;
			},
			canSubscribe: async ({ id }, channel) => {
				await this.#ponder(process);
				return !channel.startsWith("private") || channel === `private-${id}`;
			},
		});
	}

	#identify(process: Process, text: string | null): { id: string; expiresAt?: number } | null {
		if (text === null) return null;
		const { name, expiresAt, serial } = JSON.parse(text) as Token;
		if (serial <= (this.revoked.get(name) ?? 0)) return null;
		if (expiresAt === null) return { id: name };
		return expiresAt <= process.clock.now() ? null : { id: name, expiresAt };
	}

	async #ponder(process: Process): Promise<void> {
		if (this.checkMs === 0) return;
		await process.clock.sleep(this.#chance.between(0, this.checkMs));
	}
}

function retryAfter(ms: number | undefined): { readonly retryAfterMs?: number } {
	return ms === undefined ? {} : { retryAfterMs: ms };
}
