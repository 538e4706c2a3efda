/* What each action does to the edge. Rejects with words for people where it can't be done. */

import type { Assembly } from "../assembly.js";
import { HEALTHY } from "../balancer.js";
import type { DrainAction } from "../drain/action.js";
import { readTarget, zonesOf } from "../drain/target.js";
import type { Pop } from "../pop/pop.js";
import { type Action, ROLES } from "./contract.js";

/** Which of the gateways; throws where there is none of that number. */
function gatewayOf(edge: Assembly, { pop, gateway }: { pop: string; gateway: number }) {
	const { gateways } = edge.pop(pop);
	const found = gateways[gateway];
	if (found !== undefined) return found;
	throw new RangeError(`${pop} has gateways 0 to ${gateways.length - 1}.`);
}

export async function perform(edge: Assembly, action: Action): Promise<void> {
	switch (action.do) {
		case "kill-pop":
			return edge.pop(action.pop).kill();
		case "restore-pop":
			await edge.pop(action.pop).restore();
			return edge.names.flip(action.pop, "auto");
		case "drain-pop":
			edge.pop(action.pop).drain(action.withinMs);
			return edge.names.flip(action.pop, false);
		case "set-conditions":
			return edge.pop(action.pop).setConditions(action.link, action.conditions);
		case "cut":
			return edge.pop(action.pop).cut(action.link);
		case "kill-gateway":
			return gatewayOf(edge, action).kill();
		case "restore-gateway":
			return gatewayOf(edge, action).start();
		case "deploy":
			return edge.pop(action.pop).deploy(action.withinMs);
		case "restart-servers":
			return edge.pop(action.pop).restart();
		case "allow-boots":
			return edge.pop(action.pop).api.www.allowBoots(action.share);
		case "crowd":
			return edge.crowd.send(edge.pop(action.pop).config, action);
		case "set-upgrades":
		case "set-checks":
		case "show-certificate":
		case "replace-proxy":
		case "reload-proxy":
			return performOnProxy(edge, edge.pop(action.pop), action);
		case "drain":
		case "undrain":
		case "set-automation":
			return order(edge, action);
		case "migrate":
		case "roll-back":
			return edge.migration.order(action.do);
		default:
			return performElsewhere(edge, action);
	}
}

function order({ drain, config }: Assembly, action: DrainAction): void {
	if (action.do === "set-automation")
		return drain.order({ is: "automation", automation: action.automation });
	const { stepPercent = 100, everyMs = 1_000 } = action;
	const target = readTarget(action, zonesOf(config));
	const pace = { stepPercent, everyMs };
	if (action.do === "undrain") return drain.order({ is: "undrain", target, pace });
	const { reason = "by order" } = action;
	drain.order({ is: "drain", target, pace, reason });
}

type Elsewhere = Extract<
	Action,
	{
		do:
			| "flip-dns"
			| "fault-dns"
			| "set-name"
			| "set-api"
			| "fault-cdn"
			| "heal-cdn"
			| "set-window"
			| "resize-fleet"
			| "sleep-fleet"
			| "heal";
	}
>;

async function performElsewhere(edge: Assembly, action: Elsewhere): Promise<void> {
	switch (action.do) {
		case "flip-dns":
			edge.pop(action.pop);
			return edge.names.flip(action.pop, action.up);
		case "fault-dns":
			return edge.names.fault(action.fault);
		case "set-name":
			edge.names.setName(action.name, action.up);
			for (const pop of edge.pops) pop.proxies.setName(action.name, action.up);
			return;
		case "set-api":
			return action.up ? edge.main.startWebapp() : edge.main.stopWebapp();
		case "fault-cdn":
			return edge.cdns.fault(action.cdn, action.fault, action.pattern);
		case "heal-cdn":
			return edge.cdns.heal(action.cdn);
		case "set-window":
			edge.acceptRate = action.acceptRate;
			return;
		case "resize-fleet":
			return edge.fleet.resize(action.clients);
		case "sleep-fleet":
			return edge.fleet.sleep(action.ms);
		case "heal":
			return heal(edge);
		default:
			action satisfies never;
	}
}

type OnProxy = Extract<
	Action,
	{
		do: "set-upgrades" | "set-checks" | "show-certificate" | "replace-proxy" | "reload-proxy";
	}
>;

async function performOnProxy({ credentials }: Assembly, pop: Pop, action: OnProxy): Promise<void> {
	switch (action.do) {
		case "set-upgrades":
			pop.proxies.upgrades = action.upgrades;
			return;
		case "set-checks":
			return pop.proxies.setChecks(action.checks);
		case "show-certificate": {
			const { edge, expired } = credentials;
			return pop.proxies.show(action.certificate === "good" ? edge : expired);
		}
		case "replace-proxy":
			return pop.replaceProxies(action.withinMs);
		case "reload-proxy":
			return pop.proxies.reload();
		default:
			action satisfies never;
	}
}

async function heal(edge: Assembly): Promise<void> {
	edge.names.fault({ is: "none" });
	edge.drain.heal();
	edge.migration.heal();
	edge.acceptRate = edge.config.acceptRate;
	for (const name of ROLES) await performElsewhere(edge, { do: "set-name", name, up: true });
	await edge.main.startWebapp();
	for (const pop of edge.pops) {
		await pop.restore();
		pop.proxies.setChecks("pass");
		await pop.proxies.show(edge.credentials.edge);
		await pop.setConditions("main", HEALTHY);
		pop.api.www.allowBoots(1);
		edge.names.flip(pop.config.name, "auto");
	}
	for (const { name } of edge.cdns.states) await edge.cdns.heal(name);
}
