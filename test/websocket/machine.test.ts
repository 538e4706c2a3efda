import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SocketEffect, SocketInput, SocketPolicy } from "../../src/websocket/contract.js";
import { dueAt, type SocketState, start, transition } from "../../src/websocket/machine.js";
import {
	BROKEN_OFF,
	closeRequested,
	ended,
	INPUTS,
	lost,
	memory,
	opened,
	play,
	RESILIENT,
	SINGLE_USE,
	STATES,
} from "./samples.js";

const random = (): number => 0.5;
const step = (state: SocketState, input: SocketInput, now: number, policy = SINGLE_USE) =>
	transition(state, input, { policy, now, random });
const told = (effects: readonly SocketEffect[]): string =>
	effects
		.filter(({ type }) => type !== "report")
		.map((effect) => (effect.type === "tell-end" ? `end ${effect.end.code}` : effect.type))
		.join(", ");

/** When each state is due, what becomes of it: the status, and what is ordered. */
type Table = Record<keyof ReturnType<typeof STATES>, Record<SocketInput["type"], string>>;
const same = {
	closed: {
		opened: "closed",
		lost: "closed",
		unaddressed: "closed",
		ticked: "closed",
		woken: "closed",
		"reconnect-requested": "closed",
		"close-requested": "closed",
	},
	"closing a dial": {
		opened: "closing",
		lost: "closing",
		unaddressed: "closing",
		ticked: "closed: end 1006",
		woken: "closing",
		"reconnect-requested": "closing",
		"close-requested": "closing",
	},
	"closing a link": {
		opened: "closing",
		lost: "closed: end 1006",
		unaddressed: "closing",
		ticked: "closed: hang-up, end 1006",
		woken: "closing",
		"reconnect-requested": "closing",
		"close-requested": "closing",
	},
	reconnecting: {
		opened: "reconnecting",
		lost: "reconnecting",
		unaddressed: "reconnecting",
		ticked: "reconnecting: dial",
		woken: "reconnecting",
		"reconnect-requested": "reconnecting",
		"close-requested": "closing",
	},
} as const;
const single: Table = {
	...same,
	connecting: {
		opened: "open: tell-open",
		lost: "connecting: hang-up, dial",
		unaddressed: "closed: hang-up, end 1006",
		ticked: "connecting: hang-up, dial",
		woken: "connecting",
		"reconnect-requested": "connecting",
		"close-requested": "closing: hang-up",
	},
	open: {
		opened: "open",
		lost: "closed: end 1006",
		unaddressed: "open",
		ticked: "open: ask",
		woken: "open: ask",
		"reconnect-requested": "open",
		"close-requested": "closing: close",
	},
};
const again: Table = {
	...single,
	connecting: { ...single.connecting, unaddressed: "reconnecting: hang-up" },
	open: {
		...single.open,
		lost: "reconnecting",
		"reconnect-requested": "reconnecting: hang-up, dial",
	},
};

const cells = (table: Table, policy: SocketPolicy) =>
	Object.entries(STATES(policy)).flatMap(([row, state]) =>
		Object.entries(INPUTS).map(([column, input]) => ({
			row,
			column,
			state,
			input: input(state),
			expected: table[row as keyof Table][column as SocketInput["type"]],
		})),
	);
const outcome = (state: SocketState, input: SocketInput, policy: SocketPolicy): string => {
	const [next, effects] = step(state, input, Math.min(dueAt(state), 1e6), policy);
	return [next.status, told(effects)].filter(Boolean).join(": ");
};

describe("The machine of a single-use socket", () => {
	it.each(cells(single, SINGLE_USE))("$row × $column: $expected", ({ state, input, expected }) => {
		expect(outcome(state, input, SINGLE_USE)).toBe(expected);
	});

	it("tries each endpoint once, and then ends with 1006", () => {
		const first = play(SINGLE_USE);
		const [second, orders] = step(first, lost()(first), 100);
		expect(orders).toContainEqual({
			type: "dial",
			dialId: 2,
			endpoint: { url: "wss://b.example", role: "backup" },
		});
		const [end, last] = step(second, lost()(second), 200);
		expect(end).toMatchObject({ status: "closed", cause: { code: "endpoint-refused" } });
		expect(last.at(-1)).toMatchObject({ type: "tell-end", end: BROKEN_OFF });
	});

	it("bounds the handshake: 4 s, and as much again for the next endpoint", () => {
		const first = play(SINGLE_USE);
		expect(dueAt(first)).toBe(4_000);
		const [second] = step(first, { type: "ticked", buffered: 0 }, 4_000);
		expect(dueAt(second)).toBe(8_000);
		expect(second).toMatchObject({ status: "connecting", dialId: 2 });
	});

	it("reads what lies unread when its deadline is ticked late", () => {
		const first = play(SINGLE_USE);
		const [late] = step(first, { type: "ticked", buffered: 0 }, 60_000);
		expect([late.status, late.dialId, dueAt(late)]).toEqual(["connecting", 1, 61_000]);
		expect(step(late, opened(late), 60_001)[0].status).toBe("open");
	});

	it("charges an endpoint whose link broke before it was stable, and no other", () => {
		const failures = (at: number): readonly number[] => {
			let state = play(SINGLE_USE, opened);
			if (at >= 30_000) [state] = step(state, { type: "ticked", buffered: 0 }, 30_000);
			return step(state, lost()(state), at)[0].candidates.map((each) => each.failures);
		};
		expect([failures(1_000), failures(31_000)]).toEqual([
			[1, 0],
			[0, 0],
		]);
	});

	it("passes over an endpoint that another socket of its class found dead", () => {
		const found = play(SINGLE_USE, lost());
		const [, orders] = start(
			{ ...memory, candidates: found.candidates },
			{
				policy: SINGLE_USE,
				now: 10,
				random,
			},
		);
		expect(orders).toContainEqual(
			expect.objectContaining({ endpoint: { url: "wss://b.example", role: "backup" } }),
		);
	});

	it("asks after six seconds of silence, and ends the link three seconds later", () => {
		const open = play(SINGLE_USE, opened);
		const [asked, question] = step(open, { type: "ticked", buffered: 0 }, 6_000);
		expect([told(question), dueAt(asked)]).toEqual(["ask", 9_000]);
		const [dead, orders] = step(asked, { type: "ticked", buffered: 0 }, 9_000);
		expect([dead.status, told(orders)]).toEqual(["closed", "hang-up, end 1006"]);
		expect(dead).toMatchObject({ cause: { code: "heartbeat-timeout" } });
	});

	it("gives a peer that still reads more time to close, and a mute one three seconds", () => {
		const closing = play(SINGLE_USE, opened, closeRequested);
		const [more] = step(closing, { type: "ticked", buffered: 5 }, 3_000);
		expect([more.status, dueAt(more)]).toEqual(["closing", 6_000]);
		const [gone, orders] = step(more, { type: "ticked", buffered: 5 }, 6_000);
		expect([gone.status, told(orders)]).toEqual(["closed", "hang-up, end 1006"]);
	});
});

describe("The machine of a socket that reconnects", () => {
	it.each(cells(again, RESILIENT))("$row × $column: $expected", ({ state, input, expected }) => {
		expect(outcome(state, input, RESILIENT)).toBe(expected);
	});

	it.each([1_000, 1_008])("ends for good with a close %d, and at 401", (code) => {
		const open = play(RESILIENT, opened);
		expect(step(open, lost(ended(code))(open), 1, RESILIENT)[0].status).toBe("closed");
		const dialing = play(RESILIENT);
		const refused = lost({ ...BROKEN_OFF, httpStatus: 401 })(dialing);
		expect(step(dialing, refused, 1, RESILIENT)[0]).toMatchObject({
			status: "closed",
			cause: { code: "unauthorized" },
		});
	});

	it("comes back within 500 ms of the first loss, and no sooner than a server asks", () => {
		let open = play(RESILIENT, opened);
		[open] = step(open, { type: "ticked", buffered: 0 }, 30_000, RESILIENT);
		expect(dueAt(step(open, lost()(open), 40_000, RESILIENT)[0])).toBe(40_250);
		const told = { ...ended(1_013), reason: '{"r":8000}' };
		const [waiting] = step(open, lost(told)(open), 40_000, RESILIENT);
		expect(dueAt(waiting)).toBeGreaterThanOrEqual(48_000);
		const [hurried] = step(waiting, INPUTS["reconnect-requested"](), 40_001, RESILIENT);
		expect(dueAt(hurried)).toBe(dueAt(waiting));
	});
});

describe("Whatever happens, in any order", () => {
	const happening = fc.record({
		column: fc.constantFrom(...(Object.keys(INPUTS) as SocketInput["type"][])),
		passedMs: fc.integer({ min: 0, max: 8_000 }),
		isDue: fc.boolean(),
		isStale: fc.boolean(),
	});

	/** Plays a history, and hands each step to the judge with the dials that are held after it. */
	function judge(
		policy: SocketPolicy,
		look: (state: SocketState, held: ReadonlySet<number>, ends: number, opens: number) => void,
	): void {
		fc.assert(
			fc.property(fc.array(happening, { maxLength: 40 }), (history) => {
				let now = 0;
				const held = new Set<number>();
				const ids = new Set<number>();
				let ends = 0;
				let opens = 0;
				const obey = (effects: readonly SocketEffect[]): void => {
					for (const effect of effects) {
						if (effect.type === "hang-up") held.delete(effect.dialId);
						if (effect.type === "tell-end") ends += 1;
						if (effect.type === "tell-open") opens += 1;
						if (effect.type !== "dial") continue;
						expect(ids.has(effect.dialId)).toBe(false);
						ids.add(effect.dialId);
						held.add(effect.dialId);
					}
				};
				let [state, effects] = start(memory, { policy, now, random });
				obey(effects);
				for (const { column, passedMs, isDue, isStale } of history) {
					const due = dueAt(state);
					now = column === "ticked" && isDue && due < 1e9 ? Math.max(now, due) : now + passedMs;
					const about = isStale ? { ...state, dialId: state.dialId - 1 } : state;
					const input = INPUTS[column](about);
					// A platform's socket that ended is gone.
					if (input.type === "lost") held.delete(input.dialId);
					[state, effects] = transition(state, input, { policy, now, random });
					obey(effects);
					look(state, held, ends, opens);
				}
			}),
			{ numRuns: 3_000, seed: 25 },
		);
	}

	it.each([
		["single-use", SINGLE_USE],
		["resilient", RESILIENT],
	] as const)(
		"a %s socket never holds two, uses no dial id twice, ends once, and is never parked",
		(_, policy) => {
			judge(policy, (state, held, ends) => {
				expect(held.size).toBeLessThanOrEqual(1);
				expect(ends).toBe(state.status === "closed" ? 1 : 0);
				if (state.status === "closed") expect([held.size, dueAt(state)]).toEqual([0, Infinity]);
				else expect(dueAt(state)).toBeLessThan(Infinity);
			});
		},
	);

	it("a single-use socket is told open once at most", () => {
		judge(SINGLE_USE, (state, _held, _ends, opens) => {
			if (state.status === "open" || state.status === "closed")
				expect(opens).toBeLessThanOrEqual(1);
		});
	});
});
