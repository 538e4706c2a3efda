/* E7: endpoints that come and go, a hundred times a minute, under live WebSockets. */
import type { Envoy } from "../../playground/edge/proxy/envoy/envoy.js";
import { Haproxy } from "../../playground/edge/proxy/haproxy/haproxy.js";
import type { Endpoint } from "../../playground/edge/proxy/model/model.js";
import { place } from "../../playground/edge/proxy/place.js";
import { closedOf } from "../playground/sockets/proxy/web-sockets.js";
import { until } from "../support/until.js";
import { newcomers } from "./newcomers.js";
import { pause, pidsOf, quantile, type World } from "./world.js";

export interface ChurnOptions {
	readonly sockets: number;
	readonly updates: number;
	readonly everyMs: number;
}

export interface Churn {
	readonly updates: number;
	readonly sockets: number;
	readonly processes: number;
	readonly dropped: number;
	readonly newcomers: number;
	readonly refused: number;
	/** Until the proxy itself says that it has the new list. */
	readonly convergeP50Ms: number;
	readonly convergeP99Ms: number;
	readonly convergeMaxMs: number;
}

type Anywhere = World<Envoy> | World<Haproxy>;

/** How HAProxy is told: Envoy has one way. */
export type Means = "runtime" | "reload";

export async function churn(
	world: Anywhere,
	{ sockets, updates, everyMs }: ChurnOptions,
	means: Means = "runtime",
): Promise<Churn> {
	const live = await world.open(sockets);
	const coming = newcomers(world.port, world.authority, 100);
	const took: number[] = [];
	let processes = 0;
	for (let at = 0; at < updates; at++) {
		const dueAt = performance.now() + everyMs;
		// One is missing, another each time: the list never has the same length and members twice in a row.
		const endpoints = world.endpoints.filter((_, each) => each !== at % world.endpoints.length);
		took.push(await tell(world, endpoints, means));
		processes = Math.max(processes, (await pidsOf(world.proxy)).length);
		await pause(Math.max(0, dueAt - performance.now()));
	}
	await coming.stop();
	const dropped = closedOf(live).length;
	for (const { socket } of live) socket.terminate();
	return {
		updates,
		sockets,
		processes,
		dropped,
		newcomers: coming.opened + coming.failed.length,
		refused: coming.failed.length,
		convergeP50Ms: quantile(took, 0.5),
		convergeP99Ms: quantile(took, 0.99),
		convergeMaxMs: Math.max(...took),
	};
}

/** Resolves with how long it took until the proxy said that it has it. */
async function tell(
	world: Anywhere,
	endpoints: readonly Endpoint[],
	means: Means,
): Promise<number> {
	const { proxy } = world;
	const beganAt = performance.now();
	await proxy.setEndpoints({ cluster: "gateways", endpoints });
	if (proxy instanceof Haproxy) {
		if (means === "reload") await proxy.reload();
		return performance.now() - beganAt;
	}
	const wanted = endpoints.map(({ host, port }) => `${host}:${port}`).sort();
	await until(async () => {
		const hosts = await proxy.admin.hosts("gateways");
		const now = hosts.map(({ address }) => address).sort();
		return now.length === wanted.length && now.every((each, at) => each === wanted[at]);
	}, "the new list");
	return performance.now() - beganAt;
}

export interface Broken {
	/** Until `trouble` says so. */
	readonly reportedAfterMs: number;
	/** Newcomers still got in, by the last good list. */
	readonly isServed: boolean;
}

export async function brokenFile({ proxy, open }: World<Envoy>): Promise<Broken> {
	const { layout } = proxy.installation;
	const { path } = layout.endpoints("gateways");
	await until(async () => (await proxy.admin.stats("gateways.update_success")).size > 0, "a look");
	await pause(1_000);
	const beganAt = performance.now();
	await place(layout.staging, path, '{"resources": [{"@type": "type.goo');
	await until(() => proxy.trouble, "trouble");
	const reportedAfterMs = performance.now() - beganAt;
	const [socket] = await open(1);
	socket?.socket.terminate();
	return { reportedAfterMs, isServed: socket?.closed === null };
}
