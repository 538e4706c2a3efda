/*
 * How a Node client of this machine reaches the edge, as its neighbourhood does, trusting the run's authority.
 * "each-dial": every connection asks DNS anew and takes one of the addresses at random, so that a change is
 * met by the next dial; the library's resolver is null. "library": it resolves by itself, by a resolver that
 * asks from the neighbourhood: it keeps answers for their TTL, races addresses, and follows a drain.
 */
import { Agent, type RequestOptions, request } from "node:https";
import { type Duplex, Readable } from "node:stream";
import { connect as connectTcp } from "node:net";
import { connect, createSecureContext, type SecureContext } from "node:tls";
import type { Runtime, WebSocketConstructor } from "holdfast";
import { WebSocket } from "../websockets.js";
import { type Resolve, resolving } from "../resolving.js";
import type { FleetManners, FleetWorld } from "./contract.js";

export interface Dialling {
	/** For a client's `runtime`. */
	readonly runtime: Pick<Runtime, "WebSocket" | "fetch" | "resolver" | "connect">;
	/** Ends the connections that are kept for later. */
	readonly stop: () => void;
}

/** One a neighbourhood. */
export function dialling(
	world: FleetWorld,
	from: string,
	names: FleetManners["names"] = "each-dial",
): Dialling {
	const { dns, dohUrl } = world.node;
	const resolve = resolving({ dns, dohUrl, hasAliases: world.hasAliases });
	const dial = { world, from, resolve, trust: createSecureContext({ ca: world.node.authority }) };
	const agent = new DialAgent(dial, { keepAlive: false });
	const kept = new DialAgent(dial, { keepAlive: true, maxFreeSockets: 16, timeout: 15_000 });
	class EdgeWebSocket extends WebSocket {
		constructor(url: string, protocols?: string | string[], options?: object) {
			const way = names === "library" ? { secureContext: dial.trust } : { agent };
			super(url, protocols, { ...options, ...way });
		}
	}
	return {
		runtime: {
			WebSocket: EdgeWebSocket as unknown as WebSocketConstructor,
			fetch: (input, init) => fetchBy(kept, String(input), init ?? {}),
			...(names === "library" ? byLibrary(dial) : { resolver: null }),
		},
		stop: () => {
			agent.destroy();
			kept.destroy();
		},
	};
}

interface Dial {
	readonly world: FleetWorld;
	readonly from: string;
	readonly resolve: Resolve;
	/** Read once: a certificate is not parsed again for each connection. Sessions are not shared, though. */
	readonly trust: SecureContext;
}

/** Its questions and its connections leave from the neighbourhood. */
function byLibrary({ world, from, resolve }: Dial): Pick<Runtime, "resolver" | "connect"> {
	return {
		resolver: { resolve: (name) => resolve(name, from) },
		connect: ({ host }) => connectTcp({ ...wayTo(world, from, host), noDelay: true }),
	};
}

/** Throws for an address that is none of the edge's. */
function wayTo(world: FleetWorld, from: string, address: string) {
	const target = world.reach[address];
	if (target === undefined) throw new Error(`"${address}" is no address of the edge.`);
	return { ...target, ...(world.hasAliases ? { localAddress: from } : {}) };
}

type Created = (error: Error | null, stream: Duplex) => void;

class DialAgent extends Agent {
	readonly #dial: Dial;

	constructor(dial: Dial, options: ConstructorParameters<typeof Agent>[0]) {
		super(options);
		this.#dial = dial;
	}

	/** As Node calls it: without a return value, the callback says it. */
	override createConnection(options: RequestOptions, created?: Created): undefined {
		this.#open(String(options.host)).then(
			(socket) => created?.(null, socket),
			// Node looks at the error first, and at nothing else then.
			(error: Error) => created?.(error, undefined as never),
		);
	}

	async #open(name: string) {
		const { world, from, resolve, trust } = this.#dial;
		const answers = await resolve(name, from);
		const answer = answers[Math.floor(Math.random() * answers.length)];
		const way = wayTo(world, from, answer?.address ?? "");
		const socket = connect({ ...way, servername: name, secureContext: trust });
		socket.setNoDelay(true);
		return socket;
	}
}

/** As much of fetch as the client uses. */
function fetchBy(agent: Agent, url: string, init: RequestInit): Promise<Response> {
	const { method = "GET", body, signal } = init;
	const headers = Object.fromEntries(new Headers(init.headers));
	return new Promise((resolve, reject) => {
		const sent = request(url, { method, headers, agent, ...(signal ? { signal } : {}) });
		sent.on("response", (answer) => {
			const { statusCode: status = 502, rawHeaders } = answer;
			const given = new Headers();
			for (let at = 0; at + 1 < rawHeaders.length; at += 2)
				given.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
			const isEmpty = status === 204 || status === 304;
			const stream = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream);
			resolve(new Response(stream, { status, headers: given }));
		});
		sent.on("error", (error) => reject(new TypeError("fetch failed", { cause: error })));
		sent.end(typeof body === "string" ? body : undefined);
	});
}
