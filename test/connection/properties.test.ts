/* S1: what holds in every state after every fact, over 100,000 random histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConnectionMachine, dueAt, transition } from "../../src/connection/machine.js";
import {
	preferLastGood,
	preferPrimary,
	selectFirst,
	shuffle,
	up,
} from "../../src/endpoint/filters.js";
import { RECONNECT } from "../../src/policy/policies.js";
import { ENDPOINTS, isOver, play, type Tick, type World } from "./play.js";

const RESTING = ["idle", "failed", "closed"];

const INVARIANTS: Record<string, (tick: Tick) => boolean> = {
	"acts on no fact about a dial that is over": ({ before, input, orders, after }) =>
		!isOver(before, input) || (after.state === before.state && orders.length === 0),

	"uses no dial id twice, and they only grow": ({ before, orders, after }) => {
		const ids = orders.filter((order) => order.type === "dial").map((order) => order.dialId);
		const grows = ids.every((id, at) => id > (ids[at - 1] ?? before.lastDialId));
		return grows && after.state.dialId === after.lastDialId;
	},

	"holds one link, or two during a migration": ({ after: { held, state } }) =>
		held.size <= 1 || (held.size === 2 && state.status === "connected"),

	"has two live links only while one of them retires": ({ after: { held, state } }) => {
		const live = [...held.values()].filter((phase) => phase === "live").length;
		const isRetiring = state.status === "connected" && state.retiring !== null;
		return live === (isRetiring ? 2 : state.status === "connected" ? 1 : 0);
	},

	"holds what its state says, no more and no less": ({ after: { held, state } }) => {
		const links =
			state.status === "connected"
				? [state.link, state.successor, state.retiring]
				: "dial" in state
					? [state.dial]
					: [];
		const ids = links.filter((link) => link !== null).map((link) => link.dialId);
		return ids.length === held.size && ids.every((id) => held.has(id));
	},

	"leaves neither link nor anything due behind when it rests": ({ after: { held, state } }) =>
		!RESTING.includes(state.status) || (held.size === 0 && dueAt(state) === Infinity),

	"is never parked": ({ after: { state } }) => {
		const isMoving =
			state.status === "connected"
				? state.outage !== null || state.successor !== null || state.retiring !== null
				: !RESTING.includes(state.status);
		const due = dueAt(state);
		return !Number.isNaN(due) && (!isMoving || Number.isFinite(due));
	},

	"never dials before the server's pushback is over": ({ orders, after }) =>
		after.now >= after.earliest || orders.every((order) => order.type !== "dial"),

	"waits no longer than half a second after a wake, except for pushback": ({ input, after }) => {
		const { state, now } = after;
		if (input.type !== "woken" || state.status !== "reconnecting") return true;
		return state.retryAt === null || state.retryAt <= Math.max(now + 500, state.notBefore);
	},

	"hangs up only what is held, and greets and adopts only what it dials": ({ before, orders }) => {
		const isDialing = (id: number): boolean => before.held.get(id) === "dialing";
		return orders.every((order) => {
			if (order.type === "hang-up") return before.held.has(order.dialId);
			if (order.type === "greet") return isDialing(order.dialId);
			if (order.type !== "adopt") return true;
			const { previous } = order;
			return isDialing(order.dialId) && (previous === null || before.held.get(previous) === "live");
		});
	},

	"dials none but endpoints that are configured": ({ orders, after }) =>
		orders.every(
			(order) =>
				order.type !== "dial" ||
				after.state.candidates.some(({ endpoint }) => endpoint.url === order.endpoint.url),
		),

	"reports each change of status and each order once, with a reason": ({
		before,
		orders,
		after,
	}) => {
		const reports = orders.filter((order) => order.type === "report");
		const isChange =
			before.state.status !== after.state.status ||
			orders.some((order) => ["dial", "adopt", "hang-up"].includes(order.type));
		if (reports.some((order) => order.reason === "")) return false;
		return isChange ? reports.length === 1 : reports.length <= 1;
	},

	"gives the very same state when nothing changed": ({ before, orders, after }) =>
		before.state === after.state ||
		orders.length > 0 ||
		JSON.stringify(before.state) !== JSON.stringify(after.state),

	"keeps what the server asked of it through every change of status": ({ before, after }) =>
		after.state.notBefore >= before.state.notBefore,
};

const policies = [
	{ ...RECONNECT, filters: [up(), preferPrimary()] },
	{ ...RECONNECT, filters: [up(), preferLastGood(), selectFirst(2)] },
	{ ...RECONNECT, filters: [shuffle()], failBackWindowMs: [0, 1_000] },
	{ ...RECONNECT, filters: [], dialTimeoutMs: 30_000, stableAfterMs: 1_000, baseMs: 0 },
	{ ...RECONNECT, filters: [() => []] },
] as const;

/** Long ones (`size`), or most would end before much has happened. */
const histories = fc.array(fc.nat(2 ** 31 - 1), { minLength: 10, maxLength: 36, size: "max" });

/** Ten thousand histories take two seconds alone, and far more on a machine that does much else. */
const SLOW = { timeout: 120_000 };
const invariants = Object.values(INVARIANTS);

function judge(ticks: readonly Tick[]): void {
	for (const tick of ticks) {
		if (isNothing(tick)) continue;
		for (const holds of invariants) if (!holds(tick)) throw new Error(breach(tick));
	}
	const last = ticks.at(-1);
	if (last !== undefined) expectPatience(last.after);
}

/** What was judged before has not changed, and nothing was ordered. */
const isNothing = ({ before, orders, after }: Tick): boolean =>
	orders.length === 0 && before.state === after.state && before.held === after.held;

function breach(tick: Tick): string {
	const broken = Object.keys(INVARIANTS).filter((name) => !INVARIANTS[name]?.(tick));
	return `it no longer ${broken.join(", nor ")}: ${JSON.stringify(tick)}`;
}

/** A shell may tick when it likes: early is nothing. */
function expectPatience({ state }: World): void {
	const now = Math.min(dueAt(state) - 0.001, 1e12);
	const moment = { now, random: () => 0.5 };
	const [next, orders] = transition(state, { type: "ticked" }, policies[0], moment);
	if (next !== state || orders.length > 0)
		throw new Error("it is moved by a tick that comes early");
}

/** What a state may be called; some by more than one name. */
function namesOf(state: ConnectionMachine): string[] {
	if (state.status === "reconnecting" && state.retryAt === null) return ["redialing"];
	if (state.status !== "connected") return [state.status];
	const { successor, retiring, outage } = state;
	const names = ["connected"];
	if (successor !== null) names.push(successor.isFailBack ? "failing back" : "replacing");
	if (retiring !== null) names.push("retiring");
	if (outage === null) names.push("stable");
	return names;
}

const runs = policies.flatMap((policy, at) =>
	[1, 3].map((count) => ({ policy, count, name: `policy ${at}, ${count} endpoints` })),
);

describe("over 100,000 random histories", () => {
	it.each(runs)("it holds what it promises: $name", SLOW, ({ policy, count }) => {
		const endpoints = ENDPOINTS.slice(0, count);
		const property = fc.property(histories, (history) => judge(play(history, policy, endpoints)));
		fc.assert(property, { numRuns: 10_000, seed: count });
	});

	it("reaches every state of a client and every order while doing so", () => {
		const ticks = fc
			.sample(histories, { numRuns: 500, seed: 7 })
			.flatMap((history) => play(history, policies[0]));
		const orders = ticks.flatMap((tick) => tick.orders.map(({ type }) => type));
		const seen = new Set([...orders, ...ticks.flatMap(({ after }) => namesOf(after.state))]);
		expect([...seen].sort()).toEqual(
			[
				["adopt", "dial", "greet", "hang-up", "report"],
				["closed", "connected", "connecting", "failed", "idle", "reconnecting", "redialing"],
				["failing back", "replacing", "retiring", "stable"],
			]
				.flat()
				.sort(),
		);
	});

	it("decides the same for the same draws", () => {
		for (const history of fc.sample(histories, { numRuns: 100, seed: 8 })) {
			const outcomes = [1, 2].map(() => play(history, policies[2]).map(({ orders }) => orders));
			expect(outcomes[0]).toEqual(outcomes[1]);
		}
	});
});
