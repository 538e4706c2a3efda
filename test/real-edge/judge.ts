/* Whether a trouble was one, and what it cost; and what was asked for against what was found. Pure. */
import type { Finding, Spread } from "./contract.js";

/** Nothing may be lost or repeated, and nothing is shown by a trouble that has struck nobody. */
export function failuresOf(
	{ bites, struck, unit, counts, wholeMs }: Omit<Finding, "failures">,
	examples: readonly string[],
): readonly string[] {
	const costs = (["lost", "repeated", "outOfOrder", "altered"] as const).filter(
		(name) => counts[name] > 0,
	);
	// What did not get so far has its own reason.
	const isOver = unit !== null;
	return [
		...(isOver && struck === 0 ? ["It struck nobody."] : []),
		...bites.filter(({ holds }) => !holds).map(({ says }) => `Not seen: ${says}.`),
		...(isOver && wholeMs === null ? ["Not everybody came back."] : []),
		...(counts.stored === 0 ? ["Nothing was published meanwhile."] : []),
		...costs.map((name) => `${name}: ${counts[name]}. ${examples.slice(0, 3).join("; ")}`),
	];
}

export interface Demand {
	readonly row: string;
	readonly asked: string;
	readonly found: string;
	readonly isMet: boolean;
}

const BACKUP_MS = 500;
const SILENT_MS = { p50: 4_500, p99: 8_000 };
const OVERLAP_MS = 5_000;

/** Rows S7, S11, S15 and S18, as far as the troubles of this run speak of them. */
export function demandsOf(findings: readonly Finding[]): readonly Demand[] {
	const named = (name: string): Finding | undefined =>
		findings.find(({ trouble }) => trouble.name === name);
	const [killed, silent, flipped] = [named("pop-kill"), named("pop-black-hole"), named("dns-flip")];
	const planned = findings.filter(
		({ trouble }) => trouble.kind === "planned" && trouble.name !== "dns-flip",
	);
	return [
		...(killed?.fromLoss ? [ofRefused(killed, killed.fromLoss)] : []),
		...(silent?.fromLoss ? [ofSilent(silent.fromLoss)] : []),
		ofLedger(findings),
		...planned.map(ofPlanned),
		...(flipped ? [ofFlip(flipped)] : []),
	];
}

function ofRefused({ struck, onBackup }: Finding, { p50 }: Spread): Demand {
	return {
		row: "S7",
		asked: "a refused PoP: on the next link within 0.5 s of the loss (p50)",
		found: `${seconds(p50)}; ${onBackup} of ${struck} by the backup's name`,
		isMet: p50 <= BACKUP_MS,
	};
}

function ofSilent({ p50, p99 }: Spread): Demand {
	return {
		row: "S7",
		asked: "a black-holed PoP: 4.5 s from the loss being noticed (p50), 8 s (p99)",
		found: `${seconds(p50)}, ${seconds(p99)}`,
		isMet: p50 <= SILENT_MS.p50 && p99 <= SILENT_MS.p99,
	};
}

function ofLedger(findings: readonly Finding[]): Demand {
	const sum = (name: keyof Finding["counts"]): number =>
		findings.reduce((total, { counts }) => total + counts[name], 0);
	const [lost, repeated, outOfOrder] = [sum("lost"), sum("repeated"), sum("outOfOrder")];
	return {
		row: "S11",
		asked: "0 lost, 0 repeated, 0 reordered, in all troubles together",
		found: `${lost}, ${repeated}, ${outOfOrder}, of ${sum("delivered").toLocaleString("en")} delivered`,
		isMet: lost + repeated + outOfOrder === 0,
	};
}

function ofPlanned({ trouble, clients, outages, sockets, overlapMs }: Finding): Demand {
	const overlap = overlapMs === null ? "" : `, two links for ${seconds(overlapMs)} on average`;
	return {
		row: "S15",
		asked: `${trouble.name}: nobody without a link, sockets never fewer than clients, overlap at most 5 s`,
		found: `${outages} without a link, never fewer than ${sockets.fewest} of ${clients}${overlap}`,
		isMet: outages === 0 && sockets.fewest >= clients && (overlapMs ?? 0) <= OVERLAP_MS,
	};
}

function ofFlip({ struck, outages, wholeMs, arrivals, counts, unit }: Finding): Demand {
	const most = Math.max(0, ...arrivals);
	const accepts = unit?.accepts ?? 0;
	return {
		row: "S18",
		asked:
			"a record is changed: all move, none is lost, and no second takes in more than a PoP's gateways announce",
		found: `${wholeMs === null ? "not all" : "all"} of ${struck} moved, ${outages} without a link, ${counts.lost} lost, at most ${most} in a second, of ${accepts}`,
		isMet: wholeMs !== null && outages === 0 && counts.lost === 0 && most <= accepts,
	};
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
