/* E8: what reloads under live WebSockets leave of HAProxy, by how it is told to deal with the old workers. */
import { closedOf, type Outcome } from "../playground/sockets/proxy/web-sockets.js";
import { until } from "../support/until.js";
import { newcomers } from "./newcomers.js";
import { haproxyWorld, memoryOf, pause, pidsOf } from "./world.js";

export interface PileUpOptions {
	readonly reloads: number;
	/** Opened before each. */
	readonly sockets: number;
}

export type Manner = "default" | "max-reloads" | "hard-stop";

export interface PileUp {
	readonly manner: Manner;
	readonly reloads: number;
	readonly workers: number;
	readonly rssMb: number;
	readonly pssMb: number;
	readonly live: number;
	readonly dropped: number;
	readonly refused: number;
	readonly newcomers: number;
	/** Since the oldest worker that still has sockets was given its configuration. */
	readonly oldestReloads: number;
}

export const MAX_RELOADS = 3;
const HARD_STOP_MS = 2_000;

export async function pileUp(manner: Manner, { reloads, sockets }: PileUpOptions): Promise<PileUp> {
	const world = await haproxyWorld(2, {
		...(manner === "max-reloads" ? { maxReloads: MAX_RELOADS } : {}),
		...(manner === "hard-stop" ? { hardStopAfterMs: HARD_STOP_MS } : {}),
	});
	try {
		const coming = newcomers(world.port, world.authority, 100);
		const all: Outcome[] = [];
		for (let at = 0; at < reloads; at++) {
			all.push(...(await world.open(sockets)));
			await world.proxy.reload();
		}
		if (manner === "hard-stop") await pause(HARD_STOP_MS + 1_000);
		await coming.stop();
		const old = async (): Promise<number> => (await world.proxy.master.workers()).old.length;
		if (manner === "hard-stop") await until(async () => (await old()) === 0, "the old to end");
		const pids = await pidsOf(world.proxy);
		const dropped = closedOf(all).length;
		const result: PileUp = {
			manner,
			reloads,
			workers: pids.length,
			...memoryOf(pids),
			live: all.length - dropped,
			dropped,
			refused: coming.failed.length,
			newcomers: coming.opened + coming.failed.length,
			oldestReloads: await old(),
		};
		for (const { socket } of all) socket.terminate();
		return result;
	} finally {
		await world.stop();
	}
}

export interface SlotsRun {
	readonly slots: number;
	readonly wanted: number;
	/** What was left out. */
	readonly left: number;
	/** Of newcomers, once those that had found a place were gone. */
	readonly refused: number;
	readonly tried: number;
	readonly said: string;
}

/** 2020-05-12: more endpoints than places, then the old ones go, and the list is stale. */
export async function slotsRunOut(tries: number): Promise<SlotsRun> {
	const slots = 2;
	const world = await haproxyWorld(2, { slots });
	try {
		const { proxy, servers, endpoints } = world;
		const grown = [...endpoints, ...endpoints.map((each) => ({ ...each, host: "127.0.0.2" }))];
		const said = await proxy.setEndpoints({ cluster: "gateways", endpoints: grown }).then(
			() => "nothing",
			(error: Error) => error.message,
		);
		// Autoscaling takes the old ones away; nobody frees their places.
		for (const server of servers) await server.stop();
		const coming = newcomers(world.port, world.authority, 20);
		await until(() => coming.failed.length >= tries, "newcomers to be refused");
		await coming.stop();
		const refused = coming.failed.filter((why) => why === "status 503").length;
		const tried = coming.opened + coming.failed.length;
		return { slots, wanted: grown.length, left: grown.length - slots, refused, tried, said };
	} finally {
		await world.stop();
	}
}
