/* From what was told of a trouble to figures. Pure. */
import type { Recovery } from "../../playground/edge/fleet/contract.js";
import { quantile } from "../bench/table.js";
import type { Counts, Finding, Sight, Spread, Told } from "./contract.js";
import { failuresOf } from "./judge.js";

const COUNTS = [
	"stored",
	"unstored",
	"delivered",
	"lost",
	"repeated",
	"outOfOrder",
	"late",
	"altered",
] as const;
const POINTS = 120;

export function findingOf(told: Told): Finding {
	const { trouble, clients, remarks, struck, beganAt, endedAt, ledger } = told;
	const found: Omit<Finding, "failures"> = {
		...{ trouble, clients, remarks },
		struck: struck?.clients ?? 0,
		bites: struck?.bites ?? [],
		unit: struck?.unit ?? null,
		seconds: (endedAt - beganAt) / 1_000,
		counts: Object.fromEntries(
			COUNTS.map((name) => [name, ledger.after[name] - ledger.before[name]]),
		) as Counts,
		...timesOf(told),
		...socketsOf(told),
	};
	return { ...found, failures: [...told.failures, ...failuresOf(found, ledger.after.examples)] };
}

type Times = "outages" | "causes" | "without" | "fromLoss" | "fromDial" | "fromStrike" | "onBackup";

/** By the clients. */
function timesOf(told: Told): Pick<Finding, Times | "wholeMs" | "whole" | "lengths"> {
	const { recoveries, struck, struckAt, wholeAt, endedAt } = told;
	const since = struckAt ?? endedAt;
	const felt = recoveries.filter(({ lostAt, backAt }) => lostAt >= since && backAt <= endedAt);
	const fromLoss = felt.map(({ lostAt, backAt }) => backAt - lostAt);
	const fromStrike = fromStrikeOf(told);
	const wholeMs = wholeAt === null ? null : wholeOf(told, fromStrike, fromLoss, wholeAt - since);
	const unitMs = struck === null ? null : (struck.unit.clients / struck.unit.accepts) * 1_000;
	return {
		outages: felt.length,
		causes: causesOf(felt),
		without: spreadOf(withoutOf(felt)),
		fromLoss: spreadOf(fromLoss),
		fromDial: spreadOf(felt.map(({ dialledAt, backAt }) => backAt - dialledAt)),
		fromStrike: spreadOf(fromStrike),
		onBackup: felt.filter(({ role }) => role === "backup").length,
		wholeMs,
		whole: wholeMs === null || !unitMs ? null : wholeMs / unitMs,
		lengths: stepsOf(fromLoss, fromLoss.length),
	};
}

/** Of those that were lost by the time that all were back; none where it strikes again and again. */
function fromStrikeOf({ recoveries, struck, struckAt, wholeAt, endedAt }: Told): readonly number[] {
	if (struckAt === null || struck?.times === "again and again") return [];
	const until = wholeAt ?? endedAt;
	return recoveries
		.filter(({ lostAt, backAt }) => lostAt >= struckAt && lostAt <= until && backAt <= endedAt)
		.map(({ backAt }) => backAt - struckAt);
}

/** By the servers; what comes after all were back is no part of it: those on the backup go home then. */
function socketsOf(told: Told): Pick<Finding, "sockets" | "overlapMs" | "arrivals" | "curve"> {
	const { trouble, clients, struck, struckAt, wholeAt, endedAt } = told;
	const since = struckAt ?? endedAt;
	const until = wholeAt ?? endedAt;
	const sights = told.sights.filter(({ at }) => at >= since && at <= until);
	const counts = sights.map(({ sockets }) => sockets);
	const moved = struck?.clients ?? 0;
	const isPlanned = trouble.kind === "planned";
	return {
		sockets: { fewest: Math.min(...counts, clients), most: Math.max(...counts, 0) },
		overlapMs: isPlanned ? overlapOf(sights, clients, moved) : null,
		arrivals: arrivalsOf(sights),
		curve: isPlanned ? movesOf(sights, since, moved) : stepsOf(fromStrikeOf(told), moved),
	};
}

function wholeOf(
	{ trouble, struck }: Told,
	fromStrike: readonly number[],
	fromLoss: readonly number[],
	seenMs: number,
): number {
	if (struck?.times === "again and again") return Math.max(0, ...fromLoss);
	// By the last client's own clock, which is finer than our looks.
	return trouble.kind === "sudden" && fromStrike.length > 0 ? Math.max(...fromStrike) : seenMs;
}

export function spreadOf(values: readonly number[]): Spread | null {
	const known = values.filter((value) => !Number.isNaN(value));
	if (known.length === 0) return null;
	const at = (share: number): number => quantile(known, share);
	return { count: known.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function causesOf(recoveries: readonly Recovery[]): Finding["causes"] {
	const counts: Record<string, number> = {};
	for (const { cause } of recoveries) counts[cause] = (counts[cause] ?? 0) + 1;
	return counts;
}

/** Of each client, its outages together. */
export function withoutOf(recoveries: readonly Recovery[]): readonly number[] {
	const sums = new Map<string, number>();
	for (const { client, lostAt, backAt } of recoveries)
		sums.set(client, (sums.get(client) ?? 0) + backAt - lostAt);
	return [...sums.values()];
}

/** Sockets beyond one a client, over time, by those that moved: how long each had two. */
export function overlapOf(sights: readonly Sight[], clients: number, moved: number): number | null {
	if (moved === 0) return null;
	let sum = 0;
	for (const [index, { at, sockets }] of sights.entries()) {
		const next = sights[index + 1]?.at ?? at;
		sum += Math.max(0, sockets - clients) * (next - at);
	}
	return sum / moved;
}

/** Second by second since the first look. */
export function arrivalsOf(sights: readonly Sight[]): readonly number[] {
	const [first] = sights;
	if (first === undefined) return [];
	const seconds: number[] = [];
	let before = first.accepted;
	for (const { at, accepted } of sights) {
		const second = Math.floor((at - first.at) / 1_000);
		while (seconds.length <= second) seconds.push(0);
		seconds[second] = (seconds[second] ?? 0) + accepted - before;
		before = accepted;
	}
	return seconds;
}

/** What share of `whole` was back by when, in seconds. */
export function stepsOf(times: readonly number[], whole: number): Finding["curve"] {
	if (whole === 0) return [];
	const sorted = [...times].sort((a, b) => a - b);
	return thin(sorted.map((ms, index) => [ms / 1_000, Math.min(1, (index + 1) / whole)] as const));
}

/** What share of `whole` the servers had taken in by when. */
function movesOf(sights: readonly Sight[], since: number, whole: number): Finding["curve"] {
	const base = sights[0]?.accepted ?? 0;
	if (whole === 0) return [];
	const share = (accepted: number): number => Math.min(1, (accepted - base) / whole);
	return thin(sights.map(({ at, accepted }) => [(at - since) / 1_000, share(accepted)] as const));
}

/** As many points as can be told apart, in figures that are. */
function thin(points: Finding["curve"]): Finding["curve"] {
	const step = Math.max(1, Math.floor(points.length / POINTS));
	return points
		.filter((_, index) => index % step === 0 || index === points.length - 1)
		.map(([seconds, share]) => [Number(seconds.toFixed(3)), Number(share.toFixed(4))] as const);
}
