/* What a WebSocket costs a proxy: to set up, to hold, and to refuse before TLS. */
import type { Envoy } from "../../playground/edge/proxy/envoy/envoy.js";
import type { Haproxy } from "../../playground/edge/proxy/haproxy/haproxy.js";
import { closedOf, open } from "../playground/sockets/proxy/web-sockets.js";
import { cpuMsOf, memoryOf, pidsOf, type World } from "./world.js";

export interface Price {
	readonly setupCpuMs: number;
	readonly heldKb: number;
	readonly refusedCpuMs: number;
	/** Of a refusal to a setup: the `r` of the stability law. */
	readonly ratio: number;
	/** Refused attempts that got in. */
	readonly slipped: number;
	/** Live ones that were cut by it. */
	readonly dropped: number;
}

export async function price(
	world: World<Envoy> | World<Haproxy>,
	{ sockets, refusals }: { readonly sockets: number; readonly refusals: number },
): Promise<Price> {
	const { proxy, port, authority } = world;
	// Whatever is made once is made before.
	const first = await world.open(20);
	const pids = await pidsOf(proxy);
	const before = { cpu: cpuMsOf(pids), memory: memoryOf(pids).pssMb };
	const live = [...first, ...(await world.open(sockets))];
	const setupCpuMs = (cpuMsOf(pids) - before.cpu) / sockets;
	const heldKb = ((memoryOf(pids).pssMb - before.memory) * 1_024) / sockets;
	await proxy.setConnectionLimit("edge", live.length);
	const beganAt = cpuMsOf(pids);
	let slipped = 0;
	for (let at = 0; at < refusals; at += 20)
		await Promise.all(
			Array.from({ length: 20 }, () =>
				open(port, authority).then(
					() => {
						slipped += 1;
					},
					() => undefined,
				),
			),
		);
	const refusedCpuMs = (cpuMsOf(pids) - beganAt) / refusals;
	const dropped = closedOf(live).length;
	for (const { socket } of live) socket.terminate();
	return { setupCpuMs, heldKb, refusedCpuMs, ratio: refusedCpuMs / setupCpuMs, slipped, dropped };
}
