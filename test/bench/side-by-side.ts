/* Every measure of every peer, so many times, in turns: what else the machine does strikes all of them. */
import type { Measure, Outcome } from "./measure.js";
import { loadPeer, type PeerName } from "./peers/names.js";

/** Of one peer and one measure: for each figure what each repeat gave. */
export type Results = Readonly<Record<string, readonly Outcome[]>>;
/** By measure, then by peer. */
export type Measured = ReadonlyMap<Measure, ReadonlyMap<PeerName, Results>>;

export interface SideBySideOptions {
	readonly measures: readonly Measure[];
	readonly peers: readonly PeerName[];
	readonly repeats: number;
	readonly tell: (line: string) => void;
}

/** Sizes are the same each time. */
const ONCE: ReadonlySet<string> = new Set(["size"]);

export async function sideBySide(options: SideBySideOptions): Promise<Measured> {
	const { measures, peers, repeats, tell } = options;
	const measured = new Map<Measure, Map<PeerName, Record<string, Outcome[]>>>();
	for (let repeat = 1; repeat <= repeats; repeat += 1)
		for (const measure of measures) {
			if (repeat > 1 && ONCE.has(measure.name)) continue;
			tell(`${measure.name}, ${repeat} of ${repeats} …`);
			const beganAt = performance.now();
			const outcomes = await turn(measure, peers, repeat, tell);
			const ofMeasure = measured.get(measure) ?? new Map<PeerName, Record<string, Outcome[]>>();
			measured.set(measure, ofMeasure);
			for (const [peer, outcome] of outcomes) add(ofMeasure, peer, outcome);
			tell(`${measure.name}, ${((performance.now() - beganAt) / 1_000).toFixed(0)} s`);
		}
	return measured;
}

type Outcomes = Readonly<Record<string, Outcome>>;

function add(all: Map<PeerName, Record<string, Outcome[]>>, peer: PeerName, one: Outcomes): void {
	const results = all.get(peer) ?? {};
	all.set(peer, results);
	for (const [key, outcome] of Object.entries(one))
		results[key] = [...(results[key] ?? []), outcome];
}

async function turn(
	measure: Measure,
	peers: readonly PeerName[],
	repeat: number,
	tell: (line: string) => void,
): Promise<readonly (readonly [PeerName, Outcomes])[]> {
	const one = async (peer: PeerName): Promise<readonly [PeerName, Outcomes]> => {
		const outcome = await measureOne(measure, peer, repeat);
		tell(`  ${peer}: ${JSON.stringify(outcome)}`);
		return [peer, outcome];
	};
	if (measure.turns === "all at once") return Promise.all(peers.map(one));
	const all: (readonly [PeerName, Outcomes])[] = [];
	for (const peer of peers) all.push(await one(peer));
	return all;
}

/** What a peer lacks, or how it failed, is said in place of a number. */
async function measureOne(measure: Measure, name: PeerName, repeat: number): Promise<Outcomes> {
	const { lacks } = await loadPeer(name);
	const lacking = [...measure.needs, "server" as const].find(
		(need) => lacks[need] !== undefined && !(need === "server" && measure.name === "size"),
	);
	const none = (reason: string): Outcomes =>
		Object.fromEntries(measure.figures.map(({ key }) => [key, { none: reason }]));
	if (lacking !== undefined) return none(lacks[lacking] as string);
	try {
		return await measure.measure(name, repeat);
	} catch (reason) {
		return none(`not measured: ${reason instanceof Error ? reason.message : String(reason)}`);
	}
}
