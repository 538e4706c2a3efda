/* A cluster of Envoy. */
import type { Cluster, HealthCheck, Outliers, ProxyModel, UpstreamTls } from "../../model/model.js";
import { assignment } from "./endpoints.js";
import type { Layout } from "./layout.js";
import { watch } from "./listener.js";
import { type Json, seconds, typed } from "./typed.js";

/** Only `max_requests` refuses at once; the others would make clients wait, and 1,024 is their default. */
const FAR_BEYOND = 20_000;

export function renderCluster(model: ProxyModel, cluster: Cluster, layout: Layout): Json {
	const { name, balance, connectWithinMs, panicBelow, zoneAwareFrom, tls, check, outliers } =
		cluster;
	return {
		name,
		...source(model, cluster, layout),
		connect_timeout: seconds(connectWithinMs),
		lb_policy: balance === "round-robin" ? "ROUND_ROBIN" : "LEAST_REQUEST",
		// Else a host that was removed goes on taking newcomers as long as checks find it well.
		ignore_health_on_host_removal: true,
		circuit_breakers: { thresholds: [breakers(cluster)] },
		common_lb_config: {
			healthy_panic_threshold: { value: panicBelow },
			// By default what checks find reaches the balancing up to a second later: all is panic till then.
			update_merge_window: "0s",
			...(zoneAwareFrom === null ? {} : { zone_aware_lb_config: zones(zoneAwareFrom) }),
		},
		...(tls === null ? {} : { transport_socket: upstreamTls(tls, layout) }),
		...(check === null ? {} : { health_checks: [checkOf(check)] }),
		...(outliers === null ? {} : { outlier_detection: outliersOf(outliers) }),
	};
}

function source(model: ProxyModel, { name, endpoints }: Cluster, layout: Layout) {
	if (endpoints !== "file")
		return {
			type: "STATIC",
			load_assignment: assignment(model.node, { cluster: name, endpoints }),
		};
	const { folder, path } = layout.endpoints(name);
	return {
		type: "EDS",
		eds_cluster_config: {
			eds_config: { resource_api_version: "V3", path_config_source: watch(folder, path) },
		},
	};
}

const breakers = ({ maxRequests }: Cluster): Json => ({
	priority: "DEFAULT",
	max_connections: FAR_BEYOND,
	// Never 0: every new WebSocket is pending while its connection is made.
	max_pending_requests: FAR_BEYOND,
	max_requests: maxRequests,
	// No storm of retries when all endpoints refuse.
	retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 },
});

const zones = (from: number): Json => ({ routing_enabled: { value: 100 }, min_cluster_size: from });

function checkOf({ path, everyMs, withinMs, fall, rise }: HealthCheck): Json {
	return {
		timeout: seconds(withinMs),
		interval: seconds(everyMs),
		// A minute by default, as long as nobody has come.
		no_traffic_interval: seconds(everyMs),
		unhealthy_threshold: fall,
		healthy_threshold: rise,
		// Whoever answers, answers; a gateway has no page there.
		http_health_check: { path, expected_statuses: [{ start: 200, end: 500 }] },
	};
}

function outliersOf({ failures, ejectForMs, maxPercent }: Outliers): Json {
	return {
		consecutive_5xx: 100,
		enforcing_consecutive_5xx: 0,
		consecutive_gateway_failure: failures,
		// 0 by default: seen, and not ejected.
		enforcing_consecutive_gateway_failure: 100,
		enforcing_success_rate: 0,
		split_external_local_origin_errors: true,
		consecutive_local_origin_failure: failures,
		interval: seconds(1_000),
		base_ejection_time: seconds(ejectForMs),
		max_ejection_percent: maxPercent,
	};
}

function upstreamTls(
	{ serverName, protocol, certificate, authority }: UpstreamTls,
	layout: Layout,
): Json {
	const file = (name: string, part: string): Json => ({ filename: layout.material(name, part) });
	return {
		name: "tls",
		typed_config: typed("transport_sockets.tls.v3.UpstreamTlsContext", {
			sni: serverName,
			common_tls_context: {
				alpn_protocols: [protocol],
				tls_params: {
					tls_minimum_protocol_version: "TLSv1_3",
					tls_maximum_protocol_version: "TLSv1_3",
				},
				tls_certificates: [
					{
						certificate_chain: file(certificate, "cert.pem"),
						private_key: file(certificate, "key.pem"),
					},
				],
				validation_context: {
					trusted_ca: file(authority, "authority.pem"),
					match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: serverName } }],
				},
			},
		}),
	};
}
