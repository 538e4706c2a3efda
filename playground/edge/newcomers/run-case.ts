/* One case on an edge that runs: strangers come, it strikes, and is watched until the last cache has lapsed. */
import { setTimeout as wait } from "node:timers/promises";
import { perform } from "../control/perform.js";
import type { WholeEdge } from "../whole-edge.js";
import type { Case } from "./cases.js";
import { CHANGE_WITHIN_MS, figuresOf, type NewcomerFigures } from "./figures.js";
import { Strangers } from "./strangers.js";
import { NewcomerWatch } from "./watch-newcomers.js";

const LOOK_MS = 100;
/** Newcomers that still come then would break every bound. */
const MARGIN_MS = 4_000;

/** `strangers`: how many; each dials once a second. */
export async function runCase(
	edge: WholeEdge,
	{ place, automation, strike }: Case,
	strangers: number,
): Promise<NewcomerFigures> {
	const { assembly } = edge;
	await perform(assembly, { do: "set-automation", automation });
	// Both zones of a PoP get newcomers, also where there are two proxies to migrate between.
	for (const { config } of assembly.pops) assembly.names.weigh(config.name, []);
	const people = new Strangers(assembly, place.pop);
	const watch = new NewcomerWatch(assembly, place, people);
	try {
		people.start(strangers);
		const ready = (): boolean =>
			watch.accepted > 0 &&
			people.dials.all >= 3 * strangers &&
			(automation === "off" || isProbed(edge));
		while (!ready()) await wait(LOOK_MS);
		const faultAt = performance.now();
		await strike(edge);
		await wait(CHANGE_WITHIN_MS + assembly.config.ttl * 1_000 + MARGIN_MS);
		return figuresOf(watch.seenSince(faultAt));
	} finally {
		people.stop();
		watch.stop();
		await perform(assembly, { do: "heal" });
		while (!edge.state.pops.every(({ dns, health }) => dns.up && health.ok)) await wait(LOOK_MS);
	}
}

const isProbed = ({ assembly }: WholeEdge): boolean =>
	assembly.drain.view.seen.every(({ zones }) => zones.every(({ asked }) => asked >= 8));
