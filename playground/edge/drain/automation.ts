/*
 * What the automation makes of the zones' health: which drains it begins, and which of its own it ends. Where
 * more than half of all PoPs look ill at once it does nothing: then it is likelier that it can't see.
 */
import { beginDrain, beginUndrain } from "./begin.js";
import type {
	AuditEntry,
	DaemonState,
	Decided,
	DrainPolicy,
	PopSeen,
	Seen,
	Target,
} from "./contract.js";
import { isFaulty, WELL } from "./health.js";
import { idOf } from "./target.js";

export function automate(
	state: DaemonState,
	seen: Seen,
	policy: DrainPolicy,
	now: number,
): Decided {
	const settled = forgetWell(state, seen);
	const ended = endOwn(settled, seen, policy, now);
	const ill = seen.filter(({ zones }) => zones.some(({ zone }) => !isWell(ended.state, zone)));
	const wanted = seen.flatMap((pop) => targetsIn(pop, ended.state));
	return wanted
		.filter((target) => !isCovered(target, ended.state))
		.reduce((decided, target): Decided => {
			if (ill.length > seen.length / 2) {
				const why = `${ill.length} of ${seen.length} PoPs look ill at once: it may be the observer.`;
				return tell(decided, refusal(target, why));
			}
			return start(decided, target, seen, policy, now);
		}, ended);
}

const isWell = ({ health }: DaemonState, zone: string): boolean =>
	(health[zone] ?? WELL).health.is === "well";

/** All of a PoP where no zone of it is well and one is faulty; otherwise the zones that are. */
function targetsIn({ pop, zones }: PopSeen, state: DaemonState): readonly Target[] {
	const faulty = zones.filter(({ zone }) => isFaulty(state.health[zone] ?? WELL));
	if (faulty.length === 0) return [];
	if (zones.every(({ zone }) => !isWell(state, zone))) return [{ pop, zone: null, service: null }];
	return faulty.map(({ zone }) => ({ pop, zone, service: null }));
}

/** Drained already, or left alone by order. */
function isCovered(target: Target, { drains, released }: DaemonState): boolean {
	const ids = [idOf(target), target.pop];
	const isDrained = drains.some(({ id, stage }) => ids.includes(id) && stage.is !== "undraining");
	return isDrained || ids.some((id) => released.includes(id));
}

function start(
	decided: Decided,
	target: Target,
	seen: Seen,
	policy: DrainPolicy,
	now: number,
): Decided {
	const { state } = decided;
	const reason = "its probes fail";
	const order = { target, pace: policy.pace, reason, by: "automation" as const };
	const begun = beginDrain(state, order, seen, policy, now);
	if (begun.refusal !== null) return tell(decided, refusal(target, begun.refusal));
	if (state.automation === "watch")
		return tell(decided, { ...refusal(target, reason), what: "would-drain" });
	const audit = [...decided.audit, ...begun.audit];
	return { ...begun, effects: decided.effects, audit };
}

/** Those that it began, where every zone is well again. */
function endOwn(state: DaemonState, seen: Seen, policy: DrainPolicy, now: number): Decided {
	const over = state.drains.filter(
		({ by, stage, target }) =>
			by === "automation" &&
			stage.is !== "undraining" &&
			zonesIn(target, seen).every((zone) => isWell(state, zone)),
	);
	const none: Decided = { state, effects: [], audit: [], refusal: null };
	return over.reduce((decided, { id, target }): Decided => {
		const why = "its probes have succeeded for long enough";
		if (state.automation === "watch")
			return tell(decided, { ...refusal(target, why), what: "would-undrain" });
		const order = { id, pace: policy.pace, by: "automation" as const, why };
		const begun = beginUndrain(decided.state, order, now);
		return { ...begun, audit: [...decided.audit, ...begun.audit] };
	}, none);
}

function zonesIn({ pop, zone }: Target, seen: Seen): readonly string[] {
	if (zone !== null) return [zone];
	return seen.find((each) => each.pop === pop)?.zones.map((each) => each.zone) ?? [];
}

/** What was said or left alone of a place that is well by now would be news again. */
function forgetWell(state: DaemonState, seen: Seen): DaemonState {
	const isIll = (id: string): boolean => {
		const zones = seen.find(({ pop }) => pop === id)?.zones.map(({ zone }) => zone) ?? [id];
		return zones.some((zone) => !isWell(state, zone));
	};
	const released = state.released.filter(isIll);
	const told = state.told.filter((key) => {
		const [what, id = ""] = key.split(" ");
		if (what === "would-undrain") return state.drains.some((drain) => drain.id === id);
		return what === "held" || isIll(id);
	});
	return { ...state, released, told };
}

/** Once, until it has changed. */
function tell(decided: Decided, entry: AuditEntry): Decided {
	const { state } = decided;
	const key = `${entry.what} ${entry.id}`;
	if (state.told.includes(key)) return { ...decided, refusal: null };
	return {
		...decided,
		state: { ...state, told: [...state.told, key] },
		audit: [...decided.audit, entry],
		refusal: null,
	};
}

const refusal = (target: Target, why: string): AuditEntry => ({
	what: "refused",
	id: idOf(target),
	by: "automation",
	percent: null,
	why,
});
