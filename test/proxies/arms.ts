/* E9: the arms of replacing an Envoy, side by side, under clients that obey a goodbye. */
import type { Way } from "../../playground/edge/proxy/envoy/replacement.js";
import { closedOf, type Outcome, open } from "../playground/sockets/proxy/web-sockets.js";
import { until } from "../support/until.js";
import { newcomers } from "./newcomers.js";
import { envoyWorld, memoryOf } from "./world.js";

export interface ArmOptions {
	readonly way: Way;
	readonly goodbye: "said" | "unsaid";
	/** Its parent or predecessor is killed as soon as it has been replaced. */
	readonly fate: "lives" | "dies";
	readonly sockets: number;
	readonly partWithinMs: number;
}

export interface Arm extends ArmOptions {
	readonly abnormal: number;
	readonly clean: number;
	readonly newcomers: number;
	readonly refused: number;
	/** Of clients that had to come back on their own. */
	readonly backWithinMs: number | null;
	readonly tookMs: number;
	readonly mostProcesses: number;
	readonly mostPssMb: number;
	readonly said: readonly string[];
}

export async function arm(options: ArmOptions): Promise<Arm> {
	const { way, goodbye, fate, sockets, partWithinMs } = options;
	const said: string[] = [];
	const report = (what: string): void => void said.push(what);
	const world = await envoyWorld(2, { way, partWithinMs, report });
	const most = { processes: 0, pssMb: 0 };
	const look = setInterval(() => {
		const { pids } = world.proxy;
		most.processes = Math.max(most.processes, pids.length);
		// One may end between two looks.
		try {
			most.pssMb = Math.max(most.pssMb, memoryOf(pids).pssMb);
		} catch {}
	}, 100);
	try {
		let live = await world.open(sockets);
		const first = [...live];
		const coming = newcomers(world.port, world.authority, 20);
		const [old = 0] = world.proxy.pids;
		const beganAt = performance.now();
		let isDead = false;
		await world.proxy.replace(async () => {
			if (fate === "dies" && !isDead) {
				isDead = true;
				process.kill(old, "SIGKILL");
				return;
			}
			if (goodbye === "said") live = await moved(world.port, world.authority, live);
		});
		const tookMs = performance.now() - beganAt;
		if (goodbye === "unsaid" || fate === "dies")
			await until(() => closedOf(first).length === sockets, "all to be cut");
		const backAt = performance.now();
		const isCut = first.some(({ closed }) => closed === 1006);
		if (isCut) for (const { socket } of await world.open(sockets)) socket.terminate();
		const backWithinMs = isCut ? performance.now() - backAt : null;
		await coming.stop();
		const codes = closedOf(first);
		for (const { socket } of live) socket.terminate();
		return {
			...options,
			abnormal: codes.filter((code) => code === 1006).length,
			clean: codes.filter((code) => code === 1000).length,
			newcomers: coming.opened + coming.failed.length,
			refused: coming.failed.length,
			backWithinMs,
			tookMs,
			mostProcesses: most.processes,
			mostPssMb: most.pssMb,
			said,
		};
	} finally {
		clearInterval(look);
		await world.stop();
	}
}

/** Make before break, one after the other. */
async function moved(
	port: number,
	authority: string,
	live: readonly Outcome[],
): Promise<Outcome[]> {
	const next: Outcome[] = [];
	for (const { socket } of live) {
		next.push(await open(port, authority));
		socket.close(1000);
	}
	return next;
}
