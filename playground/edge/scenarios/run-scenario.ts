/* Runs scenarios on edges of their own: those that need nothing special share one, with new clients each. */
import { fileURLToPath } from "node:url";
import type { EdgeConfig } from "../config.js";
import { ControlClient } from "../control/client.js";
import type { EdgeState } from "../control/contract.js";
import { DRAIN_POLICY } from "../drain/policy.js";
import type { FleetManners } from "../fleet/contract.js";
import { runStory } from "../stories/run-story.js";
import { prepareEdge, type WholeEdge } from "../whole-edge.js";
import type { Coming, Scenario, ScenarioVerdict } from "./contract.js";
import { judge, notRun } from "./judge.js";
import { type Sight, sightOf } from "./sights.js";

export interface RunScenarioOptions {
	/** Of the fleet. Null: as many as the scenario says, or thirty. */
	readonly clients: number | null;
	/** Of DNS's chance. */
	readonly seed: number;
	/** Told of each as it ends. */
	readonly ended?: (verdict: ScenarioVerdict) => void;
}

/** Three in a room, one in each neighbourhood; each says more than a message a second, and boots at once. */
const TALKATIVE: Partial<FleetManners> = {
	...{ room: 3, rate: 1.5 },
	...{ startsPerSecond: 500, mostUnderWay: 50 },
};

const USUAL: Partial<EdgeConfig> = {
	ttl: 1,
	cdnRoot: fileURLToPath(new URL("../../page", import.meta.url)),
	// A minute has no room for the quarter of one that a PoP has to be well otherwise, nor for twice as long
	// after a relapse; and on a busy machine a probe may take a second, and nobody is ill.
	drain: { ...DRAIN_POLICY, probeTimeoutMs: 2_500, leaveMs: 4_000, leaveShare: 0.2, flapMs: 1 },
};

const MOST_HAVE = 30;

/** What a fleet of thousands may need until it is there. */
const PATIENCE_MS = 300_000;

export async function runScenarios(
	scenarios: readonly Scenario[],
	options: RunScenarioOptions,
): Promise<readonly ScenarioVerdict[]> {
	const verdicts = new Map<Scenario, ScenarioVerdict>();
	const end = (scenario: Scenario, verdict: ScenarioVerdict): void => {
		verdicts.set(scenario, verdict);
		options.ended?.(verdict);
	};
	for (const scenario of scenarios)
		if (scenario.story === null) end(scenario, notRun(scenario, options.seed));
	const shared = scenarios.filter(({ story, edge }) => story !== null && edge === null);
	if (shared.length > 0)
		await withEdge({ config: {}, manners: {} }, options, async (edge) => {
			for (const each of shared) end(each, await runOn(edge, each, options));
		});
	for (const each of scenarios)
		if (each.story !== null && each.edge !== null)
			await withEdge(each.edge, options, async (edge) =>
				end(each, await runOn(edge, each, options)),
			);
	return scenarios.map((each) => verdicts.get(each) ?? notRun(each, options.seed));
}

async function withEdge(
	{ config, manners }: NonNullable<Scenario["edge"]>,
	{ seed }: RunScenarioOptions,
	use: (edge: WholeEdge) => Promise<void>,
): Promise<void> {
	const edge = await prepareEdge(
		{ clients: 0, ...USUAL, ...config, seed },
		{ manners: { ...TALKATIVE, ...manners } },
	);
	await edge.start();
	try {
		await use(edge);
	} finally {
		await edge.stop();
	}
}

async function runOn(
	edge: WholeEdge,
	scenario: Scenario,
	{ clients, seed }: RunScenarioOptions,
): Promise<ScenarioVerdict> {
	const { story, measure } = scenario;
	if (story === null) return notRun(scenario, seed);
	const control = new ControlClient({ url: edge.control.url, token: edge.control.token });
	await control.act({ do: "heal" });
	await beGone(control);
	for (const action of scenario.prepare ?? []) await control.act(action);
	const coming = await come(control, clients ?? scenario.clients ?? MOST_HAVE);
	for (const action of scenario.paced?.(coming) ?? []) await control.act(action);
	const sights: Sight[] = [];
	const watching = new AbortController();
	const watched = watch(control, watching.signal, (state) => sights.push(sightOf(state)));
	try {
		const verdict = await runStory(story, { control, enough: "stored" });
		return judge(scenario, verdict, seed, measure?.(sights));
	} finally {
		watching.abort();
		await watched;
	}
}

/**
 * Everybody leaves: new ones go where they live, not where the last scenario has led the old ones. The ledger
 * has to have seen them leave: new clients have the names of old ones.
 */
async function beGone(control: ControlClient): Promise<void> {
	await control.act({ do: "resize-fleet", clients: 0 });
	await seen(control, ({ sockets, ledger, pops }) => {
		const isGone = sockets.primary + sockets.backup + ledger.clients === 0;
		return isGone && pops.every(({ dns, health }) => dns.up && health.ok);
	});
}

async function come(control: ControlClient, clients: number): Promise<Coming> {
	const beganAt = performance.now();
	await control.act({ do: "resize-fleet", clients });
	await seen(
		control,
		({ sockets, ledger }) =>
			sockets.primary + sockets.backup === clients && ledger.clients === clients,
	);
	return { clients, tookMs: performance.now() - beganAt };
}

async function seen(control: ControlClient, holds: (state: EdgeState) => unknown): Promise<void> {
	const patience = AbortSignal.timeout(PATIENCE_MS);
	let last: EdgeState | null = null;
	try {
		for await (const state of control.watch(patience)) {
			if (holds(state)) return;
			last = state;
		}
	} catch (reason) {
		if (!patience.aborted) throw reason;
	}
	const { sockets, fleet, ledger, pops } = last ?? (await control.state());
	const down = pops.filter(({ dns }) => !dns.up).map(({ name }) => name);
	throw new Error(
		`The fleet was not as wanted within ${PATIENCE_MS / 1_000} s: ${sockets.primary + sockets.backup} sockets, ${ledger.clients} in the ledger, ${fleet.wanted} wanted; down: ${down.join(", ") || "nothing"}.`,
	);
}

async function watch(
	control: ControlClient,
	signal: AbortSignal,
	saw: (state: EdgeState) => void,
): Promise<void> {
	try {
		for await (const state of control.watch(signal)) saw(state);
	} catch (reason) {
		if (!signal.aborted) throw reason;
	}
}
