/*
 * A peer's clients and its server, with faults between them:
 *
 *   client process ⇄ proxies, here ⇄ server process
 *
 * Everything is seen the same way with every peer: by which beats its clients hear.
 */
import { createFaultProxy, type FaultProxy } from "../support/fault-proxy.js";
import { type ClientChild, type ServerChild, startClient, startServer } from "./peer-processes.js";
import type { PeerName } from "./peers/names.js";

const BEAT_MS = 100;
const START_LIMIT_MS = 60_000;

export interface StageOptions {
	readonly clients: number;
	/** Ways to the server: the URLs that a client knows. @default 1 */
	readonly proxies?: number;
}

export class Stage {
	readonly proxies: readonly FaultProxy[];
	readonly server: ServerChild;
	readonly client: ClientChild;
	readonly #clients: number;
	/** By phase, when each client heard of it first. */
	readonly #heard = new Map<number, Map<number, number>>();
	#told: () => void = () => undefined;

	constructor(parts: Pick<Stage, "proxies" | "server" | "client">, clients: number) {
		this.proxies = parts.proxies;
		this.server = parts.server;
		this.client = parts.client;
		this.#clients = clients;
		this.client.on((said) => {
			if (said.is !== "heard") return;
			const phase = this.#heard.get(said.phase) ?? new Map<number, number>();
			this.#heard.set(said.phase, phase.set(said.client, said.at));
			this.#told();
		});
	}

	get proxy(): FaultProxy {
		return this.proxies[0] as FaultProxy;
	}

	/** From now on the beats have this phase. 0: none. */
	async beat(phase: number, everyMs = BEAT_MS): Promise<void> {
		const said = this.server.said("beating");
		this.server.order({ do: "beat", phase, everyMs });
		await said;
	}

	/** How long after `since` each client heard of the phase, in ms; Infinity: not within the limit. */
	async heard(phase: number, since: number, limitMs: number): Promise<readonly number[]> {
		const all = (): Map<number, number> => this.#heard.get(phase) ?? new Map();
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, limitMs);
			this.#told = () => {
				if (all().size < this.#clients) return;
				clearTimeout(timer);
				resolve();
			};
			this.#told();
		});
		const never = Array.from(
			{ length: this.#clients - all().size },
			() => Number.POSITIVE_INFINITY,
		);
		return [...[...all().values()].map((at) => Math.max(0, at - since)), ...never];
	}
}

export async function withStage<T>(
	peer: PeerName,
	{ clients, proxies: count = 1 }: StageOptions,
	run: (stage: Stage) => Promise<T>,
): Promise<T> {
	const { server, port } = await startServer(peer);
	const proxies = await Promise.all(Array.from({ length: count }, () => createFaultProxy(port)));
	const urls = proxies.map((proxy) => `ws://127.0.0.1:${proxy.port}`);
	const client = startClient({ peer, urls, what: "watch", clients });
	try {
		return await run(new Stage({ proxies, server, client }, clients));
	} finally {
		await client.stop();
		await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
		await server.stop();
	}
}

/** Phase 1, heard by everybody: all are connected and subscribed. */
export async function everybodyIn(stage: Stage): Promise<void> {
	await stage.beat(1);
	const times = await stage.heard(1, Date.now(), START_LIMIT_MS);
	if (times.includes(Number.POSITIVE_INFINITY)) throw new Error("not everybody got in");
}

export const pause = (ms: number): Promise<void> =>
	new Promise((resolve) => setTimeout(resolve, ms));

/** The network is gone as when a server is: links are reset, new ones refused. */
export async function cut(stage: Stage): Promise<void> {
	await stage.proxy.refuse();
	stage.proxy.reset();
}
