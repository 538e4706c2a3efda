/* What each measurement starts from: gateways that echo, and a proxy before them; and what processes cost. */
import { readFileSync } from "node:fs";
import { Envoy, type EnvoyOptions } from "../../playground/edge/proxy/envoy/envoy.js";
import { Haproxy, type HaproxySetup } from "../../playground/edge/proxy/haproxy/haproxy.js";
import type { Endpoint } from "../../playground/edge/proxy/model/model.js";
import { findTool, missingTool } from "../../playground/edge/tools/find-tool.js";
import { newMaterial, newRoot, socketsModel } from "../playground/proxy/sockets-model.js";
import { StubUpstream } from "../playground/sockets/proxy/stub-upstream.js";
import { type Outcome, openMany } from "../playground/sockets/proxy/web-sockets.js";
import { until } from "../support/until.js";

export interface World<Proxy extends Envoy | Haproxy> {
	readonly proxy: Proxy;
	readonly port: number;
	readonly authority: string;
	readonly servers: readonly StubUpstream[];
	readonly endpoints: readonly Endpoint[];
	readonly open: (count: number) => Promise<Outcome[]>;
	readonly stop: () => Promise<void>;
}

export type Wire = "tls" | "plain";

export const envoyWorld = (
	servers: number,
	changes: Partial<EnvoyOptions> = {},
	wire: Wire = "tls",
): Promise<World<Envoy>> =>
	world("envoy", { servers, wire }, (setup) => new Envoy({ ...setup, ...changes }));

export const haproxyWorld = (
	servers: number,
	options: HaproxySetup["options"] = {},
	wire: Wire = "tls",
): Promise<World<Haproxy>> =>
	world("haproxy", { servers, wire }, (setup) => new Haproxy({ ...setup, options }));

type Setup = Pick<EnvoyOptions & HaproxySetup, "path" | "root" | "model" | "material">;

async function world<Proxy extends Envoy | Haproxy>(
	kind: "envoy" | "haproxy",
	{ servers: count, wire }: { readonly servers: number; readonly wire: Wire },
	create: (setup: Setup) => Proxy,
): Promise<World<Proxy>> {
	const path = (await findTool(kind))?.path;
	if (path === undefined) throw new Error(missingTool(kind));
	const made = await newMaterial();
	const { material } = made;
	const authority = wire === "tls" ? made.authority.cert : "";
	const model = await socketsModel(
		{ maxRequests: 4_000 },
		wire === "tls" ? {} : { certificate: null },
	);
	const port = model.listeners[0]?.port ?? 0;
	const servers = Array.from({ length: count }, (_, at) => new StubUpstream(`gateway-${at + 1}`));
	for (const server of servers) await server.start();
	const proxy = create({ path, root: await newRoot(), model, material });
	const stop = async (): Promise<void> => {
		await proxy.stop();
		for (const server of servers) await server.stop();
	};
	const endpoints = servers.map(({ endpoint }) => endpoint);
	try {
		await proxy.start();
		await proxy.setEndpoints({ cluster: "gateways", endpoints });
		if (proxy instanceof Envoy)
			await until(async () => (await proxy.admin.hosts("gateways")).length === count, "endpoints");
	} catch (error) {
		await stop();
		throw error;
	}
	const open = (many: number) => openMany(many, port, authority);
	return { proxy, port, authority, servers, endpoints, open, stop };
}

/** In use by these processes now. */
export function memoryOf(pids: readonly number[]): {
	readonly rssMb: number;
	readonly pssMb: number;
} {
	const sum = (file: string, field: string): number =>
		pids.reduce((total, pid) => {
			const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
			return total + Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
		}, 0);
	return { rssMb: sum("status", "VmRSS") / 1_024, pssMb: sum("smaps_rollup", "Pss") / 1_024 };
}

/** Spent by these processes since they began; a tick is 10 ms. */
export function cpuMsOf(pids: readonly number[]): number {
	return pids.reduce((total, pid) => {
		const text = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		return total + 10 * (Number(fields[11]) + Number(fields[12]));
	}, 0);
}

export async function pidsOf(proxy: Envoy | Haproxy): Promise<readonly number[]> {
	if (proxy instanceof Envoy) return proxy.pids;
	const { current, old } = await proxy.master.workers();
	return [...current, ...old];
}

export const quantile = (values: readonly number[], share: number): number => {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
