/* What a PoP's real proxies say of themselves, a line each. Our own says nothing: it is no process of its own. Pure. */
import type { PopState } from "../../edge/control/contract.js";
import type { ProxyFacts } from "../../edge/control/proxy-facts.js";
import { figure } from "../ledger/count.js";

export function proxyLines({
	proxy,
	newArm,
}: Pick<PopState, "proxy" | "newArm">): readonly string[] {
	const lines = proxy === undefined ? [] : [wordsOf(proxy)];
	return newArm === undefined ? lines : [...lines, `New arm: ${wordsOf(newArm)}`];
}

function wordsOf(facts: ProxyFacts): string {
	const { kind, version, processes, connections, refused, panics, unplaced } = facts;
	const facets = [
		count(processes, "process", "processes"),
		count(connections, "connection", "connections"),
		gatewaysOf(facts),
		...(refused > 0 ? [`${figure(refused)} × 5xx`] : []),
		...(panics ? [`in panic ${figure(panics)} times`] : []),
		...(unplaced ? [`${figure(unplaced)} without a place`] : []),
	];
	return `${kind === "envoy" ? "Envoy" : "HAProxy"} ${version}: ${facets.join(", ")}`;
}

function gatewaysOf({ endpoints }: ProxyFacts): string {
	const well = endpoints.filter(({ isWell }) => isWell).length;
	return `${figure(well)} of ${count(endpoints.length, "gateway", "gateways")} well`;
}

const count = (n: number, one: string, many: string): string =>
	`${figure(n)} ${n === 1 ? one : many}`;
