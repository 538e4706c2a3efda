/* A cluster as a backend of HAProxy. It knows no panic threshold and no zones. */
import type {
	Cluster,
	Endpoint,
	HealthCheck,
	Listener,
	ProxyModel,
	UpstreamTls,
} from "../../model/model.js";
import type { HaproxyLayout, HaproxyOptions } from "./layout.js";

export function renderBackend(
	{ listeners }: ProxyModel,
	cluster: Cluster,
	layout: HaproxyLayout,
	options: HaproxyOptions,
): readonly string[] {
	const { name, balance, connectWithinMs, maxRequests, retry, check, endpoints } = cluster;
	return [
		`backend ${name}`,
		`balance ${balance === "round-robin" ? "roundrobin" : "leastconn"}`,
		`timeout connect ${connectWithinMs}ms`,
		`http-request deny deny_status 503 if { be_conn(${name}) gt ${maxRequests} }`,
		...listeners.flatMap((listener) => limitsOf(listener, name)),
		...(retry === "once" ? RETRY : ["retries 0"]),
		...(check === null ? [] : checkOf(check)),
		`default-server ${serverOptions(cluster, layout)}`,
		...(endpoints === "file" ? places(name, options) : servers(name, endpoints)),
	];
}

/** Of each route that leads here: a frontend can't set them. */
const limitsOf = ({ chains }: Listener, cluster: string): readonly string[] =>
	chains.flatMap(({ name: chain, hosts }) =>
		hosts.flatMap(({ name: host, routes }) =>
			routes.flatMap(({ name, action }) =>
				action.is === "forward" && action.cluster === cluster
					? [
							`http-request set-timeout server ${action.withinMs} if { var(txn.route) -m str ${chain}/${host}/${name} }`,
						]
					: [],
			),
		),
	);

/** The runtime API fills and empties places; what it did is forgotten at a reload. */
function places(name: string, { slots, endpoints }: HaproxyOptions): readonly string[] {
	const taken = endpoints?.get(name) ?? [];
	if (taken.every((each) => each === null))
		return [`server-template ${name}- 1-${slots} 127.0.0.1:1 disabled`];
	return servers(name, taken);
}

const servers = (name: string, all: readonly (Endpoint | null)[]): readonly string[] =>
	all.map((each, at) => {
		const where = each === null ? "127.0.0.1:1 disabled" : `${each.host}:${each.port}`;
		return `server ${name}-${at + 1} ${where}`;
	});

const RETRY: readonly string[] = [
	"retries 1",
	"option redispatch 1",
	"retry-on conn-failure empty-response 502 503 504",
	// A body would be sent twice.
	"http-request disable-l7-retry if !METH_GET",
];

const checkOf = ({ path, withinMs }: HealthCheck): readonly string[] => [
	"option httpchk",
	`http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host check`,
	"http-check expect status 200-499",
	`timeout check ${withinMs}ms`,
];

function serverOptions({ check, outliers, tls }: Cluster, layout: HaproxyLayout): string {
	const parts = ["init-addr none"];
	if (check !== null)
		parts.push(`check inter ${check.everyMs}ms fall ${check.fall} rise ${check.rise}`);
	if (check !== null && outliers !== null)
		parts.push(`observe layer7 error-limit ${outliers.failures} on-error mark-down`);
	if (tls !== null) parts.push(tlsOf(tls, layout));
	return parts.join(" ");
}

function tlsOf(tls: UpstreamTls, layout: HaproxyLayout): string {
	const { serverName, protocol, certificate, authority } = tls;
	return [
		`ssl ssl-min-ver TLSv1.3 alpn ${protocol} sni str(${serverName})`,
		`verify required verifyhost ${serverName}`,
		`crt ${layout.material(certificate, "pem")} ca-file ${layout.material(authority, "authority.pem")}`,
	].join(" ");
}
