/*
 * Envoy's bootstrap: what must never change while it runs. What changes is in files that are renamed into
 * place: endpoints (`endpoints.ts`) and certificates (`secret.ts`). A changed listener would cut the
 * WebSockets of its chain when Envoy drains it, so a changed model takes a new process.
 */
import type { Listener, ProxyModel } from "../../model/model.js";
import { renderCluster } from "./cluster.js";
import type { Layout } from "./layout.js";
import { renderListener } from "./listener.js";
import { type Json, seconds, toText, typed } from "./typed.js";

/** Above it no connection is taken. */
const HEAP_SHARE = 0.9;
const RESOURCES = "envoy.resource_monitors.";

export function renderBootstrap(model: ProxyModel, layout: Layout): string {
	const { node, listeners, clusters } = model;
	const fleet = clusters.find(({ role }) => role === "own-fleet");
	return toText({
		node: { id: node.id, cluster: fleet?.name ?? "proxy", locality: localityOf(node) },
		...(fleet === undefined ? {} : { cluster_manager: { local_cluster_name: fleet.name } }),
		layered_runtime: {
			layers: [
				{ name: "static", static_layer: limitsOf(listeners) },
				// Without it `/runtime_modify` is refused, and no limit can be lowered while it runs.
				{ name: "admin", admin_layer: {} },
			],
		},
		overload_manager: overloadOf(model),
		static_resources: {
			listeners: listeners.map((listener) => renderListener(model, listener, layout)),
			clusters: clusters.map((cluster) => renderCluster(model, cluster, layout)),
		},
	});
}

export const localityOf = ({
	region,
	zone,
}: {
	readonly region: string;
	readonly zone: string;
}) => ({
	region,
	zone,
});

/** The runtime key of a listener's limit: reset right after accept, before TLS. */
export const limitKey = (listener: string): string =>
	`envoy.resource_limits.listener.${listener}.connection_limit`;

const limitsOf = (listeners: readonly Listener[]): Json =>
	Object.fromEntries(listeners.map((each) => [limitKey(each.name), each.connectionLimit]));

function overloadOf({ maxConnections, maxHeapBytes }: ProxyModel): Json {
	return {
		refresh_interval: seconds(250),
		resource_monitors: [
			{
				name: `${RESOURCES}global_downstream_max_connections`,
				typed_config: typed(
					"resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
					{
						max_active_downstream_connections: maxConnections,
					},
				),
			},
			{
				name: `${RESOURCES}fixed_heap`,
				typed_config: typed("resource_monitors.fixed_heap.v3.FixedHeapConfig", {
					max_heap_size_bytes: maxHeapBytes,
				}),
			},
		],
		loadshed_points: [
			{
				name: "envoy.load_shed_points.tcp_listener_accept",
				triggers: [{ name: `${RESOURCES}fixed_heap`, threshold: { value: HEAP_SHARE } }],
			},
		],
	};
}
