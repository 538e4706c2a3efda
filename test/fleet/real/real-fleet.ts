/*
 * A fleet of real clients in processes of their own, against a gateway that is struck once everybody is in:
 *
 *   start ─▶ all connected ─▶ renewed ─▶ stable ─▶ struck, another gateway takes its port ─▶ all back
 */
import type { ClientsData, ClientsReport, GatewayCounts, GatewayData } from "./contract.js";
import { type Clients, compile, type Gateway, startClients, startGateway } from "./processes.js";

export interface RealFleetOptions {
	readonly clients: number;
	/** Of the door: C. */
	readonly acceptsPerSecond: number;
	readonly rejectCost: number;
	/** `leave`: it says 1012 with its window. `kill`: it says nothing (kill -9). */
	readonly strike: "leave" | "kill";
	/** Whether the server knows its `acceptRate`, and so has a window to tell. */
	readonly window: "told" | "none";
	/** Whether each client was welcomed by a server full of clients, or as the fleet grew from nothing. */
	readonly welcomes: "renewed" | "as it grew";
	/** @default 4 */
	readonly processes?: number;
	/** How many connect a second while the door is open. @default 200 */
	readonly startsPerSecond?: number;
	/** @default the client's, 30 s */
	readonly stableAfterMs?: number;
	/** When to stop waiting for those that are not back. */
	readonly limitMs: number;
	readonly tell?: (line: string) => void;
}

export interface RealFleetReport {
	/** Times since the strike of those that are back, in ms, sorted. */
	readonly backMs: readonly number[];
	readonly touched: number;
	readonly dials: number;
	/** By the new gateway's own count. */
	readonly counts: GatewayCounts;
}

const STABLE_AFTER_MS = 30_000;
const LOOK_MS = 100;

export async function runRealFleet(options: RealFleetOptions): Promise<RealFleetReport> {
	await compile();
	const { acceptsPerSecond, rejectCost, window } = options;
	const acceptRate = window === "told" ? acceptsPerSecond : null;
	const data: GatewayData = { acceptRate, acceptsPerSecond, rejectCost };
	// The second one waits, so that the port is taken again at once: the fault is the cut, no start of a process.
	const [first, second] = [startGateway(data), startGateway(data)];
	const parts: Clients[] = [];
	try {
		await Promise.all([first.said("ready"), second.said("ready")]);
		const { port } = await first.ask({ do: "listen", port: 0, isLimited: false }, "listening");
		parts.push(...recruit(options, `ws://127.0.0.1:${port}`));
		await Promise.all(parts.map((part) => part.said("started")));
		await settle(options, parts);
		return await strike(options, { first, second, parts, port });
	} finally {
		await Promise.all([first, second, ...parts].map((process) => process.kill()));
	}
}

function recruit(options: RealFleetOptions, url: string): readonly Clients[] {
	const { clients, processes = 4, startsPerSecond = 200 } = options;
	const { stableAfterMs = STABLE_AFTER_MS, tell } = options;
	tell?.(`${clients} clients in ${processes} processes`);
	return Array.from({ length: processes }, (_, at) => {
		const share =
			Math.floor((clients * (at + 1)) / processes) - Math.floor((clients * at) / processes);
		const data: ClientsData = {
			...{ url, clients: share, stableAfterMs },
			startsPerSecond: startsPerSecond / processes,
		};
		return startClients(data);
	});
}

async function settle(options: RealFleetOptions, parts: readonly Clients[]): Promise<void> {
	const { welcomes, stableAfterMs = STABLE_AFTER_MS, tell } = options;
	if (welcomes === "renewed") {
		tell?.("all connected; each takes a new link, and with it the window of the whole fleet");
		await Promise.all(parts.map((part) => part.ask({ do: "renew" }, "renewed")));
	}
	tell?.("until all links are stable");
	await new Promise((resolve) => setTimeout(resolve, stableAfterMs + 1_000));
	await Promise.all(parts.map((part) => part.ask({ do: "watch" }, "watching")));
}

async function strike(
	options: RealFleetOptions,
	{
		first,
		second,
		parts,
		port,
	}: {
		readonly first: Gateway;
		readonly second: Gateway;
		readonly parts: readonly Clients[];
		readonly port: number;
	},
): Promise<RealFleetReport> {
	const back = follow(options, parts);
	const at = Date.now();
	if (options.strike === "leave") await first.ask({ do: "leave" }, "left");
	else await first.kill();
	await second.ask({ do: "listen", port, isLimited: true }, "listening");
	await back;
	const { is: _, ...counts } = await second.ask({ do: "count" }, "counts");
	const reports: ClientsReport[] = await Promise.all(
		parts.map((part) => part.ask({ do: "report" }, "report")),
	);
	const times = reports.flatMap(({ backAt }) => backAt).filter((time) => time !== null);
	const sum = (of: "dials" | "touched"): number =>
		reports.reduce((total, report) => total + report[of], 0);
	const backMs = times.map((time) => time - at).sort((a, b) => a - b);
	return { backMs, touched: sum("touched"), dials: sum("dials"), counts };
}

/** Resolves when all are back, or at the limit. */
async function follow(options: RealFleetOptions, parts: readonly Clients[]): Promise<void> {
	const counts = parts.map(() => 0);
	for (const [at, part] of parts.entries())
		part.on((said) => {
			if (said.is === "connected") counts[at] = said.clients;
		});
	const beganAt = performance.now();
	let toldAt = beganAt;
	for (;;) {
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		const back = counts.reduce((sum, count) => sum + count, 0);
		const elapsedMs = performance.now() - beganAt;
		if (back === options.clients || elapsedMs > options.limitMs) return;
		if (performance.now() - toldAt < 5_000) continue;
		toldAt = performance.now();
		options.tell?.(`${(elapsedMs / 1_000).toFixed(0)} s, ${back} of ${options.clients} back`);
	}
}
