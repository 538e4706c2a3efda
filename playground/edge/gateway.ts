/*
 * One server of the playground, as its users meet it: a gate on a port that stays, and behind it a
 * realtime server that may die, leave and come back.
 *
 *             kill, drain                         restore
 *    serving ─────────────▶ down, or drained ─────────────▶ serving, by a new server
 */
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Identity, type MessageLog, type RealtimeServer } from "holdfast/server";
import { attach } from "holdfast/server/node";
import { WebSocketGate } from "./websocket-gate.js";

export const VERBS = ["restore", "kill", "refuse", "swallow", "drain"] as const;
export type Verb = (typeof VERBS)[number];

export interface GatewayState {
	readonly is: "up" | "down" | "refusing" | "swallowing" | "draining" | "drained";
	/** WebSockets that the server has welcomed. */
	readonly connections: number;
}

export interface GatewayOptions {
	readonly log: MessageLog;
	readonly allowedOrigins: () => readonly string[];
	readonly changed: () => void;
}

const DRAIN_MS = 5_000;

interface Running {
	readonly server: RealtimeServer<unknown>;
	readonly http: HttpServer;
	readonly end: () => Promise<void>;
}

export class Gateway {
	readonly #options: GatewayOptions;
	readonly #gate = new WebSocketGate(() => portOf(this.#running?.http));
	#running: Running | null = null;
	#is: GatewayState["is"] = "up";
	/** Verbs of two windows are carried out one after the other. */
	#last: Promise<void> = Promise.resolve();

	constructor(options: GatewayOptions) {
		this.#options = options;
	}

	get port(): number {
		return this.#gate.port;
	}

	get state(): GatewayState {
		return { is: this.#is, connections: this.#running?.server.stats.get().connections ?? 0 };
	}

	async start(port: number): Promise<void> {
		await this.#gate.listen(port);
		this.#running = await run(this.#options);
	}

	/** Resolves when it is done; a drain when it has begun. */
	turn(verb: Verb): Promise<void> {
		this.#last = this.#last.catch(() => undefined).then(() => this.#turn(verb));
		return this.#last;
	}

	async stop(): Promise<void> {
		await this.#gate.close();
		await this.#end();
	}

	async #turn(verb: Verb): Promise<void> {
		if (verb === "drain") return this.#drain();
		if (verb === "kill") {
			await this.stop();
			return this.#become("down");
		}
		if (this.#is === "drained" || this.#is === "draining") await this.#end();
		this.#running ??= await run(this.#options);
		if (verb === "restore") {
			await this.#gate.turn("pass");
			return this.#become("up");
		}
		await this.#gate.turn(verb);
		this.#become(verb === "refuse" ? "refusing" : "swallowing");
	}

	/** Says goodbye to all, and turns newcomers away until it is restored. */
	#drain(): void {
		const running = this.#running;
		if (running === null || this.#is !== "up") return;
		this.#become("draining");
		void running.server.drain({ withinMs: DRAIN_MS }).then(() => {
			if (this.#running === running && this.#is === "draining") this.#become("drained");
		});
	}

	async #end(): Promise<void> {
		const running = this.#running;
		this.#running = null;
		await running?.end();
	}

	#become(is: GatewayState["is"]): void {
		this.#is = is;
		this.#options.changed();
	}
}

async function run({ log, allowedOrigins, changed }: GatewayOptions): Promise<Running> {
	const server = createServer({ log, authorize, allowedOrigins: allowedOrigins() });
	const unsubscribe = server.stats.subscribe(changed);
	const http = createHttpServer();
	const attachment = attach(http, server);
	await new Promise<void>((resolve, reject) => {
		http.once("error", reject);
		http.listen(0, "127.0.0.1", () => resolve());
	});
	const end = async (): Promise<void> => {
		unsubscribe();
		await server[Symbol.asyncDispose]();
		await attachment[Symbol.asyncDispose]();
		http.closeAllConnections();
		await new Promise<void>((resolve) => http.close(() => resolve()));
	};
	return { server, http, end };
}

/** Every window is somebody of its own: its token is its name. A real server would verify one. */
function authorize({ token }: { readonly token: string | null }): Identity | null {
	return token !== null && /^[\w-]{1,64}$/.test(token) ? { id: token } : null;
}

function portOf(http: HttpServer | undefined): number {
	const address = http?.address();
	return typeof address === "object" && address !== null ? address.port : 0;
}
