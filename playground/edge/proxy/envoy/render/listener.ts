/* A listener of Envoy: TLS by file, a chain for each set of names, each with its own routes and no others. */
import type { Chain, Listener, ProxyModel } from "../../model/model.js";
import { ACCESS_LOG } from "./access-log.js";
import type { Layout, Watched } from "./layout.js";
import { renderRoutes } from "./routes.js";
import { address, type Json, seconds, typed } from "./typed.js";

/** Of the whole head. A WebSocket is past it. */
const HEADERS_WITHIN_MS = 5_000;
/** Envoy's own, 1 s, is added to every close that it starts. */
const DELAYED_CLOSE_MS = 100;

export function renderListener(model: ProxyModel, listener: Listener, layout: Layout): Json {
	const { name, certificate, chains } = listener;
	const transport =
		certificate === null ? {} : { transport_socket: tls(layout.secret(certificate)) };
	return {
		name,
		stat_prefix: name,
		address: address(listener),
		...(certificate === null ? {} : { listener_filters: [INSPECTOR] }),
		filter_chains: chains.map((chain) => ({
			name: chain.name,
			...(chain.serverNames.length === 0
				? {}
				: { filter_chain_match: { server_names: chain.serverNames } }),
			...transport,
			filters: [
				{
					name: "envoy.filters.network.http_connection_manager",
					typed_config: connections(model, listener, chain, layout),
				},
			],
		})),
	};
}

/** Reads the name that is asked for, before TLS. */
const INSPECTOR: Json = {
	name: "envoy.filters.listener.tls_inspector",
	typed_config: typed("filters.listener.tls_inspector.v3.TlsInspector"),
};

/** A renamed secret changes the certificate; who is connected stays. */
function tls({ folder, path }: Watched): Json {
	return {
		name: "tls",
		typed_config: typed("transport_sockets.tls.v3.DownstreamTlsContext", {
			common_tls_context: {
				// No HTTP/2: WebSockets over it need other settings and other tests.
				alpn_protocols: ["http/1.1"],
				tls_certificate_sds_secret_configs: [
					{
						name: "edge",
						sds_config: { resource_api_version: "V3", path_config_source: watch(folder, path) },
					},
				],
			},
		}),
	};
}

export const watch = (folder: string, path: string): Json => ({
	path,
	watched_directory: { path: folder },
});

function connections(model: ProxyModel, listener: Listener, chain: Chain, layout: Layout): Json {
	return typed("filters.network.http_connection_manager.v3.HttpConnectionManager", {
		stat_prefix: listener.name,
		codec_type: "HTTP1",
		// Whoever connects is a client, also from loopback: else he could steer us by x-envoy headers.
		use_remote_address: true,
		internal_address_config: {
			cidr_ranges: [{ address_prefix: "255.255.255.255", prefix_len: 32 }],
		},
		server_header_transformation: "PASS_THROUGH",
		generate_request_id: true,
		normalize_path: true,
		merge_slashes: true,
		path_with_escaped_slashes_action: "REJECT_REQUEST",
		upgrade_configs: [{ upgrade_type: "websocket" }],
		// The one timer that cuts an idle WebSocket (5 min by default); see also the routes.
		stream_idle_timeout: "0s",
		request_headers_timeout: seconds(HEADERS_WITHIN_MS),
		delayed_close_timeout: seconds(DELAYED_CLOSE_MS),
		access_log_options: { flush_log_on_tunnel_successfully_established: true },
		access_log: [
			{
				name: "envoy.access_loggers.file",
				typed_config: typed("access_loggers.file.v3.FileAccessLog", {
					path: layout.accessLog,
					log_format: { json_format: ACCESS_LOG },
				}),
			},
		],
		route_config: renderRoutes(model, listener, chain),
		http_filters: [...health(listener), ROUTER],
	});
}

function health({ health }: Listener): readonly Json[] {
	if (health === null) return [];
	return [
		{
			name: "envoy.filters.http.health_check",
			typed_config: typed("filters.http.health_check.v3.HealthCheck", {
				pass_through_mode: false,
				// One per cent is any: none, and it answers 503.
				cluster_min_healthy_percentages: { [health.cluster]: { value: 1 } },
				headers: [{ name: ":path", string_match: { exact: health.path } }],
			}),
		},
	];
}

const ROUTER: Json = {
	name: "envoy.filters.http.router",
	typed_config: typed("filters.http.router.v3.Router", { suppress_envoy_headers: true }),
};
