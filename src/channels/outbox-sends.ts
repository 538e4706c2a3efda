/* What may be sent now, in the order of the queue, and what must be written before that. */
import type { OutboxEffect, Route } from "./contract.js";
import {
	end,
	type OpenRoute,
	type OutboxState,
	type Pending,
	patch,
	type Turn,
	unknown,
	WINDOW,
} from "./outbox-state.js";

type Sent = Extract<OutboxEffect, { type: "send" }>["publishes"][number];

export function sendDue(turn: Turn): void {
	const { route } = turn.state;
	if (route !== null) {
		endAged(turn, route);
		const isFlushed = route.isReady || turn.state.ends.length === 0;
		if (isFlushed && !route.isReady) patch(turn, { route: { ...route, isReady: true } });
		if (isFlushed) send(turn, route.route);
	}
	writeNewest(turn);
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
	const queue = state.queue.map((pending, at) => {
		const { publish, isWriting, sentAt } = pending;
		const { id, channel, data } = publish;
		if (room <= 0 || pending.inFlight || held.has(channel)) return pending;
		const isDated = policy.persist === "memory" || publish.firstSentAt !== null;
		if (isWriting || !isDated) blocked.add(channel);
		if (isWriting || (isDated && blocked.has(channel))) return pending;
		room -= 1;
		if (!isDated) {
			const dated = write({ ...pending, publish: { ...publish, firstSentAt: moment.at } });
			writes.push(dated);
			return dated;
		}
		const first = !state.queue.slice(0, at).some((older) => older.publish.channel === channel);
		sends.push({ id, channel, data, first });
		return { ...pending, due: pending.due + 1, inFlight: true, sentAt: sentAt ?? moment.now };
	});
	if (writes.length + sends.length === 0) return;
	patch(turn, { queue });
	store(turn, writes);
	if (sends.length > 0) turn.effects.push({ type: "send", route, publishes: sends });
}

/** Over HTTP one request at a time, whose answers all come with it. */
function roomOn({ via }: Route, { queue, window }: OutboxState): number {
	let busy = 0;
	for (const { inFlight, isWriting, publish } of queue)
		if (inFlight || (isWriting && publish.firstSentAt !== null)) busy += 1;
	if (via === "http") return busy === 0 ? WINDOW : 0;
	return window - busy;
}

/** One that must wait is written undated: its first send is yet to come, and will be written too. */
function writeNewest(turn: Turn): void {
	const { queue } = turn.state;
	const newest = queue.at(-1);
	if (newest === undefined || newest.isWritten) return;
	const writing = write(newest);
	patch(turn, { queue: [...queue.slice(0, -1), writing] });
	store(turn, [writing]);
}

function store(turn: Turn, writes: readonly Pending[]): void {
	const publishes = writes.map(({ publish }) => publish);
	if (publishes.length > 0) turn.effects.push({ type: "store", publishes });
}

const write = (pending: Pending): Pending => ({ ...pending, isWritten: true, isWriting: true });
