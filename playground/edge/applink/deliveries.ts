/*
 * What becomes of a payload:
 *
 *            a socket                      acknowledged
 *    waiting ────────▶ sent ──────────────────────────────────────────▶ acknowledged
 *       ▲               │ not in time, or its socket went,
 *       ╰───────────────┤ and an event has tries left
 *                       ╰ no tries left; a user waits who was told ───▶ failed
 *
 * At least once: each try has an envelope of its own and says which it is, the event's id stays the same.
 */
import type { ApplinkEffect, ApplinkInput, Frame, Outcome, RetryReason } from "./contract.js";
import {
	type ApplinkState,
	andThen,
	forEach,
	type Pending,
	put,
	type Step,
	socketsOf,
	stay,
	type Terms,
	without,
} from "./state.js";

type Occurred = Extract<ApplinkInput, { type: "occurred" }>;
type Acknowledged = Extract<ApplinkInput, { type: "acknowledged" }>;
type Failure = Extract<Outcome, { is: "failed" }>["reason"];

export function occur(
	state: ApplinkState,
	id: number,
	{ app, what }: Pick<Occurred, "app" | "what">,
	{ policy, now }: Terms,
): Step {
	const known = state.apps.get(app);
	if (known === undefined) return [state, [failed(id, "unknown-app", 0)]];
	if (known.is === "off") return [state, [failed(id, "link-disabled", 0)]];
	// A user who clicked does not wait for somebody to come online.
	if (what.kind !== "events_api" && socketsOf(state, app).length === 0)
		return [state, [failed(id, "no-socket", 0)]];
	const waiting = [...state.pending.values()].filter((each) => each.app === app).length;
	if (waiting >= policy.maxPending) return [state, [failed(id, "full", 0)]];
	const next = { is: "waiting", dueAt: now, giveUpAt: now + policy.holdMs } as const;
	const pending: Pending = { app, what, attempts: 0, envelopes: [], reason: "", next };
	return stay({ ...state, pending: put(state.pending, id, pending) });
}

/** From any socket of the app: who moves house may answer from the new one. */
export function acknowledge(state: ApplinkState, input: Acknowledged): Step {
	const app = state.sockets.get(input.socket)?.app;
	const found = [...state.pending].find(
		([, each]) => each.app === app && each.envelopes.includes(input.envelope),
	);
	if (found === undefined) return stay(state);
	const [id, { attempts, what }] = found;
	const payload = what.acceptsResponsePayload ? input.payload : undefined;
	return settle(state, id, { is: "acknowledged", attempts, payload });
}

/** A socket is gone; what was sent on it may have arrived or not. */
export function cutOff(state: ApplinkState, socket: number, terms: Terms): Step {
	const lost = [...state.pending].filter(
		([, { next }]) => next.is === "sent" && next.socket === socket,
	);
	return forEach(state, lost, (so, [id, each]) => {
		if (canRetry(each, terms)) return again(so, id, each, "connection_failed", terms.now, terms);
		if (each.next.is !== "sent") return stay(so);
		return stay(change(so, id, { ...each, next: { ...each.next, socket: null } }));
	});
}

export function fail(state: ApplinkState, id: number, reason: Failure): Step {
	return settle(state, id, {
		is: "failed",
		reason,
		attempts: state.pending.get(id)?.attempts ?? 0,
	});
}

/** Tries again what was not acknowledged in time, gives up what has waited too long, sends what may go. */
export function advance(state: ApplinkState, terms: Terms): Step {
	const { now } = terms;
	const timed = forEach(state, state.pending, (so, [id, each]) => {
		if (each.next.is === "waiting")
			return each.next.giveUpAt <= now ? fail(so, id, "no-socket") : stay(so);
		if (each.next.dueAt > now) return stay(so);
		if (!canRetry(each, terms)) return fail(so, id, "unacknowledged");
		const afterMs = terms.policy.retryAfterMs[each.attempts - 1] ?? 0;
		return again(so, id, each, "timeout", now + afterMs, terms);
	});
	return andThen(timed, (so) => forEach(so, so.pending, (each, [id]) => send(each, id, terms)));
}

/** No distribution is promised: any socket will do, but those that are about to go come last. */
function send(state: ApplinkState, id: number, { policy, now, random }: Terms): Step {
	const each = state.pending.get(id);
	if (each?.next.is !== "waiting" || each.next.dueAt > now) return stay(state);
	const all = socketsOf(state, each.app);
	const fresh = all.filter(([, { is }]) => is === "open");
	const choice = fresh.length > 0 ? fresh : all;
	const [socket] = choice[Math.floor(random() * choice.length)] ?? [];
	if (socket === undefined) return stay(state);
	const envelope = uuid(random);
	const { what, attempts, reason } = each;
	const frame: Frame = { type: "envelope", id: envelope, what, attempt: attempts, reason };
	const sent: Pending = {
		...each,
		attempts: attempts + 1,
		envelopes: [...each.envelopes, envelope],
		next: { is: "sent", socket, dueAt: now + policy.ackMs },
	};
	return [change(state, id, sent), [{ type: "send", socket, frame }]];
}

function canRetry({ what, attempts }: Pending, { policy }: Terms): boolean {
	return what.kind === "events_api" && attempts <= policy.retryAfterMs.length;
}

function again(
	state: ApplinkState,
	id: number,
	each: Pending,
	reason: RetryReason,
	dueAt: number,
	{ policy }: Terms,
): Step {
	const next = { is: "waiting", dueAt, giveUpAt: dueAt + policy.holdMs } as const;
	return stay(change(state, id, { ...each, reason, next }));
}

function settle(state: ApplinkState, id: number, outcome: Outcome): Step {
	return [{ ...state, pending: without(state.pending, id) }, [{ type: "settle", id, outcome }]];
}

const change = (state: ApplinkState, id: number, pending: Pending): ApplinkState => ({
	...state,
	pending: put(state.pending, id, pending),
});

const failed = (id: number, reason: Failure, attempts: number): ApplinkEffect => ({
	type: "settle",
	id,
	outcome: { is: "failed", reason, attempts },
});

/** Version 4, RFC 9562. */
function uuid(random: () => number): string {
	const hex = (length: number): string =>
		Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
	const variant = (8 + Math.floor(random() * 4)).toString(16);
	return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}
