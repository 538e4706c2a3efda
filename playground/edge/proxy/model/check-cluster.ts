/* What is wrong with a cluster, and with a list of endpoints that it is to be given. */
import { isIP } from "node:net";
import { checkName, type Report } from "./problems.js";
import type { Cluster, Endpoint, EndpointSet, ProxyModel } from "./model.js";
import { ProxyModelError } from "./proxy-model-error.js";

export function checkCluster(model: ProxyModel, cluster: Cluster, report: Report): void {
	const { name, endpoints, connectWithinMs, maxRequests, panicBelow, check, zoneAwareFrom } =
		cluster;
	checkName("Cluster", name, report);
	if (!(connectWithinMs >= 1)) report(`Cluster ${name} would wait for ever to connect.`);
	if (!(maxRequests >= 1)) report(`Cluster ${name} would take no request at all.`);
	if (!(panicBelow >= 0 && panicBelow <= 100)) report(`Cluster ${name}: panicBelow is in percent.`);
	if (check !== null && check.withinMs > check.everyMs)
		report(`Cluster ${name}: a check may not take longer than the time to the next.`);
	if (endpoints !== "file") checkEach(name, endpoints, report);
	const fleets = model.clusters.filter(({ role }) => role === "own-fleet");
	if (zoneAwareFrom !== null && fleets.length !== 1)
		report(`Cluster ${name} is zone-aware: that needs one cluster that is the own fleet.`);
}

/** Throws a `ProxyModelError` where this list is not for the model's cluster of that name. */
export function checkEndpoints(model: ProxyModel, set: EndpointSet): EndpointSet {
	const problems: string[] = [];
	const report: Report = (problem) => void problems.push(problem);
	const files = model.clusters.filter(({ endpoints }) => endpoints === "file");
	if (!files.some(({ name }) => name === set.cluster)) {
		const names = files.map(({ name }) => name).join(", ");
		report(`Endpoints are for cluster "${set.cluster}", but those by file are ${names}.`);
	}
	checkEach(set.cluster, set.endpoints, report);
	if (problems.length > 0) throw new ProxyModelError("The endpoints", problems);
	return set;
}

function checkEach(cluster: string, endpoints: readonly Endpoint[], report: Report): void {
	const seen = new Set<string>();
	for (const { host, port, zone } of endpoints) {
		const address = `${host}:${port}`;
		if (isIP(host) === 0) report(`Cluster ${cluster} has endpoint ${address}: it takes addresses.`);
		if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
			report(`Cluster ${cluster} has endpoint ${address}, whose port is none.`);
		if (zone === "") report(`Cluster ${cluster} has endpoint ${address} in no zone.`);
		if (seen.has(address)) report(`Cluster ${cluster} has endpoint ${address} twice.`);
		seen.add(address);
	}
}

/** What somebody else wrote: `{ "cluster": …, "endpoints": [{ "host", "port", "zone" }] }`. Throws as `checkEndpoints` does. */
export function readEndpointFile(model: ProxyModel, cluster: string, text: string): EndpointSet {
	const refuse = (why: string): never => {
		throw new ProxyModelError(`The endpoint file of ${cluster}`, [why]);
	};
	let content: unknown = null;
	try {
		content = JSON.parse(text);
	} catch {
		refuse("It is no JSON, or half of it: write it beside, then rename it into place.");
	}
	if (!isEndpointSet(content)) return refuse("It is no list of endpoints.");
	if (content.cluster !== cluster)
		return refuse(`It is for cluster "${content.cluster}", not "${cluster}".`);
	return checkEndpoints(model, content);
}

function isEndpointSet(content: unknown): content is EndpointSet {
	const { cluster, endpoints } = (content ?? {}) as Partial<EndpointSet>;
	return (
		typeof cluster === "string" &&
		Array.isArray(endpoints) &&
		endpoints.every(
			(each: Partial<Endpoint>) =>
				typeof each?.host === "string" &&
				typeof each.port === "number" &&
				typeof each.zone === "string",
		)
	);
}
