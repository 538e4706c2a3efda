/* Real proxies for a test, on free ports and in folders of their own; everything ends with the test. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Envoy, type EnvoyOptions } from "../../../../playground/edge/proxy/envoy/envoy.js";
import type { Material } from "../../../../playground/edge/proxy/envoy/envoy-installation.js";
import { freePort } from "../../../../playground/edge/proxy/free-port.js";
import { Haproxy, type HaproxySetup } from "../../../../playground/edge/proxy/haproxy/haproxy.js";
import type { Cluster, ProxyModel } from "../../../../playground/edge/proxy/model/model.js";
import { type Authority, newAuthority } from "../../../../playground/edge/tls/authority.js";
import {
	findTool,
	missingTool,
	type ToolName,
} from "../../../../playground/edge/tools/find-tool.js";
import { cluster, forward } from "../../proxy/table-model.js";

export const envoyTool = await findTool("envoy");
export const haproxyTool = await findTool("haproxy");

/** For `describe.skipIf`: says so, aloud; on CI nothing may be missing, so nothing is skipped there. */
export function isMissing(...names: readonly ("envoy" | "haproxy")[]): boolean {
	const tools = { envoy: envoyTool, haproxy: haproxyTool };
	const missing = names.filter((name) => tools[name] === undefined);
	for (const name of missing) console.warn(missingTool(name satisfies ToolName));
	return missing.length > 0 && process.env.CI === undefined;
}

export const NAMES = ["wss.edge.test", "*.wss.edge.test", "api.edge.test", "*.edge.test"];

export async function newMaterial(): Promise<{ authority: Authority; material: Material }> {
	const authority = await newAuthority("Proxy tests");
	const pair = await authority.issue(NAMES);
	return { authority, material: { certificates: new Map([["edge", pair]]), upstream: new Map() } };
}

export const newRoot = (): Promise<string> => mkdtemp(join(tmpdir(), "hf-"));

/** One listener, by TLS, all of whose WebSockets go to cluster "gateways". */
export async function socketsModel(
	changes: Partial<Cluster> = {},
	listener: Partial<ProxyModel["listeners"][number]> = {},
): Promise<ProxyModel> {
	return {
		node: { id: "sockets", region: "eu-west-1", zone: "a" },
		maxConnections: 5_000,
		maxHeapBytes: 1_073_741_824,
		clusters: [cluster("gateways", changes)],
		listeners: [
			{
				name: "edge",
				host: "127.0.0.1",
				port: await freePort("127.0.0.1"),
				certificate: "edge",
				connectionLimit: 4_000,
				health: { path: "/.edge/health", cluster: "gateways" },
				chains: [
					{
						name: "all",
						serverNames: [],
						hosts: [
							{
								name: "all",
								domains: ["*"],
								routes: [forward("sockets", "gateways", { path: { is: "prefix", path: "/" } })],
							},
						],
					},
				],
				...listener,
			},
		],
	};
}

export type EnvoyChanges = Pick<EnvoyOptions, "model" | "material"> & Partial<EnvoyOptions>;

/** Not started; ends with the test. */
export async function envoyOfTest(options: EnvoyChanges): Promise<Envoy> {
	const envoy = new Envoy({ path: envoyTool?.path ?? "envoy", root: await newRoot(), ...options });
	onTestFinished(() => envoy.stop());
	return envoy;
}

export type HaproxyChanges = Pick<HaproxySetup, "model" | "material"> & Partial<HaproxySetup>;

export async function haproxyOfTest(options: HaproxyChanges): Promise<Haproxy> {
	const haproxy = new Haproxy({
		path: haproxyTool?.path ?? "haproxy",
		root: await newRoot(),
		...options,
	});
	onTestFinished(() => haproxy.stop());
	return haproxy;
}
