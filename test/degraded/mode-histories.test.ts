import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModeEffect, ModeInput } from "../../src/degraded/contract.js";
import {
	dueAt,
	initialMode,
	type ModePolicy,
	type ModeState,
	modeOf,
	transition,
} from "../../src/degraded/mode.js";
import { answered, exhausted, failed, lost, offline, online, policy } from "./mode-samples.js";
import { history, type Move, type Tick as Played, play } from "./play.js";

const RUNS = 5_000;
const POLICIES = fc.record({
	...Object.fromEntries(Object.entries(policy).map(([key, value]) => [key, fc.constant(value)])),
	polling: fc.constantFrom("auto", "long-poll", "manual"),
	hasApi: fc.boolean(),
}) as fc.Arbitrary<ModePolicy>;

type Tick = Played<ModeState, ModeInput, ModeEffect>;

const INVARIANTS: Record<string, (ticks: readonly Tick[], options: ModePolicy) => boolean> = {
	"polls only while there is no link and an HTTP half": (ticks, { hasApi }) =>
		ticks.every(
			({ orders, after: { phase } }) =>
				orders.every(({ type }) => type !== "poll") || (hasApi && phase === "polling"),
		),

	"never has two polls in flight": (ticks) =>
		ticks.every(
			({ before, orders }) => before.order === null || orders.every(({ type }) => type !== "poll"),
		),

	"starts no poll of its own within five seconds of another": (ticks, { polling }) => {
		const polls = ticks.filter(({ orders }) => orders.some(({ type }) => type === "poll"));
		return polls.every(
			({ before, now, input }) =>
				polling === "long-poll" ||
				input.type === "poll-requested" ||
				before.isWanted ||
				now - before.polledAt >= 5_000,
		);
	},

	"starts none before the server's pushback is over": (ticks) =>
		ticks.every(
			({ before, orders, now }) =>
				now >= before.notBefore || orders.every(({ type }) => type !== "poll"),
		),

	"is never parked without a link: a tick is due or a poll is in flight": (ticks, { hasApi }) =>
		ticks.every(
			({ after }) =>
				!["waiting", "polling"].includes(after.phase) ||
				after.dueAt < Number.POSITIVE_INFINITY ||
				after.order !== null ||
				!hasApi,
		),

	"leaves no timer and no poll behind when it rests": (ticks) =>
		ticks.every(
			({ after }) =>
				["waiting", "polling"].includes(after.phase) ||
				(after.dueAt === Number.POSITIVE_INFINITY && after.order === null),
		),

	"stops polling exactly when the polling ends": (ticks) =>
		ticks.every(
			({ before, orders, after }) =>
				orders.some(({ type }) => type === "stop-polling") ===
				(before.phase === "polling" && after.phase !== "polling"),
		),

	"says normal only with no reason, and since when": (ticks) =>
		ticks.every(({ before, after, now }) => {
			const { mode, reasons, since } = modeOf(after);
			const isSince = mode === modeOf(before).mode ? since === modeOf(before).since : since === now;
			return isSince && (mode === "normal") === (reasons.length === 0);
		}),
};

const INPUT: fc.Arbitrary<ModeInput> = fc.oneof(
	{ weight: 10, arbitrary: fc.constant<ModeInput>({ type: "ticked" }) },
	{
		weight: 5,
		arbitrary: fc.oneof(
			fc
				.record({
					pollAfterMs: fc.constantFrom(0, 0, 40_000),
					received: fc.constantFrom(0, 2),
					pending: fc.constantFrom(0, 3),
				})
				.map((outcome) => answered(outcome)),
			fc.constantFrom(0, 0, 8_000, 1e9).map(failed),
		),
	},
	...[
		{ type: "started" },
		{ type: "stopped" },
		{ type: "link-settled" },
		lost,
		{ ...lost, announcedMs: 20_000 },
		exhausted,
		{ type: "held", reason: "a" },
		{ type: "released", reason: "a" },
		online,
		offline,
		{ type: "poll-requested" },
	].map((input) => ({ weight: 1, arbitrary: fc.constant(input as ModeInput) })),
);

const START: Move<ModeInput> = { input: { type: "started" }, afterMs: 0, draw: 0 };

describe("over any history", () => {
	it.each(Object.entries(INVARIANTS))("%s", (_, holds) => {
		let polls = 0;
		const property = fc.property(POLICIES, history(INPUT), (options, inputs) => {
			const moves = [START, ...inputs];
			const ticks = play(initialMode(), moves, dueAt, (state, input, moment) =>
				transition(state, input, options, moment),
			);
			polls += ticks.filter(({ orders }) => orders.some(({ type }) => type === "poll")).length;
			return holds(ticks, options);
		});
		fc.assert(property, { numRuns: RUNS, seed: 3 });
		// Histories without a poll would have shown little.
		expect(polls).toBeGreaterThan(RUNS / 2);
	});
});
