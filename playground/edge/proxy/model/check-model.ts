/*
 * What no proxy is asked about: a model is whole, or it is refused with all that is wrong in it. A proxy
 * would find some of this too, late, in its own words, or never: Envoy takes two routes of which one is
 * never reached, and an endpoint file of another cluster leaves it with the old list and one more count.
 */
import { checkCluster } from "./check-cluster.js";
import { checkRoutes } from "./check-route.js";
import type { Chain, Listener, ProxyModel, VirtualHost } from "./model.js";
import { checkName, type Lead, namesOf, type Report, unique } from "./problems.js";
import { ProxyModelError } from "./proxy-model-error.js";

const DOMAIN = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** Throws a `ProxyModelError` with every problem. */
export function checkModel(model: ProxyModel): ProxyModel {
	const problems: string[] = [];
	const report: Report = (problem) => void problems.push(problem);
	const { listeners, clusters, maxConnections, maxHeapBytes } = model;
	const names = clusters.map(({ name }) => name);
	unique("listener", namesOf(listeners), report);
	unique("cluster", names, report);
	unique(
		"address of listeners",
		listeners.filter(({ port }) => port !== 0).map(({ host, port }) => `${host}:${port}`),
		report,
	);
	if (listeners.length === 0) report("There is no listener: nobody would reach this proxy.");
	if (!(maxConnections >= 1)) report("maxConnections has to be at least 1.");
	if (!(maxHeapBytes >= 64e6))
		report("maxHeapBytes has to be at least 64 MB: Envoy starts with it.");
	const lead = (place: string, cluster: string): void => {
		if (!names.includes(cluster))
			report(`${place} leads to cluster "${cluster}", which is none of ${names.join(", ")}.`);
	};
	for (const listener of listeners) checkListener(listener, lead, report);
	for (const cluster of clusters) checkCluster(model, cluster, report);
	if (problems.length > 0) throw new ProxyModelError("The proxy's model", problems);
	return model;
}

function checkListener(listener: Listener, lead: Lead, report: Report): void {
	const { name, certificate, connectionLimit, health, chains, port } = listener;
	checkName("Listener", name, report);
	if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
		report(`Listener ${name} has port ${port}, which is none.`);
	if (!(connectionLimit >= 1)) report(`Listener ${name} would take no connection at all.`);
	if (health !== null) lead(`The health of listener ${name}`, health.cluster);
	unique(`chain of ${name}`, namesOf(chains), report);
	const serverNames = chains.flatMap((chain) => chain.serverNames);
	unique(`server name of ${name}`, serverNames, report);
	for (const domain of serverNames) checkDomain(name, domain, report);
	if (certificate === null && serverNames.length > 0)
		report(`Listener ${name} is plain: there are no server names without TLS.`);
	if (chains.filter((chain) => chain.serverNames.length === 0).length > 1)
		report(`Listener ${name} has two chains for whoever names nobody.`);
	for (const chain of chains) checkChain(name, chain, lead, report);
}

function checkChain(listener: string, chain: Chain, lead: Lead, report: Report): void {
	const place = `${listener}/${chain.name}`;
	checkName("Chain", chain.name, report);
	unique(`virtual host of ${place}`, namesOf(chain.hosts), report);
	unique(
		`domain of ${place}`,
		chain.hosts.flatMap(({ domains }) => domains),
		report,
	);
	for (const host of chain.hosts) checkHost(`${place}/${host.name}`, host, lead, report);
}

function checkHost(place: string, host: VirtualHost, lead: Lead, report: Report): void {
	checkName("Virtual host", host.name, report);
	if (host.domains.length === 0) report(`${place} is for no domain.`);
	for (const domain of host.domains) if (domain !== "*") checkDomain(place, domain, report);
	unique(`route of ${place}`, namesOf(host.routes), report);
	checkRoutes(place, host.routes, lead, report);
}

function checkDomain(place: string, domain: string, report: Report): void {
	if (!DOMAIN.test(domain))
		report(`${place} has "${domain}": a name in lower case, perhaps with "*." before it.`);
}
