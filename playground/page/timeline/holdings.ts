/* What a client holds, as labels and values. Pure. */
import type {
	ClientStats,
	ConnectionState,
	EndpointStatus,
	OutboxEntry,
	Position,
	ServiceMode,
} from "holdfast";
import type { VisitState } from "../../edge/control/contract.js";
import { type Fact, roleOf, seconds } from "./words.js";

export interface Holdings {
	readonly connection: ConnectionState;
	readonly mode: ServiceMode;
	readonly stats: ClientStats;
	readonly endpoints: readonly EndpointStatus[];
	readonly outbox: readonly OutboxEntry[];
	readonly positions: ReadonlyMap<string, Position>;
	readonly visits: readonly VisitState[];
	readonly now: number;
	readonly cityOf: (pop: string) => string;
}

export interface HoldingsGroup {
	readonly title: string;
	readonly facts: readonly Fact[];
}

const MOST_WAITING = 5;

export function holdingsOf(holdings: Holdings): readonly HoldingsGroup[] {
	const { mode, connection } = holdings;
	return [
		{
			title: "Link",
			facts: [
				["connection", connection.status],
				["mode", mode.mode === "normal" ? "normal" : `${mode.mode} (${mode.reasons.join(", ")})`],
				...figuresOf(holdings.stats),
			],
		},
		{ title: "Outbox", facts: outboxOf(holdings) },
		{ title: "Positions", facts: positionsOf(holdings.positions) },
		{
			title: "Health of its endpoints",
			facts: holdings.endpoints.map((each) => healthOf(each, holdings.now)),
		},
		{ title: "DNS answers", facts: answersOf(holdings) },
	];
}

function figuresOf({
	latencyMs,
	dials,
	failovers,
	migrations,
	polls,
}: ClientStats): readonly Fact[] {
	return [
		["latency", latencyMs === null ? "not measured yet" : `${latencyMs.toFixed(1)} ms`],
		["dials", String(dials)],
		["failovers", String(failovers)],
		["moves", `${migrations} without a pause`],
		["polls", String(polls)],
	];
}

function outboxOf({ outbox, now }: Holdings): readonly Fact[] {
	if (outbox.length === 0) return [["waiting", "nothing"]];
	const shown = outbox
		.slice(0, MOST_WAITING)
		.map(
			({ id, queuedAt, inFlight }): Fact => [
				id.slice(0, 8),
				`${inFlight ? "sent, no receipt yet" : "waits"}, ${seconds(Math.max(0, now - queuedAt))}`,
			],
		);
	const more = outbox.length - shown.length;
	return more > 0 ? [...shown, ["and more", String(more)]] : shown;
}

function positionsOf(positions: Holdings["positions"]): readonly Fact[] {
	if (positions.size === 0) return [["none", "nothing was heard yet"]];
	return [...positions].map(
		([channel, { epoch, offset }]): Fact => [channel, `${offset} of epoch ${epoch.slice(0, 8)}`],
	);
}

function healthOf(
	{ endpoint, failures, ejectedUntil, lastGoodAt }: EndpointStatus,
	now: number,
): Fact {
	const parts = [
		failures === 0 ? "well" : `${failures} ${failures === 1 ? "failure" : "failures"}`,
	];
	if (ejectedUntil !== null && ejectedUntil > now)
		parts.push(`not asked for ${seconds(ejectedUntil - now)}`);
	if (lastGoodAt !== null) parts.push(`good ${seconds(Math.max(0, now - lastGoodAt))} ago`);
	return [roleOf(endpoint.url), parts.join(", ")];
}

function answersOf({ visits, now, cityOf }: Holdings): readonly Fact[] {
	const newest = new Map(visits.map((visit) => [visit.name, visit]));
	if (newest.size === 0) return [["none", "nothing was dialled yet"]];
	return [...newest.values()].map(({ name, pop, answers, askedAt, ttlMs }): Fact => {
		if (pop === null) return [name, "no answer"];
		const leftMs = askedAt + ttlMs - now;
		const life = leftMs > 0 ? `${seconds(leftMs)} left` : "expired";
		return [name, `${answers.join(", ")} (${cityOf(pop)}), ${life}`];
	});
}
