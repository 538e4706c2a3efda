/*
 * Publishes that no server has acknowledged, in the order of their asking:
 *
 *                  persisted: a write first                        acknowledged ──▶ stored
 *   publish ──▶ waiting ──────────────────────▶ in flight ──────── rejected for good ──▶ failed,
 *                 │ ▲                            │     │                 or unknown after a lost answer
 *                 │ │ route lost or replaced,    │     │
 *                 │ ╰─ "retry": this one and ────╯     ╰─ (an answer may be lost; then its age counts)
 *                 │    all later of the channel
 *                 ├── never sent, time to live over ──▶ expired
 *                 └── sent before, older than the server's memory ──▶ unknown
 *
 * Each end is deleted from storage before it is told. Whatever the input was, at its end everything
 * is sent that may be sent: outbox-sends.ts.
 */
import { type ErrorCode, RealtimeError } from "../errors/realtime-error.js";
import type { OutboxPolicy } from "../policy/policies.js";
import type { OutboxEffect, OutboxInput, OutboxMoment } from "./contract.js";
import { denial } from "./denial.js";
import { sendDue } from "./outbox-sends.js";
import {
	end,
	enqueue,
	forget,
	hold,
	isPending,
	type OutboxState,
	type Outcome,
	type Pending,
	patch,
	revise,
	sweep,
	type Turn,
	unknown,
	WINDOW,
} from "./outbox-state.js";

export {
	dueAt,
	entries,
	initialOutbox,
	isPending,
	type OutboxState,
	sentForMs,
} from "./outbox-state.js";

export type Step = readonly [OutboxState, readonly OutboxEffect[]];
type Written = Pick<Pending, "publish" | "isWriting">;
type Fact<T extends OutboxInput["type"]> = Extract<OutboxInput, { type: T }>;

const WIDEST = 256;
const DATE_AGAIN_MS = 1_000;
const NONE: readonly OutboxEffect[] = [];

export function transition(
	state: OutboxState,
	input: OutboxInput,
	policy: OutboxPolicy,
	moment: OutboxMoment,
): Step {
	const turn: Turn = { state, effects: [], policy, moment };
	(HEED[input.type] as (turn: Turn, input: OutboxInput) => void)(turn, input);
	sweep(turn);
	sendDue(turn);
	return [turn.state, turn.effects.length === 0 ? NONE : turn.effects];
}

/** Complete by type: a new fact does not compile until something heeds it. */
const HEED: { readonly [T in OutboxInput["type"]]: (turn: Turn, input: Fact<T>) => void } = {
	"publish-requested": admit,
	acknowledged: acknowledge,
	rejected: refuse,
	stored: finishWrites,
	"store-failed": failWrites,
	forgotten: forgotten,
	"route-opened": (turn, { route, dedupeMs }) => {
		ground(turn);
		patch(turn, { route: { route, dedupeMs, isReady: false } });
	},
	"route-closed": lose,
	restored: restore,
	withdrawn: (turn, { id, cause }) =>
		end(turn, ({ publish, sentAt }) =>
			publish.id === id && sentAt === null ? { type: "fail", id, cause } : null,
		),
	disowned: (turn, { ids }) => {
		const gone = new Set(ids);
		end(turn, ({ publish: { id } }) =>
			gone.has(id) ? fail(id, "closed", "Another tab sends it.") : null,
		);
	},
	cleared: (turn) =>
		end(turn, ({ publish, sentAt }) =>
			sentAt === null ? fail(publish.id, "closed", "The outbox was cleared.") : unknown(publish),
		),
	ticked: () => {},
};

/** An id that is pending is the same message: whoever waits for it hears the one outcome. */
function admit(turn: Turn, input: Fact<"publish-requested">): void {
	const { state, policy, moment } = turn;
	const { id, channel, data, ttlMs, bytes, whenOffline, sentForMs = null } = input;
	if (isPending(state, id)) return;
	const cause = refusal(turn, input);
	if (cause !== null) {
		turn.effects.push(cause);
		return;
	}
	const publish = {
		id,
		channel,
		data,
		seq: state.nextSeq,
		queuedAt: moment.at,
		firstSentAt: sentForMs === null ? null : moment.at - sentForMs,
		ttlMs,
	};
	const expiresAt = moment.now + ttlMs;
	const isWritten = policy.persist === "memory";
	const sentAt = sentForMs === null ? null : moment.now - sentForMs;
	enqueue(turn, [{ publish, bytes, whenOffline, expiresAt, sentAt, isWritten }]);
}

/** Why it cannot be taken; null: it can, and what had to make room for it has ended. */
function refusal(
	turn: Turn,
	{ id, bytes, whenOffline }: Fact<"publish-requested">,
): Outcome | null {
	const { maxMessages, maxBytes, overflow } = turn.policy;
	const { queue, route } = turn.state;
	if (whenOffline === "reject" && route === null) return offline(id);
	if (bytes > maxBytes) return fail(id, "message-too-large", "More than outbox.maxBytes.");
	let count = queue.length;
	let total = turn.state.bytes + bytes;
	const isFull = (): boolean => count >= maxMessages || total > maxBytes;
	const victims = new Set<Pending>();
	for (const pending of overflow === "drop-oldest" ? queue : []) {
		if (!isFull()) break;
		// What was sent may be stored: dropping it could not be told truthfully.
		if (pending.sentAt !== null) continue;
		victims.add(pending);
		count -= 1;
		total -= pending.bytes;
	}
	if (isFull()) return full(id);
	if (victims.size > 0)
		end(turn, (pending) => (victims.has(pending) ? full(pending.publish.id) : null));
	return null;
}

/** From whichever link: it is true of the message. Of what was never sent it cannot be. */
function acknowledge(turn: Turn, { id, position, duplicate }: Fact<"acknowledged">): void {
	const { window, queue } = turn.state;
	const receipt = { status: "stored", id, position, duplicate } as const;
	end(turn, ({ publish, sentAt }) =>
		publish.id === id && sentAt !== null ? { type: "settle", id, receipt } : null,
	);
	if (turn.state.queue !== queue) patch(turn, { window: Math.min(WIDEST, window + 1) });
}

function finishWrites(turn: Turn, { ids }: Pick<Fact<"stored">, "ids">): void {
	const { queue, ends } = turn.state;
	const done = new Set(ids);
	const isDone = ({ publish, isWriting }: Written): boolean => isWriting && done.has(publish.id);
	const freed = ends.filter(isDone).map((ended) => ({ ...ended, isWriting: false }));
	if (freed.length === 0 && !queue.some(isDone)) return;
	patch(turn, {
		queue: queue.map((one) =>
			isDone(one) ? revise(one, { isWritten: true, isWriting: false }) : one,
		),
		ends: [...ends.filter((ended) => !isDone(ended)), ...freed],
	});
	forget(turn, freed);
}

/**
 * A record that lies there undated stays, and is dated later: it may be a dead program's, and nobody would
 * hear of its failure. Of a new one something may lie there all the same: it goes before the failure is told.
 */
function failWrites(turn: Turn, input: Fact<"store-failed">): void {
	const { ids, cause } = input;
	const failed = new Set(ids);
	const isSafe = ({ publish: { id }, isWritten, isWriting }: Pending): boolean =>
		isWritten && isWriting && failed.has(id);
	const queue = turn.state.queue.map((one) =>
		isSafe(one) ? revise(one, { publish: { ...one.publish, firstSentAt: null } }) : one,
	);
	const channels = new Set(queue.filter(isSafe).map(({ publish }) => publish.channel));
	for (const channel of channels) hold(turn, channel, DATE_AGAIN_MS);
	if (channels.size > 0) patch(turn, { queue });
	end(turn, ({ publish: { id }, isWritten, isWriting }) =>
		isWriting && !isWritten && failed.has(id) ? { type: "fail", id, cause } : null,
	);
	finishWrites(turn, input);
}

function forgotten(turn: Turn, { ids }: Fact<"forgotten">): void {
	const gone = new Set(ids);
	const ends = turn.state.ends.filter(({ publish, outcome, isWriting }) => {
		if (isWriting || !gone.has(publish.id)) return true;
		turn.effects.push(outcome);
		return false;
	});
	if (ends.length !== turn.state.ends.length) patch(turn, { ends });
}

/**
 * Answers come in the order of the sends. While an earlier send is still unanswered, this one is about
 * that: the channel was being turned down when it arrived, and the publish has been sent again since.
 */
function refuse(turn: Turn, { link, id, code, retryAfterMs }: Fact<"rejected">): void {
	const { queue, route } = turn.state;
	const at = queue.findIndex(({ publish }) => publish.id === id);
	const rejected = queue[at];
	if (rejected === undefined || rejected.due === 0 || link !== route?.route.link) return;
	const due = rejected.due - 1;
	const isNews = due === 0;
	if (isNews && code !== "retry") {
		const outcome: Outcome = rejected.isUnanswered
			? unknown(rejected.publish)
			: { type: "fail", id, cause: denial(code) };
		end(turn, (pending) => (pending === rejected ? outcome : null));
		return;
	}
	const { channel } = rejected.publish;
	patch(turn, {
		queue: queue.map((pending, index) => {
			const isLater = isNews && index > at && pending.publish.channel === channel;
			if (pending === rejected)
				return revise(pending, { due, inFlight: pending.inFlight && !isNews });
			return isLater ? revise(pending, { inFlight: false }) : pending;
		}),
	});
	if (isNews && rejected.inFlight) hold(turn, channel, retryAfterMs);
}

/** One link publishes: what another was sent and did not answer is sent again on the next. */
function ground(turn: Turn): void {
	const { queue } = turn.state;
	if (queue.every(({ due }) => due === 0)) return;
	patch(turn, {
		queue: queue.map((pending) =>
			pending.due === 0
				? pending
				: revise(pending, { due: 0, inFlight: false, isUnanswered: true }),
		),
	});
}

function lose(turn: Turn, { link }: Fact<"route-closed">): void {
	const { queue, route } = turn.state;
	if (route?.route.link !== link) return;
	ground(turn);
	patch(turn, { route: null, window: turn.state.queue === queue ? turn.state.window : WINDOW });
	end(turn, ({ publish: { id }, whenOffline, sentAt }) =>
		whenOffline === "reject" && sentAt === null ? offline(id) : null,
	);
}

/** An age that cannot be is of a clock that was set back: taken for too old, it ends as unknown. */
function restore(turn: Turn, { publishes }: Fact<"restored">): void {
	const { at, now } = turn.moment;
	const restored = publishes.filter(({ id }) => !isPending(turn.state, id));
	const pendings = restored.map(({ sentForMs, ...publish }) => {
		const sentAt = sentForMs === null ? null : sentForMs >= 0 ? now - sentForMs : -Infinity;
		const expiresAt = now + publish.ttlMs - Math.max(0, at - publish.queuedAt);
		const bytes = JSON.stringify(publish.data).length;
		return { publish, bytes, whenOffline: "queue", expiresAt, sentAt, isWritten: true } as const;
	});
	enqueue(turn, pendings);
}

function fail(id: string, code: ErrorCode, message: string): Outcome {
	return { type: "fail", id, cause: new RealtimeError(code, message) };
}

const offline = (id: string): Outcome => fail(id, "connection-lost", "Not connected.");
const full = (id: string): Outcome => fail(id, "outbox-full", "The outbox is full.");
