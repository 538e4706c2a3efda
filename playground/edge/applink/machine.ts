/*
 * Slack's Socket Mode, the server's side. Of each socket:
 *
 *            dialled,             10 s before its end          its end, refresh, off         closed
 *    ticket ──────────▶ open ───────────────────────▶ warned ─────────────────────────▶ ended ──▶ gone
 *       │ used, foreign, too old: refused    │                                                     ▲
 *       ╰ an 11th: too_many_websockets       ╰────────────────── closed by the app ────────────────╯
 *
 * Of each payload: deliveries.ts.
 */
import type { AppConfig, ApplinkEffect, ApplinkInput, Dial, DisconnectReason } from "./contract.js";
import { acknowledge, advance, cutOff, fail, occur } from "./deliveries.js";
import {
	type ApplinkState,
	andThen,
	forEach,
	put,
	refused,
	type SocketState,
	type Step,
	socketsOf,
	stay,
	type Terms,
	without,
} from "./state.js";

const MINUTE_MS = 60_000;

/** Time may be up for something at each input: whoever asks late is not served from the past. */
export function transition(state: ApplinkState, input: ApplinkInput, terms: Terms): Step {
	return andThen(
		andThen(expire(state, terms), (so) => take(so, input, terms)),
		(so) => advance(so, terms),
	);
}

/** The app that this token is of; null: nobody's. */
export function appOf(apps: readonly AppConfig[], token: string | null): string | null {
	return apps.find((app) => app.token === token)?.id ?? null;
}

/** When a `ticked` is due next; infinite: never. */
export function wakeAt(state: ApplinkState, { policy }: Pick<Terms, "policy">): number {
	const times = [
		...[...state.tickets.values()].map(({ expiresAt }) => expiresAt),
		...[...state.sockets.values()].map(({ is, endsAt }) => {
			if (is === "ended") return Number.POSITIVE_INFINITY;
			return is === "open" ? endsAt - policy.warningMs : endsAt;
		}),
		...[...state.pending.values()].map(({ app, next }) => {
			if (next.is === "sent") return next.dueAt;
			return socketsOf(state, app).length > 0 ? next.dueAt : next.giveUpAt;
		}),
	];
	return Math.min(Number.POSITIVE_INFINITY, ...times);
}

function take(state: ApplinkState, input: ApplinkInput, terms: Terms): Step {
	switch (input.type) {
		case "open-asked":
			return open(state, input.app, input.ticket, terms);
		case "dialled":
			return dial(state, input.socket, input.dial, terms);
		case "closed":
			return gone(state, input.socket, terms);
		case "occurred":
			return occur(state, input.id, input, terms);
		case "acknowledged":
			return acknowledge(state, input);
		case "refresh-ordered":
			return forEach(state, socketsOf(state, input.app), (so, [id, socket]) =>
				end(so, id, socket, "refresh_requested"),
			);
		case "switched":
			return turn(state, input.app, input.to);
		case "ticked":
			return stay(state);
		default:
			return input satisfies never;
	}
}

function open(state: ApplinkState, id: string | null, ticket: string, terms: Terms): Step {
	const { policy, now } = terms;
	const app = id === null ? undefined : state.apps.get(id);
	if (id === null || app === undefined) return [state, [refused("invalid_auth")]];
	// Slack's answer here is not documented; this is one that its clients try again.
	if (app.is === "off") return [state, [refused("access_denied")]];
	const recent = app.openedAt.filter((at) => at > now - MINUTE_MS);
	const [oldest = now] = recent;
	if (recent.length >= policy.opensPerMinute)
		return [state, [refused("ratelimited", oldest + MINUTE_MS - now)]];
	const apps = put(state.apps, id, { ...app, openedAt: [...recent, now] });
	const tickets = put(state.tickets, ticket, { app: id, expiresAt: now + policy.ticketMs });
	return [{ ...state, apps, tickets }, [{ type: "reply", reply: { is: "opened", ticket } }]];
}

function dial(state: ApplinkState, socket: number, asked: Dial, terms: Terms): Step {
	const { policy, now } = terms;
	const { ticket, app, host, isDebug } = asked;
	if (state.tickets.get(ticket)?.app !== app || state.apps.get(app)?.is !== "on")
		return [state, [{ type: "refuse", socket }]];
	const used = { ...state, tickets: without(state.tickets, ticket) };
	const others = socketsOf(state, app).length;
	if (others >= policy.maxSockets)
		return [used, [{ type: "accept", socket }, ...goodbye(socket, host, "too_many_websockets")]];
	const lifetimeMs = isDebug ? policy.debugLifetimeMs : policy.lifetimeMs;
	const live: SocketState = { app, host, is: "open", endsAt: now + lifetimeMs };
	const hello = { type: "hello", app, sockets: others + 1, host, lifetimeMs } as const;
	return [
		{ ...used, sockets: put(used.sockets, socket, live) },
		[
			{ type: "accept", socket },
			{ type: "send", socket, frame: hello },
		],
	];
}

/** What it had is for others now. */
function gone(state: ApplinkState, id: number, terms: Terms): Step {
	if (!state.sockets.has(id)) return stay(state);
	return cutOff({ ...state, sockets: without(state.sockets, id) }, id, terms);
}

/** What it was sent may be acknowledged until it is closed. */
function end(state: ApplinkState, id: number, socket: SocketState, reason: DisconnectReason): Step {
	const sockets = put(state.sockets, id, { ...socket, is: "ended" as const });
	return [{ ...state, sockets }, goodbye(id, socket.host, reason)];
}

function turn(state: ApplinkState, id: string, to: "on" | "off"): Step {
	const app = state.apps.get(id);
	if (app === undefined) return stay(state);
	const turned = { ...state, apps: put(state.apps, id, { ...app, is: to }) };
	if (to === "on") return stay(turned);
	const failed = forEach(
		turned,
		[...turned.pending].filter(([, each]) => each.app === id),
		(so, [at]) => fail(so, at, "link-disabled"),
	);
	return andThen(failed, (so) =>
		forEach(so, socketsOf(so, id), (each, [at, socket]) => end(each, at, socket, "link_disabled")),
	);
}

/** Tickets that nobody used, sockets that are warned, and those that were and did not go. */
function expire(state: ApplinkState, terms: Terms): Step {
	const { policy, now } = terms;
	const isStale = [...state.tickets.values()].some(({ expiresAt }) => expiresAt <= now);
	const tickets = isStale
		? new Map([...state.tickets].filter(([, { expiresAt }]) => expiresAt > now))
		: state.tickets;
	return forEach({ ...state, tickets }, state.sockets, (so, [id, socket]) => {
		if (socket.is === "ended") return stay(so);
		if (socket.endsAt <= now) return end(so, id, socket, "refresh_requested");
		if (socket.is === "warned" || socket.endsAt - policy.warningMs > now) return stay(so);
		const sockets = put(so.sockets, id, { ...socket, is: "warned" as const });
		const frame = { type: "disconnect", reason: "warning", host: socket.host } as const;
		return [{ ...so, sockets }, [{ type: "send", socket: id, frame }]];
	});
}

function goodbye(socket: number, host: string, reason: DisconnectReason): readonly ApplinkEffect[] {
	return [
		{ type: "send", socket, frame: { type: "disconnect", reason, host } },
		{ type: "close", socket },
	];
}
