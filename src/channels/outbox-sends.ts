/* What may be sent now, in the order of the queue, and what must be written before that. */
import type { OutboxEffect, Route } from "./contract.js";
import {
	end,
	type OpenRoute,
	type OutboxState,
	type Pending,
	patch,
	revise,
	type Turn,
	unknown,
	WINDOW,
} from "./outbox-state.js";

type Sent = Extract<OutboxEffect, { type: "send" }>["publishes"][number];

export function sendDue(turn: Turn): void {
	const { route } = turn.state;
	if (route !== null && isReady(turn, route)) send(turn, route.route);
	writeNewest(turn);
}

/** All that has ended is deleted before a new route sends, and so is what has become too old for it. */
function isReady(turn: Turn, route: OpenRoute): boolean {
	endAged(turn, route);
	if (route.isReady) return true;
	if (turn.state.ends.length > 0) return false;
	patch(turn, { route: { ...route, isReady: true } });
	return true;
}

/** Rule 8: what the server may have forgotten is not sent again. */
function endAged(turn: Turn, { dedupeMs }: OpenRoute): void {
	const { now } = turn.moment;
	const isAged = ({ sentAt, inFlight }: Pending): boolean =>
		sentAt !== null && !inFlight && now - sentAt > dedupeMs;
	if (turn.state.queue.some(isAged))
		end(turn, (pending) => (isAged(pending) ? unknown(pending.publish) : null));
}

function send(turn: Turn, route: Route): void {
	const { policy, moment, state } = turn;
	let room = roomOn(route, state);
	if (room <= 0) return;
	const writes: Pending[] = [];
	const sends: Sent[] = [];
	const held = new Set(state.holds.map(({ channel }) => channel));
	const blocked = new Set<string>();
	const advance = (pending: Pending, at: number): Pending => {
		const { publish, isWriting, sentAt, due } = pending;
		const { id, channel, data } = publish;
		if (pending.inFlight || held.has(channel)) return pending;
		const isDated = policy.persist === "memory" || publish.firstSentAt !== null;
		if (isWriting || !isDated) blocked.add(channel);
		if (isWriting || (isDated && blocked.has(channel))) return pending;
		room -= 1;
		if (isDated) {
			const first = !state.queue.slice(0, at).some((older) => older.publish.channel === channel);
			sends.push({ id, channel, data, first });
			return revise(pending, { due: due + 1, inFlight: true, sentAt: sentAt ?? moment.now });
		}
		const dated = revise(pending, { publish: { ...publish, firstSentAt: moment.at } });
		writes.push(dated);
		return markWriting(dated);
	};
	const queue = [...state.queue];
	for (let at = 0; at < queue.length && room > 0; at += 1)
		queue[at] = advance(queue[at] as Pending, at);
	if (writes.length + sends.length === 0) return;
	patch(turn, { queue });
	store(turn, writes);
	if (sends.length > 0) turn.effects.push({ type: "send", route, publishes: sends });
}

/** Over HTTP one request at a time, whose answers all come with it. */
function roomOn({ via }: Route, { queue, window }: OutboxState): number {
	const limit = via === "http" ? 1 : window;
	let busy = 0;
	for (const { inFlight, isWriting, publish } of queue) {
		if (inFlight || (isWriting && publish.firstSentAt !== null)) busy += 1;
		if (busy >= limit) return 0;
	}
	return via === "http" ? WINDOW : window - busy;
}

/** One that must wait is written undated: its first send is yet to come, and will be written too. */
function writeNewest(turn: Turn): void {
	const { queue } = turn.state;
	const newest = queue.at(-1);
	if (newest === undefined || newest.isWritten || newest.isWriting) return;
	const writing = markWriting(newest);
	patch(turn, { queue: [...queue.slice(0, -1), writing] });
	store(turn, [writing]);
}

function store(turn: Turn, writes: readonly Pending[]): void {
	const publishes = writes.map(({ publish }) => publish);
	if (publishes.length > 0) turn.effects.push({ type: "store", publishes });
}

const markWriting = (pending: Pending): Pending => revise(pending, { isWriting: true });
