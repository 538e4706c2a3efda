/* One edge after the other, and its troubles. One that goes wrong does not take the others' figures along. */
import type { Finding, Settings, Told, Trouble, World } from "./contract.js";
import { findingOf } from "./figures.js";
import { calm, heard, now, type OpenEdge, openEdge, stageOf } from "./open-edge.js";
import { proxiesOf } from "./seeing.js";
import { WORLDS } from "./troubles.js";

export interface RunOptions {
	readonly settings: Settings;
	/** Of progress. */
	readonly say: (line: string) => void;
}

export interface Run {
	readonly findings: readonly Finding[];
	/** "envoy 1.40.0", as they say themselves. */
	readonly proxies: readonly string[];
}

export async function runTroubles(troubles: readonly Trouble[], options: RunOptions): Promise<Run> {
	const findings: Finding[] = [];
	const proxies = new Set<string>();
	for (const world of WORLDS) {
		const own = troubles.filter((trouble) => trouble.world === world.name);
		const open = new Reopening(world, options);
		for (const trouble of own) {
			const finding = await open.tell(trouble, trouble === own.at(-1) ? "last" : "more follow");
			findings.push(finding);
			for (const proxy of open.proxies) proxies.add(proxy);
			options.say(`${trouble.name}: ${summary(finding)}`);
		}
		await open.stop();
	}
	return { findings, proxies: [...proxies] };
}

const summary = ({ failures, counts, outages, struck, wholeMs }: Finding): string =>
	failures.length > 0
		? `FAILED: ${failures.join(" ")}`
		: `${struck} struck, ${outages} outages, all back after ${((wholeMs ?? 0) / 1_000).toFixed(1)} s, ${counts.lost} lost, ${counts.repeated} repeated of ${counts.delivered}`;

/** In the same edge. */
type Next = "last" | "more follow";

/** A world's edge: opened when it is needed, and anew when it was left in a state from which it does not recover. */
class Reopening {
	proxies: readonly string[] = [];
	readonly #world: World;
	readonly #options: RunOptions;
	#open: OpenEdge | null = null;

	constructor(world: World, options: RunOptions) {
		this.#world = world;
		this.#options = options;
	}

	/** Never rejects: what goes wrong is in the finding. */
	async tell(trouble: Trouble, next: Next): Promise<Finding> {
		const { settings, say } = this.#options;
		try {
			this.#open ??= await this.#start();
		} catch (error) {
			return findingOf(notRun(trouble, settings, messageOf(error)));
		}
		say(`${trouble.name}: ${trouble.title.toLowerCase()}`);
		const { told, isWell } = await toldOf(trouble, this.#open, { say, next });
		this.proxies = namesOf(this.#open);
		if (!isWell) await this.stop();
		return findingOf(told);
	}

	async stop(): Promise<void> {
		const open = this.#open;
		this.#open = null;
		await open?.stop();
	}

	async #start(): Promise<OpenEdge> {
		const { settings, say } = this.#options;
		say(`starts an edge (${this.#world.name}) with ${settings.clients} clients`);
		const open = await openEdge(this.#world, settings);
		try {
			await calm(open);
			return open;
		} catch (error) {
			await open.stop();
			throw error;
		}
	}
}

async function toldOf(
	trouble: Trouble,
	open: OpenEdge,
	{ say, next }: { readonly say: RunOptions["say"]; readonly next: Next },
): Promise<{ readonly told: Told; readonly isWell: boolean }> {
	open.take();
	const remarks: string[] = [];
	const beganAt = now();
	const seen: Pick<Writable<Told>, "struck" | "struckAt" | "wholeAt"> = { ...NOTHING_SEEN };
	const strike = (): void => {
		seen.struckAt = now();
		say(`${trouble.name}: strikes`);
	};
	const stage = stageOf(open, { strike, say: (what) => say(`${trouble.name}: ${what}`) });
	const onTheWay = await failureOf(async () => {
		seen.struck = await trouble.run(stage);
		seen.wholeAt = now();
		say(`${trouble.name}: all are back`);
	});
	const afterwards = await failureOf(async () => {
		await trouble.repair(stage);
		// Fail-back takes its time, and is part of what this one cost; the last one need not wait for it.
		if (next === "more follow") remarks.push(...(await calm(open)));
		await heard(open);
	});
	const told: Told = {
		...{
			trouble: briefly(trouble),
			clients: open.settings.clients,
			...seen,
			beganAt,
			endedAt: now(),
		},
		...open.take(),
		ledger: { before: stage.before.ledger, after: stage.state().ledger },
		failures: [...onTheWay, ...afterwards.map((failure) => `Afterwards: ${failure}`)],
		remarks,
	};
	return { told, isWell: afterwards.length === 0 };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NOTHING_SEEN = { struck: null, struckAt: null, wholeAt: null };

/** None, or the one. */
async function failureOf(work: () => Promise<void>): Promise<readonly string[]> {
	try {
		await work();
		return [];
	} catch (error) {
		return [messageOf(error)];
	}
}

const briefly = ({ name, title, about, world, kind }: Trouble): Told["trouble"] => {
	return { name, title, about, world, kind };
};

function notRun(trouble: Trouble, { clients }: Settings, why: string): Told {
	const ledger = { stored: 0, unstored: 0, delivered: 0, lost: 0, repeated: 0, outOfOrder: 0 };
	const nothing = {
		...{ ...ledger, late: 0, altered: 0, pending: 0, oldestPendingMs: 0 },
		...{ clients: 0, sinceMs: 0, examples: [] },
	};
	return {
		...{ trouble: briefly(trouble), clients, ...NOTHING_SEEN, beganAt: now(), endedAt: now() },
		...{ recoveries: [], sights: [], ledger: { before: nothing, after: nothing } },
		...{ failures: [`Not run: ${why}`], remarks: [] },
	};
}

const namesOf = ({ edge }: OpenEdge): readonly string[] =>
	proxiesOf(edge.state).map(({ kind, version }) => `${kind} ${version}`);

const messageOf = (error: unknown): string =>
	error instanceof Error ? error.message : String(error);
