/* An edge with its fleet, watched; and when it is calm enough for the next trouble. */
import { setTimeout as pause } from "node:timers/promises";
import { perform } from "../../playground/edge/control/perform.js";
import type { EdgeState } from "../../playground/edge/control/contract.js";
import type { Recovery } from "../../playground/edge/fleet/contract.js";
import { prepareEdge, type WholeEdge } from "../../playground/edge/whole-edge.js";
import type { Settings, Sight, Stage, World } from "./contract.js";
import { areAllBack, sumOf } from "./seeing.js";

export interface OpenEdge {
	readonly edge: WholeEdge;
	readonly settings: Settings;
	/** Since everybody was connected for the first time. */
	readonly ageMs: () => number;
	/** What was told and seen since the last call. */
	readonly take: () => {
		readonly recoveries: readonly Recovery[];
		readonly sights: readonly Sight[];
	};
	readonly stop: () => Promise<void>;
}

const LOOK_MS = 100;
const SIGHT_MS = 20;
const START_MS = 180_000;
/** Fail-back takes up to 20 s of the fleet, and an endpoint that failed is left alone for 30 s. */
const CALM_MS = 90_000;
const HEARD_MS = 120_000;

/** Resolves when all clients are connected; rejects, and leaves nothing. */
export async function openEdge(world: World, settings: Settings): Promise<OpenEdge> {
	const { clients, rate, acceptRate } = settings;
	let recoveries: Recovery[] = [];
	let sights: Sight[] = [];
	const edge = await prepareEdge(
		{ clients, acceptRate, ...world.config(settings) },
		{
			manners: { rate, names: "library" },
			recovered: (recovery) => recoveries.push(recovery),
		},
	);
	await edge.start();
	const timer = setInterval(() => sights.push(sightOf(edge)), SIGHT_MS);
	const stop = async (): Promise<void> => {
		clearInterval(timer);
		await edge.stop();
	};
	try {
		await waitFor(edge, areAllBack, `${clients} clients to be connected`, START_MS);
	} catch (error) {
		await stop();
		throw error;
	}
	const since = performance.now();
	const take: OpenEdge["take"] = () => {
		const taken = { recoveries, sights };
		[recoveries, sights] = [[], []];
		return taken;
	};
	return { edge, settings, ageMs: () => performance.now() - since, take, stop };
}

/** What a trouble gets. */
export function stageOf(
	{ edge, settings, ageMs }: OpenEdge,
	{ strike, say }: Pick<Stage, "strike" | "say">,
): Stage {
	return {
		...{ settings, ageMs, strike, say },
		before: edge.state,
		state: () => edge.state,
		act: (action) => perform(edge.assembly, action),
		until: (holds, what, patienceMs = CALM_MS) => waitFor(edge, holds, what, patienceMs),
		pause: async (ms) => void (await pause(ms)),
	};
}

/** Of all clients, who may be on the backup, or on his way home: there is always one whose time has not come. */
const FEW = 0.02;

/**
 * Resolves when all but few are on the primary's name, and few have moved for a while; or, when that has taken too long
 * but nobody is without a link, with what is not so.
 */
export async function calm({ edge, settings }: OpenEdge): Promise<readonly string[]> {
	const few = settings.clients * FEW;
	let [last, since] = [edge.state.fleet, performance.now()];
	const isCalm = (now: EdgeState): boolean => {
		const { outages, migrations } = now.fleet;
		const isStill = outages === last.outages && migrations - last.migrations <= few;
		const isHome = areAllBack(now) && now.sockets.primary >= settings.clients - few;
		const isNamed = now.pops.every(({ dns }) => dns.up);
		if (!isStill || !isHome || !isNamed) [last, since] = [now.fleet, performance.now()];
		return performance.now() - since >= settings.calmMs;
	};
	try {
		await waitFor(
			edge,
			isCalm,
			"all but few to be on the primary's name, and to stay there",
			CALM_MS,
		);
		return [];
	} catch (error) {
		if (!areAllBack(edge.state)) throw error;
		return [(error as Error).message];
	}
}

/** Resolves when all are connected, and what was said before that has arrived. */
export async function heard({ edge }: OpenEdge): Promise<void> {
	await waitFor(edge, areAllBack, "all to be connected", HEARD_MS);
	const since = performance.now();
	await waitFor(
		edge,
		({ ledger }) => ledger.oldestPendingMs < performance.now() - since,
		"what was said to be heard",
		HEARD_MS,
	);
}

async function waitFor(
	edge: WholeEdge,
	holds: (state: EdgeState) => boolean,
	what: string,
	patienceMs: number,
): Promise<void> {
	const giveUpAt = performance.now() + patienceMs;
	while (!holds(edge.state)) {
		if (performance.now() > giveUpAt)
			throw new Error(`Waited ${patienceMs / 1_000} s in vain for ${what}: ${briefly(edge.state)}`);
		await pause(LOOK_MS);
	}
}

/** For whoever has to find out why. */
function briefly({ fleet, pops, ledger, parts }: EdgeState): string {
	const at = pops.map(
		({ name, is, dns, sockets: { primary, backup } }) =>
			`${name} ${is}${dns.up ? "" : ", not named"}, ${primary} + ${backup} sockets`,
	);
	const ill = parts
		.filter(({ is }) => is === "failed")
		.map(({ name, detail }) => `${name}: ${detail}`);
	const { clients, wanted, connected, offline, degraded } = fleet;
	const linked = `${connected.primary} + ${connected.backup} linked of ${clients}, ${wanted} wanted`;
	return [
		`${linked}, ${degraded} degraded, ${offline} offline`,
		...at,
		`oldest pending ${ledger.oldestPendingMs} ms`,
		...ill,
	].join("; ");
}

function sightOf({ assembly }: WholeEdge): Sight {
	const { primary, backup } = assembly.sockets;
	const accepted = sumOf(assembly.pops, ({ gateways }) =>
		sumOf(gateways, ({ state }) => state.accepted),
	);
	return { at: now(), sockets: primary + backup, accepted };
}

/** Wall time, as in what clients tell: finer than `Date.now`. */
export const now = (): number => performance.timeOrigin + performance.now();
