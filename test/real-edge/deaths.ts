/* Troubles by which links are lost: a gateway, a PoP that refuses, a PoP that is silent. */
import { popOf } from "../../playground/edge/stories/conditions.js";
import type { Bite, Stage, Trouble } from "./contract.js";
import { areAllBack, areElsewhere, busiestPop, mostOf, socketsOfGateway } from "./seeing.js";

/** Silence of 6 s and a question of 3 s, dials of 4 s each, and a machine that has other work. */
const PATIENCE_MS = 90_000;

export const GATEWAY_KILL: Trouble = {
	name: "gateway-kill",
	title: "A gateway is killed",
	about:
		"The busiest gateway dies as by kill -9: its connections are destroyed, and nobody says goodbye.",
	world: "envoy",
	kind: "sudden",
	async run(stage) {
		const { name: pop, gateways } = busiestPop(stage.before);
		const gateway = mostOf(gateways, socketsOfGateway);
		const at = gateways.indexOf(gateway);
		const clients = socketsOfGateway(gateway);
		stage.strike();
		await stage.act({ do: "kill-gateway", pop, gateway: at });
		const isDead = gatewayOf(stage, pop, at)?.is === "down";
		await stage.until(areAllBack, "all to be back", PATIENCE_MS);
		return {
			clients,
			unit: { clients, accepts: stage.settings.acceptRate },
			times: "once",
			bites: [
				{ says: `${gateway.name} had clients, and is down`, holds: isDead && clients > 0 },
				...felt(stage, clients),
			],
		};
	},
	repair: (stage) => restored(stage),
};

const gatewayOf = (stage: Stage, pop: string, at: number) => popOf(stage.state(), pop).gateways[at];

export const POP_KILL: Trouble = {
	name: "pop-kill",
	title: "A PoP is killed",
	about:
		"The busiest PoP is gone at once: its connections are reset, its ports refuse, its gateways die. DNS finds out by its monitor.",
	world: "envoy",
	kind: "sudden",
	async run(stage) {
		const { name: pop } = busiestPop(stage.before);
		return lost(stage, pop, () => stage.act({ do: "kill-pop", pop }));
	},
	repair: (stage) => restored(stage),
};

export const POP_BLACK_HOLE: Trouble = {
	name: "pop-black-hole",
	title: "A PoP is black-holed",
	about:
		"Nothing comes out of the busiest PoP any more, neither an end nor a refusal; newcomers are accepted by the kernel and hear nothing.",
	world: "envoy",
	kind: "sudden",
	async run(stage) {
		const { name: pop } = busiestPop(stage.before);
		const conditions = { door: "silent", links: "black-hole" } as const;
		return lost(stage, pop, () =>
			stage.act({ do: "set-conditions", pop, link: "clients", conditions }),
		);
	},
	async repair(stage) {
		// Its gateways may still hold sockets whose clients have long gone.
		for (const { name: pop, balancers } of stage.state().pops)
			if (balancers.some(({ conditions }) => conditions.links !== "pass"))
				await stage.act({ do: "cut", pop, link: "clients" });
		await restored(stage);
	},
};

async function lost(stage: Stage, pop: string, strike: () => Promise<void>) {
	const { sockets, gateways } = popOf(stage.before, pop);
	const clients = sockets.primary + sockets.backup;
	stage.strike();
	await strike();
	// A small fleet is back before the monitor has asked twice.
	await stage.until(
		(now) => areElsewhere(now, pop) && !popOf(now, pop).dns.up,
		`all to be elsewhere than ${pop}, and DNS to lead nobody there`,
		PATIENCE_MS,
	);
	return {
		clients,
		unit: { clients, accepts: stage.settings.acceptRate * gateways.length },
		times: "once" as const,
		bites: [
			{
				says: `${pop} had clients, and all are elsewhere by the servers' counts; DNS leads nobody there`,
				holds: clients > 0,
			},
			...felt(stage, clients),
		],
	};
}

/** One that was moving to another server at that moment has two links, and loses only one. */
const FELT_BY = 0.95;

function felt(stage: Stage, clients: number): readonly Bite[] {
	const outages = stage.state().fleet.outages - stage.before.fleet.outages;
	return [
		{
			says: `${outages} clients say that they lost their link`,
			holds: outages >= FELT_BY * clients,
		},
	];
}

export async function restored(stage: Stage): Promise<void> {
	for (const { name: pop, is, balancers } of stage.state().pops) {
		const isIll = balancers.some(
			({ conditions }) => conditions.door !== "open" || conditions.links !== "pass",
		);
		if (is === "down" || isIll) await stage.act({ do: "restore-pop", pop });
	}
	for (const { name: pop, gateways } of stage.state().pops)
		for (const [gateway, { is }] of gateways.entries())
			if (is === "down") await stage.act({ do: "restore-gateway", pop, gateway });
}
