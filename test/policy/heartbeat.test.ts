import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	dueAt,
	type HeartbeatInput,
	type HeartbeatState,
	type HeartbeatStep,
	heard,
	initial,
	transition,
} from "../../src/policy/heartbeat.js";
import { HEARTBEAT } from "../../src/policy/policies.js";

const NOW = 100_000;
const beat = { idleMs: 6_000, timeoutMs: 3_000 };
const question = { status: "asking", beat, isProbe: false, late: 0 } as const;

type Row = "deaf" | "dead" | "heard just now" | "silent" | "asking" | "probing" | Overdue;
type Overdue = "unanswered" | "long unanswered" | "unanswered thrice";

// Complete by type: a new status or a new fact does not compile until it has its sample here.
const STATES: Record<Row | HeartbeatState["status"], HeartbeatState> = {
	deaf: { status: "deaf", beat },
	dead: { status: "dead", beat },
	listening: { status: "listening", beat, heardAt: NOW - 1 },
	"heard just now": { status: "listening", beat, heardAt: NOW },
	silent: { status: "listening", beat, heardAt: NOW - 6_000 },
	asking: { ...question, deadAt: NOW + 1 },
	probing: { ...question, isProbe: true, deadAt: NOW + 1 },
	unanswered: { ...question, deadAt: NOW - 1_000 },
	"long unanswered": { ...question, deadAt: NOW - 1_001 },
	"unanswered thrice": { ...question, deadAt: NOW - 60_000, late: 2 },
};

const INPUTS: Record<HeartbeatInput["type"], HeartbeatInput> = {
	heard: { type: "heard" },
	probed: { type: "probed" },
	ticked: { type: "ticked" },
	tuned: { type: "tuned", idleMs: 6_000, timeoutMs: 3_000 },
};

const PROBED = "asking until 102000: ping";
const HEARD = "listening until 106000: nothing";
const ASKED = "asking until 103000: ping";
const DEAD = "dead: pronounce-dead";

// What follows. A cell left out promises the very same state and no effect.
const TABLE: Record<keyof typeof STATES, Partial<Record<HeartbeatInput["type"], string>>> = {
	deaf: { tuned: HEARD },
	dead: {},
	listening: { heard: HEARD, probed: PROBED },
	"heard just now": { heard: HEARD, probed: PROBED },
	silent: { heard: HEARD, probed: PROBED, ticked: ASKED },
	asking: { heard: HEARD, probed: PROBED },
	probing: { heard: HEARD },
	unanswered: { heard: HEARD, probed: PROBED, ticked: DEAD },
	"long unanswered": { heard: HEARD, probed: PROBED, ticked: ASKED },
	"unanswered thrice": { heard: HEARD, probed: PROBED, ticked: DEAD },
};

const rows = Object.keys(STATES) as (keyof typeof STATES)[];
const columns = Object.keys(INPUTS) as HeartbeatInput["type"][];
const cells = rows.flatMap((row) => columns.map((column) => ({ row, column })));

describe("every fact in every state", () => {
	it.each(cells)("$row × $column", ({ row, column }) => {
		const [next, effects] = step(STATES[row], INPUTS[column]);
		const isUnmoved = next === STATES[row] && effects.length === 0;
		// Tuning to what it is tuned to already shows nothing, but it is no promise of identity.
		const isRetuned = column === "tuned" && inWords(next, []) === inWords(STATES[row], []);
		expect(isUnmoved || isRetuned ? undefined : inWords(next, effects)).toBe(TABLE[row][column]);
	});
});

describe("a heartbeat", () => {
	it("keeps still until the welcome", () => {
		expect(dueAt(initial(HEARTBEAT))).toBe(Number.POSITIVE_INFINITY);
		expect(heard(initial(HEARTBEAT), 1)).toEqual(initial(HEARTBEAT));
	});

	it("is tuned by the welcome, within reason", () => {
		const tuned = (idleMs: number, timeoutMs: number) =>
			step(STATES.deaf, { type: "tuned", idleMs, timeoutMs })[0].beat;
		expect(tuned(30_000, 10_000)).toEqual({ idleMs: 30_000, timeoutMs: 10_000 });
		expect(tuned(0, 0)).toEqual(beat);
		expect(tuned(-1, Number.NaN)).toEqual(beat);
		expect(tuned(1, 1)).toEqual({ idleMs: 100, timeoutMs: 100 });
	});

	it("does the same by heard() as by the fact", () => {
		for (const state of Object.values(STATES))
			expect(heard(state, NOW)).toEqual(step(state, INPUTS.heard)[0]);
	});

	it("takes a second probe while one is under way for the same question", () => {
		const [probing] = step(STATES.listening, INPUTS.probed);
		expect(step(probing, INPUTS.probed, NOW + 1_999)).toEqual([probing, []]);
		expect(step(probing, INPUTS.ticked, NOW + 2_000)[1]).toEqual([{ type: "pronounce-dead" }]);
	});
});

/** A peer that answers pings, until it dies. */
interface Peer {
	readonly diesAt: number;
	readonly rttMs: number;
}

/**
 * A page whose timers come late: because they are throttled, and what comes in is read at once, or
 * because nothing runs, and it is read after the tick.
 */
interface Page {
	readonly why: "throttled" | "blocked";
	lateMs(due: number): number;
}

const onTime: Page = { why: "throttled", lateMs: () => 0 };
/** Chromium wakes the timers of a page that was hidden for five minutes once a minute. */
const throttled: Page = {
	why: "throttled",
	lateMs: (due) => Math.ceil(due / 60_000) * 60_000 - due,
};

/** When the link was pronounced dead, or null, and the pings until then. */
function watch(peer: Peer, page: Page, end: number): { deadAt: number | null; pings: number[] } {
	let [state] = step(initial(HEARTBEAT), INPUTS.tuned, 0);
	const answers: number[] = [];
	const pings: number[] = [];
	let now = 0;
	while (state.status !== "dead") {
		const due = dueAt(state);
		const ticks = due + page.lateMs(due);
		const isAnswer = (answers[0] ?? end) <= (page.why === "blocked" ? due : ticks);
		now = Math.max(now, isAnswer ? (answers.shift() ?? end) : ticks);
		if (now >= end) return { deadAt: null, pings };
		const [next, effects] = step(state, isAnswer ? INPUTS.heard : INPUTS.ticked, now);
		state = next;
		if (effects[0]?.type !== "ping") continue;
		pings.push(now);
		if (now < peer.diesAt) answers.push(now + peer.rttMs);
	}
	return { deadAt: now, pings };
}

const minutes = (count: number): number => count * 60_000;
describe("a link that is watched", () => {
	it("is asked after six seconds of silence, and is dead three seconds later", () => {
		const peer = { diesAt: 0, rttMs: 20 };
		expect(watch(peer, onTime, minutes(1))).toEqual({ deadAt: 9_000, pings: [6_000] });
	});

	it("is noticed dead within 9.5 s of its death, whenever that is", () => {
		for (let diesAt = 0; diesAt < 30_000; diesAt += 137) {
			const { deadAt } = watch({ diesAt, rttMs: 80 }, { ...onTime, lateMs: () => 50 }, minutes(2));
			expect((deadAt as number) - diesAt).toBeLessThanOrEqual(9_500);
		}
	});

	it("is never called dead by timers that come once a minute, while its peer answers", () => {
		const peer = { diesAt: Number.POSITIVE_INFINITY, rttMs: 200 };
		const { deadAt, pings } = watch(peer, throttled, minutes(10) + 1);
		expect(deadAt).toBeNull();
		expect(pings).toHaveLength(10);
	});

	it("is called dead even then, when its peer is", () => {
		const { deadAt } = watch({ diesAt: minutes(3), rttMs: 200 }, throttled, minutes(30));
		expect(deadAt).toBe(minutes(6));
	});

	it("is alive for any peer that answers in time, however late each tick comes", () => {
		const property = fc.property(
			fc.array(fc.oneof(fc.constant(0), fc.nat(900), fc.nat(100_000)), { minLength: 1 }),
			fc.nat(2_900),
			fc.constantFrom("throttled" as const, "blocked" as const),
			(latenesses, rttMs, why) => {
				let tick = 0;
				const lateMs = (): number => latenesses[tick++ % latenesses.length] as number;
				const peer = { diesAt: Number.POSITIVE_INFINITY, rttMs };
				expect(watch(peer, { why, lateMs }, minutes(20)).deadAt).toBeNull();
			},
		);
		fc.assert(property, { numRuns: 2_000, seed: 9 });
	});

	it("survives an event loop that is blocked while the answer lies unread", () => {
		// The timer runs before the sockets are read, once the loop turns again after 10 s.
		const asking = STATES.asking;
		const [again, effects] = step(asking, INPUTS.ticked, NOW + 10_000);
		expect(effects).toEqual([{ type: "ping" }]);
		expect(step(again, INPUTS.heard, NOW + 10_001)[0].status).toBe("listening");
	});

	it("has its verdict two seconds after a wake", () => {
		const slept = step(STATES.listening, INPUTS.probed, NOW + minutes(480))[0];
		expect(dueAt(slept) - NOW - minutes(480)).toBe(2_000);
	});
});

function step(state: HeartbeatState, input: HeartbeatInput, now = NOW): HeartbeatStep {
	return transition(state, input, HEARTBEAT, { now, random: () => 0.5 });
}

function inWords(state: HeartbeatState, effects: HeartbeatStep[1]): string {
	const until = Number.isFinite(dueAt(state)) ? ` until ${dueAt(state)}` : "";
	return `${state.status}${until}: ${effects.map((effect) => effect.type).join(", ") || "nothing"}`;
}
