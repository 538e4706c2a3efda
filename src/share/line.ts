/*
 * One channel on one link of the leader's, for all tabs that listen to it:
 *
 *   asked ─▶ queue ─▶ asking the server ─▶ replaying (head < until) ─▶ live: head moves on
 *              ▲             │ refused: told to who asked                │
 *              ╰─────────────┴── where we are, or "now": answered here ◀─╯
 *
 * Each tab has a channel machine with a position of its own and drops what it has; so the server may be
 * asked anew from further back for one of them, while the others wait for nothing. Asks of one channel
 * go out one after the other, since the newest alone is answered.
 */
import type { RejectionCode, SubscribedFrame } from "../protocol/frames.js";
import type { Position, StartAt } from "../protocol/position.js";
import type { TabId } from "./contract.js";

interface Waiter {
	readonly tab: TabId;
	/** The tab's own ask id: it comes back in the answer. */
	readonly id: number;
	readonly from: StartAt;
}

/** What the server has been asked, or will be with the next poll. */
interface Asking {
	readonly id: number;
	readonly from: StartAt;
	/** None: whoever asked has gone, or asks otherwise by now. */
	readonly waiters: readonly Waiter[];
}

export interface Line {
	readonly tabs: readonly TabId[];
	readonly queue: readonly Waiter[];
	readonly asking: Asking | null;
	/** Up to where it has been told; null: nothing was answered yet. */
	readonly head: Position | null;
	/** Where the replay under way ends. */
	readonly until: Position | null;
	/** The newest ask of the server. */
	readonly lastId: number;
}

export type LineInput =
	| { readonly type: "asked"; readonly tab: TabId; readonly id: number; readonly from: StartAt }
	| { readonly type: "left"; readonly tab: TabId }
	| { readonly type: "answered"; readonly frame: SubscribedFrame }
	| { readonly type: "refused"; readonly id: number; readonly code: RejectionCode }
	/** A message or a gap took it there. */
	| { readonly type: "moved"; readonly to: Position };

export type LineEffect =
	| { readonly type: "ask-server"; readonly id: number; readonly from: StartAt }
	| {
			readonly type: "answer";
			readonly tab: TabId;
			readonly id: number;
			readonly start: Position;
			readonly position: Position;
			readonly recovered: boolean;
	  }
	| {
			readonly type: "refuse";
			readonly tab: TabId;
			readonly id: number;
			readonly code: RejectionCode;
	  }
	| { readonly type: "leave-server"; readonly id: number };

export type LineStep = readonly [Line, readonly LineEffect[]];

const NONE: readonly LineEffect[] = [];

export const NO_LINE: Line = {
	tabs: [],
	queue: [],
	asking: null,
	head: null,
	until: null,
	lastId: 0,
};

/** `nextId`: above all ids that the link has seen. */
export function transition(line: Line, input: LineInput, nextId: number): LineStep {
	switch (input.type) {
		case "asked":
			return pump(enqueue(line, input), [], nextId);
		case "left":
			return leave(line, input.tab, nextId);
		case "answered":
			return answer(line, input.frame, nextId);
		case "refused":
			return refuse(line, input, nextId);
		case "moved":
			return move(line, input.to, nextId);
		default:
			return input satisfies never;
	}
}

/** Whether nobody listens any more. */
export function isEmpty({ tabs }: Line): boolean {
	return tabs.length === 0;
}

/** A newer ask of a tab takes the place of its older one. */
function enqueue(line: Line, { tab, id, from }: Extract<LineInput, { type: "asked" }>): Line {
	const tabs = line.tabs.includes(tab) ? line.tabs : [...line.tabs, tab];
	const without = withoutTab(line, tab);
	return { ...without, tabs, queue: [...without.queue, { tab, id, from }] };
}

function withoutTab(line: Line, tab: TabId): Line {
	const others = (waiter: Waiter): boolean => waiter.tab !== tab;
	const { asking } = line;
	return {
		...line,
		queue: line.queue.filter(others),
		asking: asking && { ...asking, waiters: asking.waiters.filter(others) },
	};
}

function leave(line: Line, tab: TabId, nextId: number): LineStep {
	if (!line.tabs.includes(tab)) return [line, NONE];
	const next = { ...withoutTab(line, tab), tabs: line.tabs.filter((other) => other !== tab) };
	if (!isEmpty(next)) return pump(next, [], nextId);
	return [next, next.lastId === 0 ? NONE : [{ type: "leave-server", id: next.lastId }]];
}

function answer(line: Line, frame: SubscribedFrame, nextId: number): LineStep {
	const { asking } = line;
	if (asking?.id !== frame.id) return [line, NONE];
	const { start, position, recovered } = frame;
	const effects = asking.waiters.map(
		({ tab, id }): LineEffect => ({ type: "answer", tab, id, start, position, recovered }),
	);
	return pump({ ...line, asking: null, head: start, until: position }, effects, nextId);
}

function refuse(
	line: Line,
	{ id, code }: Extract<LineInput, { type: "refused" }>,
	nextId: number,
): LineStep {
	if (line.asking?.id !== id) return [line, NONE];
	const effects = line.asking.waiters.map(
		(waiter): LineEffect => ({ type: "refuse", tab: waiter.tab, id: waiter.id, code }),
	);
	return pump({ ...line, asking: null }, effects, nextId);
}

function move(line: Line, to: Position, nextId: number): LineStep {
	const { tabs, queue, asking, until, lastId } = line;
	// Nobody has been answered: what comes is of an ask that was given up.
	if (until === null) return [line, NONE];
	const next: Line = { tabs, queue, asking, head: to, until, lastId };
	return queue.length === 0 ? [next, NONE] : pump(next, [], nextId);
}

const isCaughtUp = ({ head, until }: Line): boolean =>
	head !== null && until !== null && (head.epoch !== until.epoch || head.offset >= until.offset);

/** Answers what can be answered here, and asks the server for the first of the rest. */
function pump(line: Line, effects: LineEffect[], nextId: number): LineStep {
	if (line.queue.length === 0 || (line.asking?.waiters.length ?? 0) > 0) return [line, effects];
	const { head } = line;
	if (head !== null && !isCaughtUp(line)) return [line, effects];
	const rest: Waiter[] = [];
	for (const waiter of line.queue) {
		if (head === null || !isHere(waiter.from, head)) rest.push(waiter);
		else {
			const { tab, id } = waiter;
			effects.push({ type: "answer", tab, id, start: head, position: head, recovered: true });
		}
	}
	const [first] = rest;
	if (first === undefined) return [{ ...line, queue: [], asking: null }, effects];
	const isAlike = ({ from }: Waiter): boolean => isSame(from, first.from);
	effects.push({ type: "ask-server", id: nextId, from: first.from });
	const asking = { id: nextId, from: first.from, waiters: rest.filter(isAlike) };
	const queue = rest.filter((waiter) => !isAlike(waiter));
	return [{ ...line, queue, asking, lastId: nextId }, effects];
}

function isHere(from: StartAt, head: Position): boolean {
	return from === null || isSame(from, head);
}

function isSame(a: StartAt, b: StartAt): boolean {
	if (a === b) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if ("last" in a || "last" in b) return "last" in a && "last" in b && a.last === b.last;
	return a.epoch === b.epoch && a.offset === b.offset;
}
