/* The parts of the edge in the order in which they start: what is asked by others comes before them. */

import type { Assembly } from "./assembly.js";
import type { Pop } from "./pop/pop.js";
import type { Part, Trouble } from "./supervisor.js";

const FEED_MS = 250;
/** What a slow machine takes for its first connection to the main region. */
const WELL_MS = 10_000;

/** The control API comes first: by it the others are watched as they start. */
export function partsOf(edge: Assembly, control: Pick<Part, "start" | "stop">): readonly Part[] {
	const { main, config, store } = edge;
	return [
		{ name: "control", start: () => control.start(), stop: () => control.stop() },
		// A page boots from them, and shows how the others start.
		{ name: "cdns", start: () => edge.cdns.start(), stop: () => edge.cdns.stop() },
		{
			name: `${config.main}/${config.log}`,
			start: () => store.start(),
			stop: () => store.stop(),
			look: () => failedIf(store.trouble),
		},
		{ name: `${config.main}/log`, start: () => main.startMesh(), stop: () => main.stopMesh() },
		{ name: `${config.main}/files`, start: () => edge.room.open(), stop: () => edge.room.remove() },
		{
			name: `${config.main}/applink`,
			start: () => main.apps.start(),
			stop: () => main.apps.stop(),
		},
		{
			name: `${config.main}/webapp`,
			start: () => main.startWebapp(),
			stop: () => main.stopWebapp(),
			look: () => downUnless(main.webapp !== null, "the API was taken down"),
		},
		{
			name: "dns",
			start: () => startDns(edge),
			stop: () => edge.names.stop(),
			look: () => lookAtDns(edge),
		},
		...edge.pops.flatMap(partsOfPop),
		monitorOf(edge),
		{
			name: "migration",
			start: async () => edge.migration.rest(),
			stop: async () => edge.migration.stop(),
		},
		{
			name: "drain",
			start: async () => edge.drain.start(),
			stop: () => edge.drain.stop(),
			look: () => failedIf(edge.drain.audit.trouble),
		},
		{ name: "front", start: () => edge.front.start(), stop: () => edge.front.stop() },
		{
			name: "fleet",
			start: () => edge.fleet.start(),
			stop: () => edge.fleet.stop(),
			look: () => failedIf(edge.fleet.trouble),
		},
	];
}

function partsOfPop(pop: Pop): readonly Part[] {
	const { name } = pop.config;
	const look = (): Trouble => downUnless(pop.is !== "down", "the PoP was killed");
	const link: Part = {
		name: `${name}/link`,
		start: () => pop.startLink(),
		stop: () => pop.stopLink(),
		look: () => failedIf(pop.isLogNear ? null : "the main region's log can't be reached"),
		wellWithinMs: WELL_MS,
	};
	return [
		...(pop.isMain ? [] : [link]),
		{
			name: `${name}/gateways`,
			start: () => pop.startGateways(),
			stop: () => pop.stopGateways(),
			look: () =>
				downUnless(
					pop.gateways.some(({ target }) => target !== null),
					"no gateway takes newcomers",
				),
		},
		{ name: `${name}/api`, start: () => pop.api.start(), stop: () => pop.api.stop() },
		...pop.arms.map(({ name: arm, proxy }) => ({
			name: `${name}/${arm === "old" ? "proxy" : "new-arm"}`,
			start: () => proxy.start(),
			stop: () => proxy.stop(),
			look: () => failedIf(proxy.trouble ?? null),
		})),
		{
			name: `${name}/balancers`,
			start: () => pop.startBalancers(),
			stop: () => pop.stopBalancers(),
			look,
		},
	];
}

/** Health and load, for DNS. */
function monitorOf(edge: Assembly): Part {
	let feed: NodeJS.Timeout | undefined;
	return {
		name: "monitor",
		start: async () => {
			edge.monitor.start();
			edge.history.start(() => edge.sockets);
			feed = setInterval(() => {
				for (const { config, sockets } of edge.pops)
					edge.names.load(config.name, sockets.primary + sockets.backup);
			}, FEED_MS);
		},
		stop: async () => {
			clearInterval(feed);
			edge.history.stop();
			edge.monitor.stop();
		},
	};
}

function startDns({ names, reach, config }: Assembly): Promise<void> {
	return names.start(reach.hasAliases ? config.dnsAddress : "127.0.0.1");
}

function lookAtDns({ names }: Assembly): Trouble {
	const { is } = names.state.fault;
	return downUnless(is === "none", `told to be ${is}`);
}

function downUnless(isWell: boolean, detail: string): Trouble {
	return isWell ? null : { is: "down", detail };
}

function failedIf(detail: string | null): Trouble {
	return detail === null ? null : { is: "failed", detail };
}
