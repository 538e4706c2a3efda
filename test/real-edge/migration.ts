/* From HAProxy to Envoy, by weights in DNS, with a gate at each step. */
import type { EdgeState } from "../../playground/edge/control/contract.js";
import type { Stage, Trouble } from "./contract.js";
import { all } from "./planned.js";
import { areAllBack, leaving, sumOf } from "./seeing.js";

/** Beside users, whoever asks for a PoP's health has a connection for a moment. */
const PROBES = 20;
/** A TTL, and what gateways take in. */
const PATIENCE_MS = 120_000;

export const MIGRATION: Trouble = {
	name: "migration",
	title: "From HAProxy to Envoy",
	about:
		"Weights in DNS lead newcomers to the new arm in steps, each with a gate; at each step one PoP deploys, so that there are newcomers. At its end whoever is still on the old arm is asked to leave it.",
	world: "migration",
	kind: "planned",
	async run(stage) {
		const before = usersBehind(stage.state(), "old");
		stage.strike();
		await stage.act({ do: "migrate" });
		const steps = await stepByStep(stage);
		stage.say("its end: who is on the old arm is asked to leave it");
		await stage.until(isOver, "all to be behind the new arms", PATIENCE_MS);
		const now = stage.state();
		const [old, fresh] = [usersBehind(now, "old"), usersBehind(now, "new")];
		return all(stage, [
			{ says: `the old arms had ${before} connections before`, holds: before > 0 },
			{
				says: `it went through ${steps} steps to its end`,
				holds: now.migration.state.is === "done",
			},
			{
				says: `${fresh} connections are behind the new arms, ${old} behind the old ones`,
				holds: fresh >= now.fleet.wanted && old <= PROBES,
			},
		]);
	},
	repair: async () => undefined,
};

async function stepByStep(stage: Stage): Promise<number> {
	const { pops, migration } = stage.before;
	const { withinMs } = stage.settings;
	const { steps } = migration.policy;
	for (const [at, percent] of steps.entries()) {
		await stage.until((now) => hasReached(now, at), `step ${at} of the migration`, PATIENCE_MS);
		stage.say(`${percent} % of newcomers are led to the new arm`);
		const { name: pop = "" } = pops[at % pops.length] ?? {};
		// One deploy at a time: two at once would be a herd of its own.
		if (percent > 0 && leaving(stage.state()) === 0)
			await stage.act({ do: "deploy", pop, withinMs: withinMs / 2 });
	}
	await stage.until((now) => hasReached(now, steps.length), "its end", PATIENCE_MS);
	return steps.length;
}

/** Throws where it has halted: weights stay as they are then, until somebody decides. */
function hasReached({ migration: { state } }: EdgeState, step: number): boolean {
	if (state.is === "halted") throw new Error(`It halted: ${state.reasons.join("; ")}.`);
	return state.is === "done" || (state.is === "moving" && state.step >= step);
}

const isOver = (now: EdgeState): boolean => areAllBack(now) && usersBehind(now, "old") <= PROBES;

/** Connections at the balancers of an arm: each PoP's last one is the new arm's. */
const usersBehind = ({ pops }: EdgeState, arm: "old" | "new"): number =>
	sumOf(pops, ({ balancers }) =>
		sumOf(arm === "new" ? balancers.slice(-1) : balancers.slice(0, -1), (each) => each.connections),
	);
