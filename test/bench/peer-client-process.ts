/* The measured client in a process of its own, started with --expose-gc. What it finds goes to its parent over IPC. */
import { loadPeer, type PeerName } from "./peers/names.js";
import type { Connection, Said } from "./peers/peer.js";
import { inPace, Tally, type TallyReport } from "./tally.js";

export interface ClientTask {
	readonly peer: PeerName;
	readonly urls: readonly string[];
	/** `watch`: clients that tell when they hear something new. The others are one figure each. */
	readonly what: "watch" | "heap" | "flood" | "first";
	readonly clients: number;
	readonly messages: number;
	/** Of them, those that only warm the engine up. */
	readonly warmUp: number;
}

export type ToClient =
	| { readonly do: "busy"; readonly everyMs: number }
	| { readonly do: "count"; readonly messages: number; readonly perSecond: number }
	| { readonly do: "report" };

export type FromClient =
	| { readonly is: "heard"; readonly client: number; readonly phase: number; readonly at: number }
	| { readonly is: "busy" }
	| { readonly is: "counted" }
	| ({ readonly is: "report"; readonly refused: number } & TallyReport)
	| { readonly is: "credit"; readonly received: number }
	| { readonly is: "flooded"; readonly wallMs: number; readonly cpuMs: number }
	| { readonly is: "heap"; readonly bytesEach: number }
	| { readonly is: "first"; readonly ms: number };

const A_CREDIT = 1_000;
const tell = (said: FromClient): void => void process.send?.(said);
const task = JSON.parse(process.argv[2] ?? "{}") as ClientTask;
const peer = await loadPeer(task.peer);
const tally = new Tally();
let refused = 0;
const countRefused = (): void => {
	refused += 1;
};
const ignore = (): void => undefined;
const MEASURE = { watch, heap, flood, first } satisfies Record<ClientTask["what"], () => unknown>;

process.on("disconnect", () => process.exit());
await MEASURE[task.what]();

/** Says once of each client and phase that it has heard of it. */
async function watch(): Promise<void> {
	const connections = Array.from({ length: task.clients }, async (_, client) => {
		let latest = -1;
		const hear = (said: Said): void => {
			if (said.is === "count") tally.take(said.n);
			if (said.is !== "beat" || said.phase <= latest) return;
			latest = said.phase;
			tell({ is: "heard", client, phase: latest, at: Date.now() });
		};
		return peer.connect(task.urls, hear, countRefused);
	});
	// One whose first connection fails for good is a client that hears nothing.
	for (const connection of connections) connection.catch(() => undefined);
	process.on("message", (order: ToClient) => void obey(order, connections));
}

async function obey(order: ToClient, opening: readonly Promise<Connection>[]): Promise<void> {
	const all = await Promise.all(opening);
	switch (order.do) {
		case "busy":
			setInterval(() => {
				for (const connection of all) say(connection, { is: "beat", phase: -1 });
			}, order.everyMs);
			return tell({ is: "busy" });
		case "count":
			await inPace(order.messages, order.perSecond, (n) => {
				for (const connection of all) say(connection, { is: "count", n });
			});
			return tell({ is: "counted" });
		case "report":
			return tell({ is: "report", refused, ...tally.report() });
		default:
			order satisfies never;
	}
}

/** A bare socket throws while it connects: then it is lost, as it would be. */
function say(connection: Connection, said: Said): void {
	try {
		connection.publish(said);
	} catch {
		// Counted at the other end.
	}
}

/** Idle, subscribed, and heard from once. */
async function heap(): Promise<void> {
	const keep: unknown[] = [];
	const open = async (count: number): Promise<void> => {
		// One closure a client, as an application has it.
		const opened = Array.from(
			{ length: count },
			() =>
				new Promise<void>(
					(resolve) => void keep.push(peer.connect(task.urls, () => resolve(), ignore)),
				),
		);
		await Promise.all(opened);
	};
	// What the engine compiles for the first connections is not held by the later ones.
	await open(task.clients);
	const before = await collected();
	await open(task.clients);
	tell({ is: "heap", bytesEach: ((await collected()) - before) / task.clients });
	if (keep.length === 0) throw new Error("nobody was kept");
}

async function collected(): Promise<number> {
	for (let pass = 0; pass < 4; pass += 1) {
		await new Promise((resolve) => setTimeout(resolve, 50));
		globalThis.gc?.();
	}
	return process.memoryUsage().heapUsed;
}

async function flood(): Promise<void> {
	let received = 0;
	let isReady = false;
	let begun: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | null = null;
	const hear = (said: Said): void => {
		if (said.is === "beat" && !isReady) {
			isReady = true;
			tell({ is: "heard", client: 0, phase: said.phase, at: Date.now() });
		}
		if (said.is !== "load") return;
		received += 1;
		if (received === task.warmUp) begun = { at: performance.now(), cpu: process.cpuUsage() };
		if (received % A_CREDIT === 0) tell({ is: "credit", received });
		if (received < task.messages || begun === null) return;
		const { user, system } = process.cpuUsage(begun.cpu);
		const wallMs = performance.now() - begun.at;
		tell({ is: "flooded", wallMs, cpuMs: (user + system) / 1_000 });
	};
	await peer.connect(task.urls, hear, ignore);
}

/** From nothing to the first message. Divided by a known delay, it is in round trips. */
async function first(): Promise<void> {
	const beganAt = performance.now();
	let isFirst = true;
	const hear = (): void => {
		if (isFirst) tell({ is: "first", ms: performance.now() - beganAt });
		isFirst = false;
	};
	await peer.connect(task.urls, hear, ignore);
}
