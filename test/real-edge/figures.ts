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
	const { trouble, clients, struck, struckAt, wholeAt, endedAt, ledger } = told;
	const since = struckAt ?? endedAt;
	const until = wholeAt ?? endedAt;
	const felt = told.recoveries.filter(({ lostAt, backAt }) => lostAt >= since && backAt <= endedAt);
	// What comes after all were back is no part of the return: those on the backup go home then.
	const sights = told.sights.filter(({ at }) => at >= since && at <= until);
	const isOnce = struck?.times !== "again and again";
	const returns = felt.filter(({ lostAt }) => lostAt <= until);
	const fromStrike = isOnce ? returns.map(({ backAt }) => backAt - since) : [];
	const fromLoss = felt.map(({ lostAt, backAt }) => backAt - lostAt);
	const wholeMs = wholeAt === null ? null : wholeOf(told, fromStrike, fromLoss, wholeAt - since);
	const unitMs = struck === null ? null : (struck.unit.clients / struck.unit.accepts) * 1_000;
	const moved = sights.map(({ at, accepted }) => [at - since, accepted] as const);
	const found: Omit<Finding, "failures"> = {
		trouble,
		clients,
		struck: struck?.clients ?? 0,
		bites: struck?.bites ?? [],
		seconds: (endedAt - since) / 1_000,
		counts: Object.fromEntries(
			COUNTS.map((name) => [name, ledger.after[name] - ledger.before[name]]),
		) as Counts,
		outages: felt.length,
		causes: causesOf(felt),
		remarks: told.remarks,
		without: spreadOf(withoutOf(felt)),
		fromLoss: spreadOf(fromLoss),
		fromDial: spreadOf(felt.map(({ dialledAt, backAt }) => backAt - dialledAt)),
		fromStrike: spreadOf(fromStrike),
		onBackup: felt.filter(({ role }) => role === "backup").length,
		wholeMs,
		unit: struck?.unit ?? null,
		whole: wholeMs === null || !unitMs ? null : wholeMs / unitMs,
		sockets: {
			fewest: Math.min(...sights.map(({ sockets }) => sockets), clients),
			most: Math.max(...sights.map(({ sockets }) => sockets), 0),
		},
		overlapMs: trouble.kind === "planned" ? overlapOf(sights, clients, struck?.clients ?? 0) : null,
		arrivals: arrivalsOf(sights),
		curve:
			trouble.kind === "planned"
				? movesOf(moved, struck?.clients ?? 0)
				: stepsOf(fromStrike, struck?.clients ?? 0),
		lengths: stepsOf(fromLoss, fromLoss.length),
	};
	return { ...found, failures: [...told.failures, ...failuresOf(found, ledger.after.examples)] };
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

function movesOf(
	moved: readonly (readonly [ms: number, accepted: number])[],
	whole: number,
): Finding["curve"] {
	const [, base = 0] = moved[0] ?? [];
	if (whole === 0) return [];
	return thin(
		moved.map(([ms, accepted]) => [ms / 1_000, Math.min(1, (accepted - base) / whole)] as const),
	);
}

/** As many points as can be told apart, in figures that are. */
function thin(points: Finding["curve"]): Finding["curve"] {
	const step = Math.max(1, Math.floor(points.length / POINTS));
	return points
		.filter((_, index) => index % step === 0 || index === points.length - 1)
		.map(([seconds, share]) => [Number(seconds.toFixed(3)), Number(share.toFixed(4))] as const);
}
