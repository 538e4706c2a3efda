/*
 * The drain daemon's decisions. An order by hand, or what the automation makes of a zone's health, begins a
 * drain; the guard may refuse it. It goes in steps, and so does the way back.
 *
 *    order, or faulty          100 %, by steps            nobody is left
 *   ─────────────────▶ draining ──────────▶ drained: goodbyes ──────▶ drained: empty
 *      guard: refused     │ guard: held        │                        │
 *                         ╰──── undrain, or well again ─────────────────╯
 *                                              ▼       0 %, by steps
 *                                          undraining ──────────────▶ gone
 *
 * A drain by hand is ended by hand alone. What is undrained by hand while it is faulty is left alone until it
 * was well again.
 */

import { automate } from "./automation.js";
import { beginDrain, beginUndrain } from "./begin.js";
import type {
	AuditEntry,
	DaemonState,
	Decided,
	Drain,
	DrainPolicy,
	Effect,
	Input,
	PopSeen,
	Seen,
	Stage,
} from "./contract.js";
import { goodbyeMs } from "./goodbye.js";
import { guard } from "./guard.js";
import { isFaulty, judge, WELL } from "./health.js";
import { idOf } from "./target.js";

export const newDaemon = ({ automation }: Pick<DrainPolicy, "automation">): DaemonState => ({
	automation,
	drains: [],
	health: {},
	released: [],
	told: [],
});

/** `seen`: all PoPs as they are now. `now`: of a monotonic clock, in ms. */
export function transition(
	state: DaemonState,
	input: Input,
	seen: Seen,
	policy: DrainPolicy,
	now: number,
): Decided {
	switch (input.is) {
		case "seen":
			return look(state, seen, policy, now);
		case "drain": {
			const order = { ...input, by: "hand" as const };
			const begun = beginDrain(state, order, seen, policy, now);
			return begun.refusal === null ? advance(begun, seen, policy, now) : begun;
		}
		case "undrain": {
			const id = idOf(input.target);
			const order = { id, pace: input.pace, by: "hand" as const, why: "by order" };
			const begun = beginUndrain(state, order, now);
			if (begun.refusal !== null) return begun;
			const isHeldBack = faultyIn(state, id, seen) && !state.released.includes(id);
			const released = isHeldBack ? [...begun.state.released, id] : begun.state.released;
			return advance({ ...begun, state: { ...begun.state, released } }, seen, policy, now);
		}
		case "automation": {
			const { automation } = input;
			const audit: AuditEntry = {
				...{ what: "automation", id: null, by: "hand", percent: null },
				why: `set to ${automation}`,
			};
			// What was known is too old by the time it looks again.
			const health = automation === "off" ? {} : state.health;
			const next = { ...state, automation, health, told: [] };
			return { state: next, effects: [], audit: [audit], refusal: null };
		}
		default:
			return input satisfies never;
	}
}

function look(state: DaemonState, seen: Seen, policy: DrainPolicy, now: number): Decided {
	if (state.automation === "off")
		return advance({ state, effects: [], audit: [], refusal: null }, seen, policy, now);
	const health = Object.fromEntries(
		seen
			.flatMap(({ zones }) => zones)
			.map((zone) => [zone.zone, judge(state.health[zone.zone] ?? WELL, zone, policy, now)]),
	);
	const judged = { ...state, health };
	return advance(automate(judged, seen, policy, now), seen, policy, now);
}

function faultyIn({ health }: DaemonState, id: string, seen: Seen): boolean {
	const zones = seen.find(({ pop }) => pop === id)?.zones.map(({ zone }) => zone) ?? [id];
	return zones.some((zone) => isFaulty(health[zone] ?? WELL));
}

/** Every drain as far as it may be by now. */
function advance(before: Decided, seen: Seen, policy: DrainPolicy, now: number): Decided {
	const effects: Effect[] = [...before.effects];
	const audit: AuditEntry[] = [...before.audit];
	let told = before.state.told;
	const drains = before.state.drains.flatMap((drain): readonly Drain[] => {
		const why =
			drain.stage.is === "draining" ? guard(drain.target, before.state.drains, seen, policy) : null;
		const key = `held ${drain.id}`;
		if (why === null) told = told.filter((each) => each !== key);
		else if (!told.includes(key)) {
			told = [...told, key];
			audit.push(entry("held", drain, why));
		}
		if (why !== null) return [drain];
		const pop = seen.find((each) => each.pop === drain.target.pop);
		const moved = move(drain, pop, policy, now);
		effects.push(...moved.effects);
		audit.push(...moved.audit);
		return moved.drain === null ? [] : [moved.drain];
	});
	const state = { ...before.state, drains, told };
	return { state, effects, audit, refusal: before.refusal };
}

interface Moved {
	/** Null: it has ended. */
	readonly drain: Drain | null;
	readonly effects: readonly Effect[];
	readonly audit: readonly AuditEntry[];
}

function move(drain: Drain, pop: PopSeen | undefined, policy: DrainPolicy, now: number): Moved {
	const { stage, pace } = drain;
	switch (stage.is) {
		case "draining": {
			if (now < stage.nextAt) return { drain, effects: [], audit: [] };
			const percent = Math.min(100, stage.percent + pace.stepPercent);
			const next: Stage =
				percent < 100
					? { is: "draining", percent, nextAt: now + pace.everyMs }
					: { is: "drained", goodbyeAt: firstGoodbye(drain, policy, now), isEmpty: false };
			const moved = { ...drain, stage: next };
			const what = percent < 100 ? "step" : "drained";
			return { drain: moved, effects: [], audit: [entry(what, moved, drain.reason)] };
		}
		case "drained":
			return empty(drain, stage, pop, policy, now);
		case "undraining": {
			if (now < stage.nextAt) return { drain, effects: [], audit: [] };
			const percent = Math.max(0, stage.percent - pace.stepPercent);
			if (percent === 0) return { drain: null, effects: [], audit: [undrained(drain)] };
			const next: Stage = { is: "undraining", percent, nextAt: now + pace.everyMs };
			const moved = { ...drain, stage: next };
			return { drain: moved, effects: [], audit: [entry("step", moved, "back")] };
		}
		default:
			return stage satisfies never;
	}
}

/**
 * By hand not before old answers have run out: who is asked to leave sooner would come back by them. From what
 * is faulty at once; whoever came back is asked again. Only of a whole PoP: zones and services share servers.
 */
function firstGoodbye({ target, by }: Drain, { ttlMs }: DrainPolicy, now: number): number | null {
	if (target.zone !== null || target.service !== null) return null;
	return by === "hand" ? now + ttlMs : now;
}

function empty(
	drain: Drain,
	stage: Extract<Stage, { is: "drained" }>,
	pop: PopSeen | undefined,
	policy: DrainPolicy,
	now: number,
): Moved {
	const sockets = pop?.sockets ?? 0;
	if (stage.goodbyeAt === null) return { drain, effects: [], audit: [] };
	if (sockets === 0 || stage.isEmpty) {
		const isEmpty = sockets === 0;
		if (isEmpty === stage.isEmpty) return { drain, effects: [], audit: [] };
		const next: Drain = { ...drain, stage: { ...stage, isEmpty } };
		const audit = isEmpty ? [entry("empty", next, "nobody is connected here")] : [];
		return { drain: next, effects: [], audit };
	}
	if (now < stage.goodbyeAt) return { drain, effects: [], audit: [] };
	const withinMs = goodbyeMs(pop?.mostOfAGateway ?? 0, policy.acceptRate);
	const goodbyeAt = now + withinMs + policy.ttlMs;
	const next: Drain = { ...drain, stage: { ...stage, goodbyeAt } };
	const why = `${sockets} sockets are asked to leave within ${withinMs} ms`;
	return {
		drain: next,
		effects: [{ do: "say-goodbye", pop: drain.target.pop, withinMs }],
		audit: [entry("goodbye", next, why)],
	};
}

function entry(what: AuditEntry["what"], { id, by, stage }: Drain, why: string): AuditEntry {
	return { what, id, by, percent: stage.is === "drained" ? 100 : stage.percent, why };
}

const undrained = ({ id, by }: Drain): AuditEntry => ({
	what: "undrained",
	id,
	by,
	percent: 0,
	why: "DNS leads here again",
});
