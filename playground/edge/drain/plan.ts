/* What an order would do, without doing it: the machine itself, on what is known now, in a time of its own. */
import type { AuditEntry, DaemonState, Decided, DrainPolicy, Input, Seen } from "./contract.js";
import { transition } from "./machine.js";

export interface PlanStep extends AuditEntry {
	/** From the order on. */
	readonly afterMs: number;
}

export interface Plan {
	/** Null: it would be carried out. */
	readonly refusal: string | null;
	readonly steps: readonly PlanStep[];
}

export interface Known {
	readonly state: DaemonState;
	readonly seen: Seen;
	readonly policy: DrainPolicy;
}

const LOOK_MS = 250;
/** A step of 1 % every ten minutes takes less. */
const MOST_MS = 86_400_000;

/** The world stays as it is meanwhile, sockets too. */
export function planOf(
	{ state, seen, policy }: Known,
	input: Extract<Input, { readonly is: "drain" | "undrain" }>,
	id: string,
): Plan {
	const others = state.drains.filter((drain) => drain.id !== id);
	// The automation would go on beside it, and is not what was asked for.
	const quiet: DaemonState = { ...state, automation: "off" };
	let decided: Decided = transition(quiet, input, seen, policy, 0);
	if (decided.refusal !== null) return { refusal: decided.refusal, steps: [] };
	const steps: PlanStep[] = [];
	for (let afterMs = 0; ; afterMs += LOOK_MS) {
		const own = decided.audit.filter((each) => each.id === id);
		steps.push(...own.map((each) => ({ ...each, afterMs })));
		const drain = decided.state.drains.find((each) => each.id === id);
		const isOver = drain === undefined || drain.stage.is === "drained" || afterMs >= MOST_MS;
		if (isOver) break;
		const idle: DaemonState = { ...decided.state, drains: [...others, drain] };
		decided = transition(idle, { is: "seen" }, seen, policy, afterMs + LOOK_MS);
	}
	return { refusal: null, steps };
}
