/* E9 with the SDK's own clients: every PoP's Envoy is replaced under them, and the ledger says what they missed. */
import { prepareEdge } from "../../playground/edge/whole-edge.js";
import { until } from "../support/until.js";
import { pause } from "./world.js";

export interface SdkFleet {
	readonly clients: number;
	readonly replaced: number;
	readonly tookMs: number;
	readonly delivered: number;
	readonly lost: number;
	readonly repeated: number;
	readonly outOfOrder: number;
	/** At the end; as many as clients, or somebody did not come back. */
	readonly connected: number;
	/** The lowest number of sockets seen meanwhile: as many as clients, if each had the new before it left the old. */
	readonly fewest: number;
}

const PATIENCE_MS = 120_000;
/** Over which the gateways say goodbye. */
const WITHIN_MS = 5_000;

export async function sdkFleet(clients: number): Promise<SdkFleet> {
	const edge = await prepareEdge({ clients, proxy: "envoy" });
	try {
		await edge.start();
		const { assembly } = edge;
		const connected = (): number => assembly.sockets.primary + assembly.sockets.backup;
		await until(() => connected() >= clients, "the fleet", PATIENCE_MS);
		await pause(6_000);
		let fewest = connected();
		const look = setInterval(() => {
			fewest = Math.min(fewest, connected());
		}, 10);
		const beganAt = performance.now();
		await Promise.all(assembly.pops.map((pop) => pop.replaceProxies(WITHIN_MS)));
		const tookMs = performance.now() - beganAt;
		await until(() => connected() >= clients, "all to be back", PATIENCE_MS);
		clearInterval(look);
		await pause(3_000);
		await until(() => assembly.ledger.state.pending === 0, "what is under way", PATIENCE_MS);
		const { delivered, lost, repeated, outOfOrder } = assembly.ledger.state;
		const replaced = assembly.pops.length;
		const counts = { delivered, lost, repeated, outOfOrder, connected: connected(), fewest };
		return { clients, replaced, tookMs, ...counts };
	} finally {
		await edge.stop();
	}
}
