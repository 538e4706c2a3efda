/* What an outbox holds, and the one way in which a publish leaves it. */
import { pushback } from "../policy/backoff.js";
import type { OutboxPolicy } from "../policy/policies.js";
import type { OutboxEffect, OutboxEntry, OutboxMoment, Route, StoredPublish } from "./contract.js";

export interface Pending {
	/** As its record is, or will be once "stored" has come. */
	readonly publish: StoredPublish;
	readonly bytes: number;
	readonly whenOffline: "queue" | "reject";
	readonly expiresAt: number;
	/** Monotonic; null: never sent, as far as anybody can know. */
	readonly sentAt: number | null;
	/** Sends on the present route that it has not answered. */
	readonly due: number;
	/** Among them the newest, so that it need not be sent again. */
	readonly inFlight: boolean;
	/** A route was lost between a send and its answer: the server may have stored it. */
	readonly isUnanswered: boolean;
	/** Its record lies in storage, dated or not. */
	readonly isWritten: boolean;
	readonly isWriting: boolean;
}

/** Rule 8: an end is deleted from storage before it is told. */
interface End {
	readonly publish: StoredPublish;
	readonly outcome: Outcome;
	/** A write is under way, and a deletion would not come after it. */
	readonly isWriting: boolean;
}

export interface OpenRoute {
	readonly route: Route;
	readonly dedupeMs: number;
	/** All that had ended when it opened is deleted. */
	readonly isReady: boolean;
}

export interface OutboxState {
	/** Oldest first. */
	readonly queue: readonly Pending[];
	readonly ends: readonly End[];
	readonly bytes: number;
	readonly route: OpenRoute | null;
	readonly window: number;
	/** Channels that the server asked us to send later. */
	readonly holds: readonly { readonly channel: string; readonly until: number }[];
	readonly nextSeq: number;
	/** No hold and no time to live ends before. */
	readonly wakeAt: number;
}

/** One transition at work: the state so far and what has been ordered. */
export interface Turn {
	state: OutboxState;
	readonly effects: OutboxEffect[];
	readonly policy: OutboxPolicy;
	readonly moment: OutboxMoment;
}

export type Outcome = Extract<OutboxEffect, { type: "settle" | "fail" }>;

/** Rule 9: resending everything into a server that dies of it never ends. */
export const WINDOW = 16;
const SHORTEST_HOLD_MS = 100;

export function initialOutbox(_policy: OutboxPolicy): OutboxState {
	return {
		queue: [],
		ends: [],
		bytes: 0,
		route: null,
		window: WINDOW,
		holds: [],
		nextSeq: 0,
		wakeAt: Number.POSITIVE_INFINITY,
	};
}

/** When to tick: a time to live or a pushback ends then. Infinity: never. */
export function dueAt({ wakeAt }: OutboxState): number {
	return wakeAt;
}

/** What no server has acknowledged yet, oldest first. */
export function entries({ queue }: OutboxState): readonly OutboxEntry[] {
	return queue.map(({ publish: { id, channel, data, queuedAt }, inFlight }) => {
		return { id, channel, data, queuedAt, inFlight };
	});
}

/** How long ago it may have been stored by a send that was not answered; null: it cannot have been. */
export function sentForMs({ queue }: OutboxState, id: string, now: number): number | null {
	const pending = queue.find(({ publish }) => publish.id === id);
	return pending?.isUnanswered && pending.sentAt !== null ? now - pending.sentAt : null;
}

/** Whether the outcome of this id is still to be told. */
export function isPending({ queue, ends }: OutboxState, id: string): boolean {
	const isIt = ({ publish }: Pick<Pending, "publish">): boolean => publish.id === id;
	return queue.some(isIt) || ends.some(isIt);
}

/** Spelt out: what came of spreading what was spread is read many times slower by V8. */
export function revise(pending: Pending, change: Partial<Pending>): Pending {
	const { publish, bytes, whenOffline, expiresAt, sentAt, due } = { ...pending, ...change };
	const { inFlight, isUnanswered, isWritten, isWriting } = { ...pending, ...change };
	// biome-ignore format: one value, ten names
	return { publish, bytes, whenOffline, expiresAt, sentAt, due, inFlight, isUnanswered, isWritten, isWriting };
}

export function patch(turn: Turn, change: Partial<OutboxState>): void {
	turn.state = { ...turn.state, ...change };
}

type Taken = Omit<Pending, "due" | "inFlight" | "isUnanswered" | "isWriting">;

/** At the end of the queue. */
export function enqueue(turn: Turn, taken: readonly Taken[]): void {
	if (taken.length === 0) return;
	const queue = [...turn.state.queue];
	let { bytes, nextSeq, wakeAt } = turn.state;
	for (const one of taken) {
		const isUnanswered = one.sentAt !== null;
		queue.push(revise({ ...one, due: 0, inFlight: false, isUnanswered, isWriting: false }, {}));
		bytes += one.bytes;
		nextSeq = Math.max(nextSeq, one.publish.seq + 1);
		wakeAt = Math.min(wakeAt, one.expiresAt);
	}
	patch(turn, { queue, bytes, nextSeq, wakeAt });
}

/** Ends every publish for which `judge` knows an outcome. */
export function end(turn: Turn, judge: (pending: Pending) => Outcome | null): void {
	const ended: End[] = [];
	let { bytes } = turn.state;
	const queue = turn.state.queue.filter((pending) => {
		const outcome = judge(pending);
		if (outcome === null) return true;
		const { publish, isWriting } = pending;
		ended.push({ publish, outcome, isWriting });
		bytes -= pending.bytes;
		return false;
	});
	if (ended.length === 0) return;
	patch(turn, { queue, bytes });
	if (turn.policy.persist === "memory") for (const { outcome } of ended) turn.effects.push(outcome);
	else {
		patch(turn, { ends: [...turn.state.ends, ...ended] });
		forget(turn, ended);
	}
}

/** Deletes the records of what has ended, except where a write is under way. */
export function forget(turn: Turn, ends: readonly End[]): void {
	const publishes = ends.filter(({ isWriting }) => !isWriting).map(({ publish }) => publish);
	if (publishes.length > 0) turn.effects.push({ type: "forget", publishes });
}

export function unknown({ id }: StoredPublish): Outcome {
	return { type: "settle", id, receipt: { status: "unknown", id } };
}

/** Ends what was never sent and is past its time to live; holds that are over go too. */
export function sweep(turn: Turn): void {
	const { now } = turn.moment;
	if (now < turn.state.wakeAt) return;
	end(turn, ({ publish: { id }, sentAt, expiresAt }) => {
		if (sentAt !== null || now < expiresAt) return null;
		return { type: "settle", id, receipt: { status: "expired", id } };
	});
	const holds = turn.state.holds.filter(({ until }) => now < until);
	let wakeAt = Number.POSITIVE_INFINITY;
	for (const { until } of holds) wakeAt = Math.min(wakeAt, until);
	for (const { sentAt, expiresAt } of turn.state.queue)
		if (sentAt === null) wakeAt = Math.min(wakeAt, expiresAt);
	patch(turn, { holds, wakeAt });
}

/** A server that names no time, or none worth the name, is not asked again in the same breath. */
export function hold(turn: Turn, channel: string, retryAfterMs: number): void {
	const { holds, wakeAt } = turn.state;
	const until = turn.moment.now + pushback(Math.max(retryAfterMs, SHORTEST_HOLD_MS), turn.moment);
	const others = holds.filter((other) => other.channel !== channel);
	patch(turn, { holds: [...others, { channel, until }], wakeAt: Math.min(wakeAt, until) });
}
