/* A whole edge for a test, small, and clients of it. */
import { onTestFinished } from "vitest";
import type { EdgeConfig } from "../../../playground/edge/config.js";
import { CONFIG } from "../../../playground/edge/config.js";
import { ControlClient } from "../../../playground/edge/control/client.js";
import { dialling } from "../../../playground/edge/fleet/dialling.js";
import {
	prepareEdge,
	type WholeEdge,
	type WholeEdgeOptions,
} from "../../../playground/edge/whole-edge.js";
import type { Client } from "../../../src/client/client.js";
import { createClient } from "../../../src/client/create-client.js";
import type { ClientOptions } from "../../../src/client/options.js";
import { until, when } from "../../support/until.js";

export interface EdgeRig {
	readonly edge: WholeEdge;
	readonly control: ControlClient;
	/** Somebody near this PoP. Closed with the edge. */
	readonly client: (near: string, options?: Partial<ClientOptions>) => Client;
	readonly stop: () => Promise<void>;
}

/** No clients, unless a test wants some. */
export async function startRig(
	changes: Partial<EdgeConfig> = {},
	options: WholeEdgeOptions = {},
): Promise<EdgeRig> {
	const edge = await prepareEdge({ clients: 0, ...changes }, options);
	await edge.start();
	const control = new ControlClient({ url: edge.control.url, token: edge.control.token });
	const closes: (() => Promise<void>)[] = [];
	let names = 0;
	const client: EdgeRig["client"] = (near, given = {}) => {
		const { neighbourhood = "" } = CONFIG.pops.find(({ name }) => name === near) ?? {};
		const way = dialling(edge.assembly.fleetWorld(), neighbourhood);
		const { endpoints, api } = edge.assembly.where.node;
		const name = `${near}-${++names}`;
		const made = createClient({
			endpoints,
			api,
			getToken: async () => name,
			reconnect: { stableAfterMs: 2_000 },
			...given,
			runtime: way.runtime,
		});
		closes.push(async () => {
			await made.close();
			way.stop();
		});
		return made;
	};
	const stop = async (): Promise<void> => {
		for (const close of closes) await close();
		await edge.stop();
	};
	return { edge, control, client, stop };
}

/** Ends with the test. */
export async function rigOfTest(
	changes?: Partial<EdgeConfig>,
	options?: WholeEdgeOptions,
): Promise<EdgeRig> {
	const rig = await startRig(changes, options);
	onTestFinished(rig.stop);
	return rig;
}

export const socketsAt = ({ edge }: EdgeRig, pop: string): number => {
	const { primary, backup } = edge.assembly.pop(pop).sockets;
	return primary + backup;
};

export interface Listener {
	readonly client: Client;
	readonly heard: string[];
}

/** Resolves when it is subscribed. */
export async function listenNear(from: EdgeRig, near: string, channel: string): Promise<Listener> {
	const heard: string[] = [];
	const client = from.client(near);
	const { state } = client.subscribe(channel, ({ data }) => heard.push(String(data)));
	await when(state, ({ status }) => status === "subscribed", `a subscription near ${near}`);
	return { client, heard };
}

/** Resolves when DNS believes it too: the monitor has to see a PoP twice before it calls it up. */
export async function healed({ edge, control }: EdgeRig): Promise<void> {
	await control.act({ do: "heal" });
	await until(() => edge.state.pops.every(({ dns }) => dns.up), "DNS to call all PoPs up");
}
