/* A cluster's endpoints for Envoy: exactly one cluster a file, or it refuses them all. */
import type { EndpointSet, ProxyNode } from "../../model/model.js";
import { address, type Json, toText } from "./typed.js";

const TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

/** By zone, in the order in which the zones come. */
export function assignment(
	{ region }: Pick<ProxyNode, "region">,
	{ cluster, endpoints }: EndpointSet,
): { readonly [name: string]: Json } {
	const zones = [...new Set(endpoints.map(({ zone }) => zone))];
	return {
		cluster_name: cluster,
		endpoints: zones.map((zone) => ({
			locality: { region, zone },
			lb_endpoints: endpoints
				.filter((each) => each.zone === zone)
				.map((each) => ({ endpoint: { address: address(each) } })),
		})),
	};
}

export function renderEndpoints(node: Pick<ProxyNode, "region">, set: EndpointSet): string {
	return toText({ resources: [{ "@type": TYPE, ...assignment(node, set) }] });
}
