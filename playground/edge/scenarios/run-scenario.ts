/* Runs scenarios on edges of their own: those that need nothing special share one, with new clients each. */
import { fileURLToPath } from "node:url";
import type { EdgeConfig, ProxyKind } from "../config.js";
import { ControlClient } from "../control/client.js";
import type { EdgeState } from "../control/contract.js";
import { DRAIN_POLICY } from "../drain/policy.js";
import type { FleetManners } from "../fleet/contract.js";
import type { LogKind } from "../log/log-store.js";
import { runStory } from "../stories/run-story.js";
import { findTool, missingTool } from "../tools/find-tool.js";
import { prepareEdge, type WholeEdge } from "../whole-edge.js";
import type { Coming, Scenario, ScenarioEdge, ScenarioVerdict } from "./contract.js";
import { judge, notRun } from "./judge.js";
import { type Sight, sightOf } from "./sights.js";

export interface RunScenarioOptions {
	/** Of the fleet. Null: as many as the scenario says, or thirty. */
	readonly clients: number | null;
	/** Of DNS's chance. */
	readonly seed: number;
	/** In each PoP. Null: what the scenario is about, or the embedded one. */
	readonly proxy?: ProxyKind | null;
	/** Where messages lie. @default "memory" */
	readonly log?: LogKind;
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
	const can: Scenario[] = [];
	for (const each of scenarios) {
		const why = await objection(each, options);
		if (why === null) can.push(each);
		else end(each, notRun(each, { seed: options.seed, proxy: proxyOf(each, options) }, why));
	}
	const shared = can.filter(({ edge }) => edge === null);
	await withEdge(shared, { config: {}, manners: {} }, options, end);
	for (const each of can) if (each.edge !== null) await withEdge([each], each.edge, options, end);
	return scenarios.flatMap((each) => verdicts.get(each) ?? []);
}

const proxyOf = ({ proxies }: Scenario, { proxy }: RunScenarioOptions): ProxyKind =>
	proxy ?? proxies?.[0] ?? "embedded";

/** Why it can't be played; null: it can. A proxy that was asked for by name, and is missing, its edge will name. */
async function objection(scenario: Scenario, options: RunScenarioOptions): Promise<string | null> {
	const proxy = proxyOf(scenario, options);
	const { proxies } = scenario;
	if (proxies !== null && !proxies.includes(proxy))
		return `it needs --proxy ${proxies.join(" or ")}.`;
	if (proxy === "embedded" || options.proxy === proxy) return null;
	return (await findTool(proxy)) === undefined ? missingTool(proxy) : null;
}

/** Of one kind of proxy, all of them. */
async function withEdge(
	scenarios: readonly Scenario[],
	{ config, manners }: ScenarioEdge,
	options: RunScenarioOptions,
	end: (scenario: Scenario, verdict: ScenarioVerdict) => void,
): Promise<void> {
	const [first] = scenarios;
	if (first === undefined) return;
	const { seed, log = "memory" } = options;
	const edge = await prepareEdge(
		{ clients: 0, ...USUAL, ...config, seed, log, proxy: proxyOf(first, options) },
		{ manners: { ...TALKATIVE, ...manners } },
	);
	await edge.start();
	try {
		for (const each of scenarios) end(each, await runOn(edge, each, options));
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
	const { proxy } = edge.assembly.config;
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
		return judge(scenario, verdict, { seed, proxy }, measure?.(sights));
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
