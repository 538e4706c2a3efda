/* Newcomers of a migration, without a client around them: where DNS leads them, and who gets there. */
import { allAddresses } from "../../../playground/edge/migration/arms.js";
import type { ArmName } from "../../../playground/edge/migration/contract.js";
import { WebSocket } from "../../../playground/edge/websockets.js";
import type { EdgeRig } from "./edge-rig.js";

export interface Led {
	readonly address: string;
	readonly arm: ArmName;
}

const NAME = "wss-primary.edge.test";
const SUBNETS = ["127.0.1.0/24", "127.0.2.0/24", "127.0.3.0/24"];
const AT_ONCE = 16;

/** One after the other, as near each PoP in turn: with a seed the draws are the same each time. */
export async function ledTo({ edge }: EdgeRig, times: number): Promise<readonly Led[]> {
	const { config, where } = edge.assembly;
	const fresh = allAddresses(config, "new");
	const led: Led[] = [];
	for (let each = 0; each < times; each++) {
		const url = new URL(where.node.dohUrl);
		const subnet = SUBNETS[each % SUBNETS.length] ?? "";
		url.search = new URLSearchParams({
			name: NAME,
			type: "A",
			edns_client_subnet: subnet,
		}).toString();
		const { Answer } = (await (await fetch(url)).json()) as { Answer: { data: string }[] };
		for (const { data: address } of Answer)
			led.push({ address, arm: fresh.includes(address) ? "new" : "old" });
	}
	return led;
}

/** Resolves when each had a WebSocket; rejects if one had none. */
export async function dialEach({ edge }: EdgeRig, led: readonly Led[]): Promise<void> {
	const { reach, credentials } = edge.assembly;
	const dial = (address: string): Promise<void> =>
		new Promise((resolve, reject) => {
			const { host, port } = reach.of(address);
			const socket = new WebSocket(`wss://${host}:${port}/`, "holdfast.v1", {
				...{ servername: NAME, ca: credentials.authority, headers: { Host: NAME } },
			});
			socket.on("open", () => socket.terminate());
			socket.on("close", () => resolve());
			socket.on("error", reject);
		});
	const waiting = [...led];
	const work = async (): Promise<void> => {
		for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
			await dial(next.address);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}
