/*
 * How a Node client of this machine reaches the edge: every connection asks DNS as its neighbourhood does,
 * takes one of the addresses at random, and trusts the run's authority. The library would resolve names by
 * itself, but neither from an address of the asker's own nor with an authority of ours: its resolver is null.
 */
import { Agent, type RequestOptions, request } from "node:https";
import { type Duplex, Readable } from "node:stream";
import { connect, createSecureContext, type SecureContext } from "node:tls";
import type { Runtime, WebSocketConstructor } from "holdfast";
import { WebSocket } from "../websockets.js";
import { type Resolve, resolving } from "../resolving.js";
import type { FleetWorld } from "./contract.js";

export interface Dialling {
	/** For a client's `runtime`. */
	readonly runtime: Pick<Runtime, "WebSocket" | "fetch" | "resolver">;
	/** Ends the connections that are kept for later. */
	readonly stop: () => void;
}

/** One a neighbourhood. */
export function dialling(world: FleetWorld, from: string): Dialling {
	const { dns, dohUrl } = world.node;
	const resolve = resolving({ dns, dohUrl, hasAliases: world.hasAliases });
	const dial = { world, from, resolve, trust: createSecureContext({ ca: world.node.authority }) };
	const agent = new DialAgent(dial, { keepAlive: false });
	const kept = new DialAgent(dial, { keepAlive: true, maxFreeSockets: 16, timeout: 15_000 });
	class EdgeWebSocket extends WebSocket {
		constructor(url: string, protocols?: string | string[], options?: object) {
			super(url, protocols, { ...options, agent });
		}
	}
	return {
		runtime: {
			WebSocket: EdgeWebSocket as unknown as WebSocketConstructor,
			fetch: (input, init) => fetchBy(kept, String(input), init ?? {}),
			resolver: null,
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
		const target = world.reach[answer?.address ?? ""];
		if (target === undefined) throw new Error(`${name} has no address of the edge.`);
		const source = world.hasAliases ? { localAddress: from } : {};
		const socket = connect({ ...target, ...source, servername: name, secureContext: trust });
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
