/* Troubles that are announced: every client has its next link before it leaves the last one. */
import { popOf, socketsAt } from "../../playground/edge/stories/conditions.js";
import type { Stage, Struck, Trouble } from "./contract.js";
import {
	accepted,
	announcedBy,
	areAllBack,
	areElsewhere,
	busiestPop,
	leaving,
	proxiesOf,
	sumOf,
} from "./seeing.js";

const PATIENCE_MS = 90_000;
/** A doubt about a name lasts at most so long at its source, and a refresh is 30 s away: decision 15. */
const FOLLOW_MS = 150_000;
const COUNT_MS = 1_000;
/** What a proxy says of itself is as old as a second. */
const FACTS_MS = 1_500;

export const DEPLOY: Trouble = {
	name: "deploy",
	title: "A deploy with goodbye",
	about: "New servers take the newcomers in all PoPs at once; the old ones say goodbye.",
	world: "envoy",
	kind: "planned",
	async run(stage) {
		const { withinMs } = stage.settings;
		stage.strike();
		for (const { name: pop } of stage.before.pops) await stage.act({ do: "deploy", pop, withinMs });
		const left = leaving(stage.state());
		await stage.until(areAllBack, "all to have moved", PATIENCE_MS);
		return all(stage, [
			{ says: `${left} clients were on servers that left`, holds: left >= 0.95 * everybody(stage) },
		]);
	},
	repair: async () => undefined,
};

/** Both ways of replacement are done alike, by edges whose Envoys are made for them. */
const replacing = (one: Pick<Trouble, "name" | "title" | "about" | "world">): Trouble => ({
	...one,
	kind: "planned",
	async run(stage) {
		const { withinMs } = stage.settings;
		const most = new Map<string, number>();
		stage.strike();
		const replaced = Promise.all(
			stage.before.pops.map(({ name: pop }) => stage.act({ do: "replace-proxy", pop, withinMs })),
		);
		let isOver = false;
		const over = (): void => {
			isOver = true;
		};
		// A rejection is told below, where it is awaited.
		replaced.then(over, over);
		await stage.until(
			(now) => {
				for (const { name, proxy } of now.pops)
					most.set(name, Math.max(most.get(name) ?? 0, proxy?.processes ?? 0));
				return isOver && areAllBack(now);
			},
			"all Envoys to be replaced, and all clients to have moved",
			PATIENCE_MS,
		);
		await replaced;
		await stage.pause(FACTS_MS);
		const twice = [...most.values()].filter((processes) => processes === 2).length;
		const held = sumOf(proxiesOf(stage.state()), ({ connections }) => connections);
		return all(stage, [
			{ says: `${twice} PoPs had two Envoys meanwhile`, holds: twice === most.size },
			{ says: `the new Envoys have ${held} connections`, holds: held >= everybody(stage) },
		]);
	},
	repair: async () => undefined,
});

export const HANDOVER = replacing({
	name: "handover",
	title: "Envoys are replaced by handover",
	about:
		"A second Envoy in each PoP on the same port, the first one drains, gateways say goodbye: the default (decision 50).",
	world: "envoy",
});

export const HOT_RESTART = replacing({
	name: "hot-restart",
	title: "Envoys are replaced by hot restart",
	about:
		"Envoy's own way: each child takes its parent's listening sockets over, gateways say goodbye, and the parent ends when its time is up.",
	world: "hot-restart",
});

export const DNS_FLIP: Trouble = {
	name: "dns-flip",
	title: "A DNS record is changed",
	about:
		"DNS leads elsewhere than to the busiest PoP from now on, and nothing else happens: clients find out by the refreshes of the name and follow it.",
	world: "envoy",
	kind: "planned",
	async run(stage) {
		const { steadyMs, acceptRate } = stage.settings;
		const waitMs = steadyMs - stage.ageMs();
		if (waitMs > 0) {
			stage.say(`waits ${Math.ceil(waitMs / 1_000)} s until its answers are steady`);
			await stage.pause(waitMs);
		}
		const { name: pop, gateways } = busiestPop(stage.state());
		const clients = socketsAt(popOf(stage.state(), pop));
		const { migrations } = stage.state().fleet;
		stage.strike();
		await stage.act({ do: "flip-dns", pop, up: false });
		await stage.until(
			(now) => areElsewhere(now, pop) && socketsAt(popOf(now, pop)) === 0,
			`all to have left ${pop}`,
			FOLLOW_MS,
		);
		// Clients are counted four times a second.
		await stage.pause(COUNT_MS);
		const moved = stage.state().fleet.migrations - migrations;
		return {
			clients,
			unit: { clients, accepts: acceptRate * gateways.length },
			times: "once",
			bites: [
				{ says: `${pop} had clients, and has none by the servers' counts`, holds: clients > 0 },
				{ says: `${moved} moves by the clients' own count`, holds: moved >= clients },
			],
		};
	},
	async repair(stage) {
		for (const { name: pop, dns } of stage.state().pops)
			if (dns.by === "hand") await stage.act({ do: "flip-dns", pop, up: "auto" });
	},
};

/** N is everybody, C what all gateways announce. */
export function all(stage: Stage, bites: Struck["bites"]): Struck {
	const clients = everybody(stage);
	const came = accepted(stage.state()) - accepted(stage.before);
	return {
		clients,
		unit: { clients, accepts: announcedBy(stage.before) },
		times: "once",
		bites: [
			...bites,
			{ says: `servers took in ${came} sockets meanwhile`, holds: came >= clients },
		],
	};
}

const everybody = ({ before }: Stage): number => before.fleet.wanted;
