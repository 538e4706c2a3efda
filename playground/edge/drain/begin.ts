/* How a drain begins, and how its end begins. */
import type {
	AuditEntry,
	DaemonState,
	Decided,
	Drain,
	DrainPolicy,
	Pace,
	Seen,
	Target,
} from "./contract.js";
import { guard } from "./guard.js";
import { idOf, percentOf } from "./target.js";

interface DrainOrder {
	readonly target: Target;
	readonly pace: Pace;
	readonly reason: string;
	readonly by: Drain["by"];
}

/** At 0 %: its first step is due. */
export function beginDrain(
	state: DaemonState,
	{ target, pace, reason, by }: DrainOrder,
	seen: Seen,
	policy: DrainPolicy,
	now: number,
): Decided {
	const id = idOf(target);
	const known = state.drains.find((each) => each.id === id);
	const why =
		known !== undefined && known.stage.is !== "undraining"
			? `${id} is drained already.`
			: guard(target, state.drains, seen, policy);
	if (why !== null) return refused(state, id, by, why);
	const percent = known === undefined ? 0 : percentOf(known);
	const drain: Drain = {
		...{ id, target, by, reason, pace },
		stage: { is: "draining", percent, nextAt: now },
	};
	const drains = [...state.drains.filter((each) => each.id !== id), drain];
	const released = state.released.filter((each) => each !== id);
	const audit: AuditEntry = { what: "drain", id, by, percent, why: reason };
	return { state: { ...state, drains, released }, effects: [], audit: [audit], refusal: null };
}

interface UndrainOrder {
	readonly id: string;
	readonly pace: Pace;
	readonly by: Drain["by"];
	readonly why: string;
}

/** From where it is: its first step back is due. */
export function beginUndrain(
	state: DaemonState,
	{ id, pace, by, why }: UndrainOrder,
	now: number,
): Decided {
	const known = state.drains.find((each) => each.id === id);
	if (known === undefined || known.stage.is === "undraining") {
		const others = state.drains.map((each) => each.id).join(", ") || "nothing";
		const is = known === undefined ? "is not drained" : "is being undrained";
		return refused(state, id, by, `${id} ${is}; drained: ${others}.`);
	}
	const percent = percentOf(known);
	const stage = { is: "undraining", percent, nextAt: now } as const;
	const drains = state.drains.map((each) => (each.id === id ? { ...each, pace, stage } : each));
	const audit: AuditEntry = { what: "undrain", id, by, percent, why };
	return { state: { ...state, drains }, effects: [], audit: [audit], refusal: null };
}

function refused(state: DaemonState, id: string, by: Drain["by"], why: string): Decided {
	const audit: AuditEntry = { what: "refused", id, by, percent: null, why };
	return { state, effects: [], audit: [audit], refusal: why };
}
