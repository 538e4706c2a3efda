/* What a real proxy needs to stand before WebSockets alone: a model, a certificate, a folder. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Material } from "../../../playground/edge/proxy/material.js";
import { freePort } from "../../../playground/edge/tools/free-port.js";
import type { Cluster, ProxyModel } from "../../../playground/edge/proxy/model/model.js";
import { type Authority, newAuthority } from "../../../playground/edge/tls/authority.js";
import { cluster, forward } from "./table-model.js";

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
				port: await freePort(),
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
