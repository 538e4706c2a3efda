/*
 * A new Envoy for a running one, without losing anybody. Pure.
 *
 *             order                live                    told: all have left, or the time is up
 *    serving ──────▶ starting ─────────────▶ parting ──────────────────────────────▶ serving
 *       ▲   ◀──────── child ended ╯ ▲           │  old ended by itself:
 *       │             or too late   │           ├── handover: serving, nothing shared
 *       ╰────────── fresh is live ──╯◀──────────╯── hot restart: its child will die of it: a fresh one, at once
 *                                                                    (measured: SIGABRT, 15 s later)
 *    any ── an order while one is under way ──▶ refused: a third epoch would end the oldest, with all it has
 *
 * Handover: a second Envoy on the same port (SO_REUSEPORT), the old one drains; nothing is shared.
 * Hot restart: the child takes the listening sockets over from its parent, which ends at a time set before.
 * A child that fails in its start leaves "initializing" behind, so that no later one may: a handover then.
 */

export type Way = "handover" | "hot-restart";

export type Replacement =
	| { readonly is: "serving"; readonly current: Id; readonly isHotBlocked: boolean }
	| {
			readonly is: "starting";
			readonly old: Id | null;
			readonly next: Id;
			readonly way: Way;
			readonly isHotBlocked: boolean;
	  }
	| {
			readonly is: "parting";
			readonly old: Id;
			readonly current: Id;
			readonly way: Way;
			readonly isHotBlocked: boolean;
	  };

/** Of a process: counted over the whole life. */
export type Id = number;

export type Input =
	| { readonly is: "ordered"; readonly way: Way }
	| { readonly is: "live"; readonly id: Id }
	/** By itself, or because it was told to. Early: before the time that a parent was given. */
	| { readonly is: "ended"; readonly id: Id; readonly isEarly: boolean }
	| { readonly is: "too-late"; readonly id: Id }
	/** The last WebSocket has left the old one, or its time is up. */
	| { readonly is: "left"; readonly id: Id };

export type Order =
	| { readonly do: "start"; readonly id: Id; readonly way: Way; readonly parent: Id | null }
	| { readonly do: "kill"; readonly id: Id }
	/** It takes no newcomers from now on, and its clients are asked to leave. */
	| { readonly do: "part"; readonly id: Id; readonly way: Way }
	| { readonly do: "stop"; readonly id: Id }
	| { readonly do: "done" }
	/** The replacement has not come about. */
	| { readonly do: "fail"; readonly why: string }
	| { readonly do: "refuse"; readonly why: string }
	| { readonly do: "report"; readonly what: string };

export interface Step {
	readonly state: Replacement;
	readonly orders: readonly Order[];
}

export function replace(state: Replacement, input: Input): Step {
	switch (state.is) {
		case "serving":
			return whileServing(state, input);
		case "starting":
			return whileStarting(state, input);
		case "parting":
			return whileParting(state, input);
		default:
			return state satisfies never;
	}
}

const stay = (state: Replacement, ...orders: readonly Order[]): Step => ({ state, orders });

function whileServing(state: Replacement & { is: "serving" }, input: Input): Step {
	const { current, isHotBlocked } = state;
	if (input.is === "ordered") {
		const way = isHotBlocked ? "handover" : input.way;
		const orders: Order[] = [];
		if (way !== input.way)
			orders.push({
				do: "report",
				what: "a child failed in its start, so a hot restart would be refused: handing over instead",
			});
		return begin({ old: current, way, isHotBlocked }, ...orders);
	}
	// Nothing that fails is started again by itself.
	if (input.is === "ended" && input.id === current)
		return stay(state, { do: "report", what: "Envoy ended by itself" });
	return stay(state);
}

function begin(
	{ old, way, isHotBlocked }: { old: Id; way: Way; isHotBlocked: boolean },
	...before: readonly Order[]
): Step {
	const next = old + 1;
	return stay({ is: "starting", old, next, way, isHotBlocked }, ...before, {
		do: "start",
		id: next,
		way,
		parent: old,
	});
}

function whileStarting(state: Replacement & { is: "starting" }, input: Input): Step {
	const { old, next, way, isHotBlocked } = state;
	switch (input.is) {
		case "ordered":
			return stay(state, refusal(next));
		case "live":
			if (input.id !== next) return stay(state);
			if (old === null) return stay({ is: "serving", current: next, isHotBlocked }, { do: "done" });
			return stay(
				{ is: "parting", old, current: next, way, isHotBlocked },
				{ do: "part", id: old, way },
			);
		case "too-late":
			return input.id === next ? stay(state, { do: "kill", id: next }) : stay(state);
		case "ended":
			return endedWhileStarting(state, input.id);
		case "left":
			return stay(state);
		default:
			return input satisfies never;
	}
}

function endedWhileStarting(state: Replacement & { is: "starting" }, id: Id): Step {
	const { old, next, way, isHotBlocked } = state;
	if (id === next && old !== null)
		return stay(
			{ is: "serving", current: old, isHotBlocked: isHotBlocked || way === "hot-restart" },
			{ do: "fail", why: "the new Envoy did not start: the old one serves on" },
		);
	if (id === next)
		return stay(
			{ is: "serving", current: next, isHotBlocked },
			{ do: "fail", why: "Envoy is gone, and a fresh one did not start" },
		);
	if (id !== old) return stay(state);
	// Its parent is gone: a child that was to take over from it can't any more.
	if (way === "hot-restart") return fresh(next);
	return stay({ ...state, old: null });
}

function whileParting(state: Replacement & { is: "parting" }, input: Input): Step {
	const { old, current, way, isHotBlocked } = state;
	const done: Replacement = { is: "serving", current, isHotBlocked };
	switch (input.is) {
		case "ordered":
			return stay(state, refusal(current));
		case "left":
			if (input.id !== old) return stay(state);
			// A parent is never told to end: it takes its child along.
			return way === "hot-restart" ? stay(state) : stay(state, { do: "stop", id: old });
		case "ended":
			if (input.id === old && way === "hot-restart" && input.isEarly) return orphan(current);
			if (input.id === old) return stay(done, { do: "done" });
			if (input.id !== current) return stay(state);
			return stay(state, { do: "report", what: "the new Envoy ended while the old one parts" });
		case "live":
		case "too-late":
			return stay(state);
		default:
			return input satisfies never;
	}
}

/** It serves for ten seconds more: time to hand over to one that shares nothing with it. */
function orphan(doomed: Id): Step {
	const next = doomed + 1;
	return stay(
		{ is: "starting", old: doomed, next, way: "handover", isHotBlocked: true },
		{ do: "report", what: ORPHANED },
		{ do: "start", id: next, way: "handover", parent: null },
	);
}

/** Its parent ended before it served: nobody serves now. */
function fresh(doomed: Id): Step {
	const next = doomed + 1;
	return stay(
		{ is: "starting", old: null, next, way: "handover", isHotBlocked: true },
		{ do: "report", what: ORPHANED },
		{ do: "kill", id: doomed },
		{ do: "start", id: next, way: "handover", parent: null },
	);
}

const ORPHANED = "the parent ended before its time, and its child dies of that: a fresh Envoy";

const refusal = (id: Id): Order => ({
	do: "refuse",
	why: `Envoy is being replaced by its process ${id}: a third would end the oldest with all its sockets. Wait until it is done`,
});
