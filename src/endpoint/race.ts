/*
 *   waiting ── its turn ─▶ connecting ─▶ connected ── nobody else is greeting ─▶ greeting ─▶ welcomed: over
 *                              │             │                                      │
 *                              │             ╰── closed ──▶ failed ◀── closed ──────┤
 *                              ╰── refused ─▶ failed          ▲                     ╰── too long ─▶ mute
 *                                                             ╰────────── closed ◀──────────────────╯
 *
 * A race of addresses to a welcome, over TCP. Starts are 250 ms apart (RFC 8305), at once after a failure;
 * a completed connect ends the starts, and none is broken off early: a path of 400 ms connects as well.
 * One at a time greets, so that the server sees one upgrade; where no welcome comes within max(1 s, 6 ×
 * connect time) the next goes on, and what is mute may still be the first to speak. While it is we who have
 * not said hello yet, because the token is late, nobody is called mute.
 */

type Attempt =
	| { readonly status: "waiting" | "mute" | "failed" }
	| { readonly status: "connecting"; readonly since: number }
	| { readonly status: "connected"; readonly connectMs: number }
	| {
			readonly status: "greeting";
			readonly until: number;
			readonly patienceMs: number;
			readonly isLate: boolean;
	  };

export interface Race {
	/** In the order of the addresses. */
	readonly attempts: readonly Attempt[];
	/** When the next one starts, unless one connects before. */
	readonly nextAt: number;
	readonly isOver: boolean;
}

export type RaceInput =
	| { readonly type: "begun" | "ticked" }
	| { readonly type: "connected" | "failed" | "welcomed"; readonly index: number }
	/** It took the upgrade: our turn. */
	| { readonly type: "opened"; readonly index: number }
	/** Hello is on its way. */
	| { readonly type: "greeted"; readonly index: number };

export type RaceEffect =
	| { readonly type: "connect" | "greet"; readonly index: number }
	/** Every address has failed. */
	| { readonly type: "give-up" };

export type RaceStep = readonly [Race, readonly RaceEffect[]];

const STAGGER_MS = 250;
const PATIENCE_MS = 1_000;
const CONNECT_TIMES = 6;
/** A tick that comes so late says that nothing ran here: the welcome may lie unread. */
const LATE_MS = 100;
const NEVER: number = Number.POSITIVE_INFINITY;
const NONE: readonly RaceEffect[] = [];

export const newRace = (addresses: number): Race => ({
	attempts: Array.from({ length: addresses }, () => ({ status: "waiting" })),
	nextAt: 0,
	isOver: false,
});

export function transition(race: Race, input: RaceInput, now: number): RaceStep {
	if (race.isOver) return [race, NONE];
	switch (input.type) {
		case "begun":
		case "ticked":
			return proceed(race, now);
		case "connected": {
			const attempt = race.attempts[input.index];
			if (attempt?.status !== "connecting") return [race, NONE];
			const connectMs = now - attempt.since;
			return proceed(put(race, input.index, { status: "connected", connectMs }), now);
		}
		case "opened":
			return [wait(race, input.index, NEVER), NONE];
		case "greeted":
			return [wait(race, input.index, now), NONE];
		case "failed":
			return proceed(put(race, input.index, { status: "failed" }), now);
		case "welcomed":
			return [{ ...race, isOver: true }, NONE];
		default:
			return input satisfies never;
	}
}

export function dueAt({ attempts, nextAt, isOver }: Race): number {
	if (isOver) return NEVER;
	const speaker = attempts.find(({ status }) => status === "greeting");
	if (speaker?.status === "greeting") return speaker.until;
	return has(attempts, "waiting") ? nextAt : NEVER;
}

/** Those that had their chance by now and did not take it: left alone for a while. */
export function laggards({ attempts }: Race, now: number): readonly number[] {
	return attempts.flatMap((attempt, index) => {
		const isSlow = attempt.status === "connecting" && now - attempt.since >= STAGGER_MS;
		return isSlow || attempt.status === "mute" ? [index] : [];
	});
}

function proceed(before: Race, now: number): RaceStep {
	const race = { ...before, attempts: before.attempts.map((attempt) => hush(attempt, now)) };
	const { attempts } = race;
	if (has(attempts, "greeting")) return [race, NONE];
	const spare = attempts.findIndex(({ status }) => status === "connected");
	if (spare >= 0) return greet(race, spare, now);
	const next = attempts.findIndex(({ status }) => status === "waiting");
	const isConnecting = has(attempts, "connecting");
	if (next >= 0 && (!isConnecting || now >= race.nextAt)) {
		const started = put(race, next, { status: "connecting", since: now });
		return [{ ...started, nextAt: now + STAGGER_MS }, [{ type: "connect", index: next }]];
	}
	if (next >= 0 || isConnecting || has(attempts, "mute")) return [race, NONE];
	return [{ ...race, isOver: true }, [{ type: "give-up" }]];
}

function greet(race: Race, index: number, now: number): RaceStep {
	const spare = race.attempts[index];
	const connectMs = spare?.status === "connected" ? spare.connectMs : 0;
	const patienceMs = Math.max(PATIENCE_MS, CONNECT_TIMES * connectMs);
	const until = now + patienceMs;
	return [
		put(race, index, { status: "greeting", until, patienceMs, isLate: false }),
		[{ type: "greet", index }],
	];
}

function hush(attempt: Attempt, now: number): Attempt {
	if (attempt.status !== "greeting" || now < attempt.until) return attempt;
	if (now - attempt.until < LATE_MS || attempt.isLate) return { status: "mute" };
	return { ...attempt, until: now + LATE_MS, isLate: true };
}

function wait(race: Race, index: number, from: number): Race {
	const attempt = race.attempts[index];
	if (attempt?.status !== "greeting") return race;
	return put(race, index, { ...attempt, until: from + attempt.patienceMs });
}

function put(race: Race, index: number, attempt: Attempt): Race {
	return { ...race, attempts: race.attempts.map((old, at) => (at === index ? attempt : old)) };
}

const has = (attempts: readonly Attempt[], status: Attempt["status"]): boolean =>
	attempts.some((attempt) => attempt.status === status);
