import { ASYNC_DISPOSE } from "../reactive/disposable.js";
import { silentLogger } from "../runtime/logger.js";
import type { Clock } from "../runtime/runtime.js";
import type {
	RealtimeServer,
	ServerLink,
	ServerOptions,
	ServerSocket,
} from "../server/contract.js";
import { createServer } from "../server/create-server.js";
import {
	type ApiBehavior,
	type Behavior,
	type Dial,
	type DialOutcome,
	toBehavior,
} from "./behavior.js";
import type { SimulatedHost, Upgrade, UpgradeRequest } from "./host.js";

/** A real server half behind faults that a test chooses. It stands at every endpoint of a harness. */
export interface FakeServer extends AsyncDisposable {
	/** What it does with each further dial. @default accepts all */
	get behavior(): Behavior;
	set behavior(behavior: Behavior | DialOutcome);
	/** What it does with each further HTTP request. @default answers all */
	apiBehavior: ApiBehavior;
	/** Stores a message, as the server's own: `from` is null. */
	publish(channel: string, data: unknown): void;
	/** Asks all connected clients to leave. */
	goodbye(options: {
		readonly deadlineMs: number;
		readonly windowMs: number;
		readonly reason?: "drain" | "refresh" | "overload";
		readonly endpoints?: readonly string[];
	}): void;
	/** Closes all connections with a code: 1001, 1012, 4401, … */
	close(code: number, reason?: string): void;
	/** Logs an identity out, as `RealtimeServer.disconnect` does. The default identity is "user". */
	disconnect(identityId: string, options?: { forbid?: boolean }): void;
	/** Sends any text to all connected clients: for frames that no real server would send. */
	sendRaw(text: string): void;
	/** Every frame that clients sent over WebSockets, parsed; text that is no JSON as it came. */
	readonly received: readonly unknown[];
	/** Every dial that reached it. */
	readonly dials: readonly Dial[];
	/** WebSocket connections open now, mute ones too. */
	readonly connections: number;
}

/** What `createFakeServer` takes: time, chance, and options of the real server half behind it. */
export interface FakeServerOptions extends Partial<Omit<ServerOptions<unknown>, "runtime">> {
	/** Usually `createVirtualClock()`. */
	readonly clock: Clock;
	/** Usually `seededRandom(n)`. */
	readonly random: () => number;
	/** What it does with each dial, until `behavior` is set anew. @default "accept" */
	readonly behavior?: Behavior | DialOutcome;
}

interface Visit {
	readonly socket: ServerSocket;
	/** Null: the server is mute to it. */
	link: ServerLink | null;
}

/** A fake server to put behind a network of your own with `network.serve(url, server)`. */
export function createFakeServer(options: FakeServerOptions): FakeServer & SimulatedHost {
	return new BehavingServer(options);
}

class BehavingServer implements FakeServer, SimulatedHost {
	readonly received: unknown[] = [];
	readonly dials: Dial[] = [];
	apiBehavior: ApiBehavior = () => "answer";
	readonly #clock: Clock;
	readonly #server: RealtimeServer<unknown>;
	readonly #visits = new Set<Visit>();
	#behavior: Behavior;

	constructor({ clock, random, behavior = "accept", ...options }: FakeServerOptions) {
		this.#clock = clock;
		this.#behavior = toBehavior(behavior);
		this.#server = createServer<unknown>({
			authorize: () => ({ id: "user" }),
			logger: silentLogger,
			...options,
			runtime: { clock, random },
		});
	}

	get behavior(): Behavior {
		return this.#behavior;
	}

	set behavior(behavior: Behavior | DialOutcome) {
		this.#behavior = toBehavior(behavior);
	}

	get connections(): number {
		return this.#visits.size;
	}

	publish(channel: string, data: unknown): void {
		void this.#server.publish(channel, data);
	}

	goodbye({ reason = "drain", ...rest }: Parameters<FakeServer["goodbye"]>[0]): void {
		this.sendRaw(JSON.stringify({ type: "goodbye", reason, ...rest }));
	}

	close(code: number, reason = ""): void {
		for (const visit of [...this.#visits]) this.#close(visit, code, reason);
	}

	disconnect(identityId: string, options: { forbid?: boolean } = {}): void {
		this.#server.disconnect(identityId, options);
	}

	sendRaw(text: string): void {
		for (const { socket } of this.#visits) socket.send(text);
	}

	async [ASYNC_DISPOSE](): Promise<void> {
		await this.#server[ASYNC_DISPOSE]();
	}

	// ── SimulatedHost ────────────────────────────────────────────────────────────────────────────
	upgrade({ url }: UpgradeRequest): Upgrade {
		const dial: Dial = { attempt: this.dials.length + 1, endpoint: url };
		this.dials.push(dial);
		const outcome = this.#behavior(dial);
		if (outcome === "hang") return { type: "hang" };
		if (typeof outcome === "object" && "refuse" in outcome) {
			const { refuse: status, retryAfterMs } = outcome;
			return { type: "refuse", status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
		}
		return { type: "accept", open: (socket) => this.#open(socket, outcome) };
	}

	async request(request: Request): Promise<Response> {
		const outcome = this.apiBehavior(request);
		if (outcome === "answer") return this.#server.handle(request, null);
		if (outcome === "hang") return new Promise(() => {});
		if ("respond" in outcome) return outcome.respond();
		const { refuse: status, retryAfterMs } = outcome;
		const headers = retryAfterMs && { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) };
		return new Response(null, { status, ...(headers && { headers }) });
	}

	#open(
		socket: ServerSocket,
		outcome: Exclude<DialOutcome, "hang" | { refuse: number }>,
	): ServerLink {
		const visit: Visit = { socket, link: null };
		this.#visits.add(visit);
		if (outcome !== "mute") visit.link = this.#server.opened(socket, null);
		if (typeof outcome === "object") {
			const close = (): void => this.#close(visit, outcome.acceptThenClose, "");
			this.#clock.setTimeout(close, outcome.afterMs, "accept-then-close");
		}
		return {
			message: (data) => {
				this.#record(data);
				visit.link?.message(data);
			},
			closed: (code) => this.#leave(visit, code),
		};
	}

	#close(visit: Visit, code: number, reason: string): void {
		visit.socket.close(code, reason);
		this.#leave(visit, code);
	}

	#leave(visit: Visit, code: number): void {
		this.#visits.delete(visit);
		visit.link?.closed(code);
		visit.link = null;
	}

	#record(data: string | Uint8Array): void {
		if (typeof data !== "string") {
			this.received.push(data);
			return;
		}
		try {
			this.received.push(...[JSON.parse(data)].flat());
		} catch {
			this.received.push(data);
		}
	}
}
