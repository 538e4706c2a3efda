/* E13: Socket Mode's decisions, in virtual time. */
import { seededRandom } from "holdfast/testing";
import { describe, expect, it } from "vitest";
import {
	APPLINK_POLICY,
	type ApplinkEffect,
	type ApplinkInput,
	type ApplinkPolicy,
	type Frame,
	type Kind,
	type Outcome,
} from "../../../playground/edge/applink/contract.js";
import { transition, wakeAt } from "../../../playground/edge/applink/machine.js";
import { initialState } from "../../../playground/edge/applink/state.js";

const APP = "A1";

class Desk {
	readonly policy: ApplinkPolicy;
	state = initialState([{ id: APP, token: "xapp-1" }]);
	now = 0;
	readonly sent: { readonly socket: number; readonly frame: Frame }[] = [];
	readonly outcomes = new Map<number, Outcome>();
	readonly closed: number[] = [];
	readonly #random = seededRandom(1);

	constructor(changes: Partial<ApplinkPolicy> = {}) {
		this.policy = { ...APPLINK_POLICY, ...changes };
	}

	take(input: ApplinkInput): readonly ApplinkEffect[] {
		const terms = { policy: this.policy, now: this.now, random: this.#random };
		const [state, effects] = transition(this.state, input, terms);
		this.state = state;
		for (const effect of effects) {
			if (effect.type === "send") this.sent.push(effect);
			if (effect.type === "close") this.closed.push(effect.socket);
			if (effect.type === "settle") this.outcomes.set(effect.id, effect.outcome);
		}
		return effects;
	}

	/** Stops at each moment at which the machine wants to be asked. */
	pass(ms: number): void {
		const end = this.now + ms;
		for (;;) {
			const wake = wakeAt(this.state, this);
			if (wake > end) break;
			this.now = Math.max(this.now, wake);
			this.take({ type: "ticked" });
		}
		this.now = end;
		this.take({ type: "ticked" });
	}

	dial(socket: number, ticket = `t${socket}`, isDebug: "plain" | "debug" = "plain") {
		this.take({ type: "open-asked", app: APP, ticket });
		return this.redial(socket, ticket, isDebug);
	}

	redial(socket: number, ticket: string, isDebug: "plain" | "debug" = "plain") {
		const dial = { ticket, app: APP, host: "applink-1", isDebug: isDebug === "debug" };
		return this.take({ type: "dialled", socket, dial });
	}

	occur(id: number, kind: Kind = "events_api", acceptsResponsePayload = false): void {
		const what = { kind, payload: { event_id: `Ev${id}` }, acceptsResponsePayload };
		this.take({ type: "occurred", id, app: APP, what });
	}

	get envelopes() {
		return this.sent.flatMap(({ socket, frame }) =>
			frame.type === "envelope" ? [{ socket, ...frame }] : [],
		);
	}

	get goodbyes() {
		return this.sent.flatMap(({ socket, frame }) =>
			frame.type === "disconnect" ? [{ socket, reason: frame.reason }] : [],
		);
	}

	acknowledge(socket: number, envelope: string | undefined, payload: unknown = undefined): void {
		this.take({ type: "acknowledged", socket, envelope: String(envelope), payload });
	}
}

describe("tickets", () => {
	it("opens a socket with one, once", () => {
		const desk = new Desk();
		const effects = desk.dial(1);
		expect(effects[0]).toEqual({ type: "accept", socket: 1 });
		expect(desk.sent[0]?.frame).toMatchObject({
			type: "hello",
			sockets: 1,
			lifetimeMs: 18_060_000,
		});
		expect(desk.redial(2, "t1")).toEqual([{ type: "refuse", socket: 2 }]);
	});

	it.each<[string, (desk: Desk) => readonly ApplinkEffect[]]>([
		["that nobody was given", (desk) => desk.redial(1, "guess")],
		[
			"that is too old",
			(desk) => {
				desk.take({ type: "open-asked", app: APP, ticket: "t" });
				desk.pass(30_000);
				return desk.redial(1, "t");
			},
		],
		[
			"of another app",
			(desk) => {
				desk.take({ type: "open-asked", app: APP, ticket: "t" });
				const dial = { ticket: "t", app: "A2", host: "h", isDebug: false };
				return desk.take({ type: "dialled", socket: 1, dial });
			},
		],
	])("refuses one %s", (_what, dialling) => {
		expect(dialling(new Desk())).toEqual([{ type: "refuse", socket: 1 }]);
	});

	it("gives none to strangers, nor where Socket Mode is off, nor more than 50 a minute", () => {
		const desk = new Desk();
		const error = (input: string | null) => {
			const [effect] = desk.take({ type: "open-asked", app: input, ticket: "t" });
			return effect?.type === "reply" && effect.reply.is === "refused" ? effect.reply : null;
		};
		expect(error(null)?.error).toBe("invalid_auth");
		expect(error("A9")?.error).toBe("invalid_auth");
		desk.take({ type: "switched", app: APP, to: "off" });
		expect(error(APP)?.error).toBe("access_denied");
		desk.take({ type: "switched", app: APP, to: "on" });
		for (let n = 0; n < 50; n += 1) expect(error(APP)).toBeNull();
		desk.now += 20_000;
		expect(error(APP)).toMatchObject({ error: "ratelimited", retryAfterMs: 40_000 });
		desk.now += 40_000;
		expect(error(APP)).toBeNull();
	});
});

describe("the life of a socket", () => {
	it("tells an 11th that there are too many, and lets it in when one has gone", () => {
		const desk = new Desk();
		for (let socket = 1; socket <= 10; socket += 1) desk.dial(socket);
		desk.dial(11);
		expect(desk.goodbyes).toEqual([{ socket: 11, reason: "too_many_websockets" }]);
		expect(desk.closed).toEqual([11]);
		desk.take({ type: "closed", socket: 3 });
		desk.dial(12);
		expect(desk.sent.at(-1)?.frame).toMatchObject({ type: "hello", sockets: 10 });
	});

	it("warns ten seconds before the end, and ends it", () => {
		const desk = new Desk();
		desk.dial(1, "t", "debug");
		desk.pass(349_999);
		expect(desk.goodbyes).toEqual([]);
		desk.pass(1);
		expect(desk.goodbyes).toEqual([{ socket: 1, reason: "warning" }]);
		desk.pass(10_000);
		expect(desk.goodbyes.at(-1)).toEqual({ socket: 1, reason: "refresh_requested" });
		expect(desk.closed).toEqual([1]);
	});

	it("sends nothing to a socket that is warned while there is another", () => {
		const desk = new Desk();
		desk.dial(1, "t", "debug");
		desk.pass(350_000);
		desk.occur(100);
		expect(desk.envelopes.at(-1)?.socket).toBe(1);
		desk.dial(2);
		for (let id = 101; id < 120; id += 1) desk.occur(id);
		expect(new Set(desk.envelopes.slice(1).map(({ socket }) => socket))).toEqual(new Set([2]));
	});

	it("ends all of an app's when it is switched off, and tells what becomes of what waited", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.dial(2);
		desk.occur(100);
		desk.take({ type: "switched", app: APP, to: "off" });
		expect(desk.goodbyes.map(({ reason }) => reason)).toEqual(["link_disabled", "link_disabled"]);
		expect(desk.outcomes.get(100)).toMatchObject({ is: "failed", reason: "link-disabled" });
		desk.occur(101);
		expect(desk.outcomes.get(101)).toMatchObject({ reason: "link-disabled" });
	});
});

describe("payloads", () => {
	it("are settled by an acknowledgement, of which only some may carry an answer", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100, "slash_commands", true);
		desk.acknowledge(1, desk.envelopes[0]?.id, { text: "done" });
		desk.occur(101);
		desk.acknowledge(1, desk.envelopes[1]?.id, { text: "ignored" });
		expect(desk.outcomes.get(100)).toEqual({
			is: "acknowledged",
			attempts: 1,
			payload: { text: "done" },
		});
		expect(desk.outcomes.get(101)).toMatchObject({ payload: undefined });
	});

	it("are not settled by what another app says, nor twice", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100);
		const [envelope] = desk.envelopes;
		desk.acknowledge(9, envelope?.id);
		desk.acknowledge(1, "00000000-0000-4000-8000-000000000000");
		expect(desk.outcomes.size).toBe(0);
		desk.acknowledge(1, envelope?.id);
		desk.outcomes.clear();
		desk.acknowledge(1, envelope?.id);
		expect(desk.outcomes.size).toBe(0);
	});

	it("are tried again three times if they are events, flagged, and then given up", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100);
		desk.pass(400_000);
		expect(desk.envelopes.map(({ attempt, reason }) => [attempt, reason])).toEqual([
			[0, ""],
			[1, "timeout"],
			[2, "timeout"],
			[3, "timeout"],
		]);
		expect(new Set(desk.envelopes.map(({ id }) => id)).size).toBe(4);
		expect(desk.outcomes.get(100)).toEqual({
			is: "failed",
			reason: "unacknowledged",
			attempts: 4,
		});
	});

	it("are settled by a late acknowledgement of an earlier try", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100);
		desk.pass(3_000);
		desk.acknowledge(1, desk.envelopes[0]?.id);
		expect(desk.outcomes.get(100)).toMatchObject({ is: "acknowledged", attempts: 2 });
		desk.pass(400_000);
		expect(desk.envelopes).toHaveLength(2);
	});

	it("go to another socket at once when theirs dies, and say so", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100);
		desk.dial(2);
		desk.take({ type: "closed", socket: 1 });
		expect(desk.envelopes[1]).toMatchObject({ socket: 2, attempt: 1, reason: "connection_failed" });
	});

	it("are settled by what an app says before it hears that its socket ends", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.occur(100);
		desk.occur(101);
		const [first] = desk.envelopes;
		desk.take({ type: "refresh-ordered", app: APP });
		desk.dial(2);
		desk.acknowledge(1, first?.id);
		expect(desk.outcomes.get(100)).toMatchObject({ is: "acknowledged", attempts: 1 });
		expect(desk.envelopes).toHaveLength(2);
		desk.take({ type: "closed", socket: 1 });
		expect(desk.envelopes[2]).toMatchObject({ socket: 2, attempt: 1 });
		expect(desk.envelopes).toHaveLength(3);
	});

	it("wait for a socket if they are events, and fail at once if somebody waits for an answer", () => {
		const desk = new Desk();
		desk.occur(100);
		desk.occur(101, "interactive", true);
		expect(desk.outcomes.get(101)).toMatchObject({ reason: "no-socket", attempts: 0 });
		desk.pass(60_000);
		desk.dial(1);
		expect(desk.envelopes).toMatchObject([{ attempt: 0, reason: "" }]);
		desk.acknowledge(1, desk.envelopes[0]?.id);
		desk.take({ type: "closed", socket: 1 });
		desk.occur(102);
		desk.pass(600_000);
		expect(desk.outcomes.get(102)).toMatchObject({ reason: "no-socket", attempts: 0 });
	});

	it("of a user are never repeated: he is told after three seconds, whatever became of the socket", () => {
		const desk = new Desk();
		desk.dial(1);
		desk.dial(2);
		desk.occur(100, "interactive");
		const [envelope] = desk.envelopes;
		desk.take({ type: "closed", socket: envelope?.socket ?? 0 });
		desk.pass(2_999);
		expect(desk.outcomes.size).toBe(0);
		desk.pass(1);
		expect(desk.outcomes.get(100)).toMatchObject({ reason: "unacknowledged", attempts: 1 });
		expect(desk.envelopes).toHaveLength(1);
	});

	it("are refused past the limit, and for an app that nobody knows", () => {
		const desk = new Desk({ maxPending: 2 });
		for (const id of [1, 2, 3]) desk.occur(id);
		expect(desk.outcomes.get(3)).toMatchObject({ reason: "full" });
		const what = { kind: "events_api", payload: {}, acceptsResponsePayload: false } as const;
		desk.take({ type: "occurred", id: 4, app: "A9", what });
		expect(desk.outcomes.get(4)).toMatchObject({ reason: "unknown-app" });
	});
});
