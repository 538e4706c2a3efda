/* Endpoints come and go: gateways die and new ones take their places, one PoP after the other. */
import { popOf } from "../../playground/edge/stories/conditions.js";
import type { Stage, Trouble } from "./contract.js";
import { restored } from "./deaths.js";
import { areAllBack, mostOf, proxiesOf, socketsOfGateway, sumOf } from "./seeing.js";

const PATIENCE_MS = 60_000;
/** What a proxy says of itself is as old as a second. */
const FACTS_MS = 1_500;

export const CHURN: Trouble = {
	name: "endpoint-churn",
	title: "Endpoints come and go",
	about:
		"In one PoP after the other the gateway with the fewest sockets dies, and a new one takes its place, while Envoy is told by its endpoint file. Whoever is on it loses his link; whoever is on another one must not notice.",
	world: "envoy",
	kind: "sudden",
	async run(stage) {
		const { updates, everyMs, acceptRate } = stage.settings;
		const pops = stage.before.pops.map(({ name }) => name);
		const taken = updatesOf(stage);
		const struck: number[] = [];
		stage.strike();
		for (let at = 0; at < updates / 2; at++) {
			const pop = pops[at % pops.length] ?? "";
			struck.push(await replaceOne(stage, pop, everyMs));
			if (at % 10 === 9) stage.say(`${2 * (at + 1)} of ${updates} updates`);
		}
		await stage.until(areAllBack, "all to be back", PATIENCE_MS);
		await stage.pause(FACTS_MS);
		const told = updatesOf(stage) - taken;
		const one = proxiesOf(stage.state()).every(({ processes }) => processes === 1);
		return {
			clients: sumOf(struck, (count) => count),
			unit: { clients: Math.max(...struck), accepts: acceptRate },
			times: "again and again",
			bites: [
				{ says: `Envoys took ${told} lists, of ${updates}`, holds: told >= updates },
				{ says: "each Envoy is one process still", holds: one },
			],
		};
	},
	repair: (stage) => restored(stage),
};

/** Resolves with how many clients were on it. */
async function replaceOne(stage: Stage, pop: string, everyMs: number): Promise<number> {
	const { gateways } = popOf(stage.state(), pop);
	const emptiest = mostOf(gateways, (each) => -socketsOfGateway(each));
	const gateway = gateways.indexOf(emptiest);
	await stage.act({ do: "kill-gateway", pop, gateway });
	await stage.pause(everyMs);
	await stage.act({ do: "restore-gateway", pop, gateway });
	await stage.pause(everyMs);
	return socketsOfGateway(emptiest);
}

const updatesOf = (stage: Stage): number =>
	sumOf(proxiesOf(stage.state()), ({ updates = 0 }) => updates);
