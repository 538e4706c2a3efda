import { describe, expect, it } from "vitest";
import type { ConnectionInput } from "../../src/connection/contract.js";
import {
	type ConnectionMachine,
	dueAt,
	initial,
	transition,
} from "../../src/connection/machine.js";
import type { Candidate } from "../../src/endpoint/endpoint.js";
import {
	BACKUP,
	connected,
	dialOf,
	FORBIDDEN,
	LOST,
	memory,
	NOW,
	OVERLOADED,
	POLICY,
	PRIMARY,
} from "./samples.js";

const lost = { type: "lost", dialId: 7, cause: LOST, blame: "endpoint" } as const;
const fresh = { outage: { since: NOW - 1_000, attempt: 3 }, stableAt: NOW + 29_000 };

const asked = { type: "reconnect-requested", reason: "app" } as const;

const run = (state: ConnectionMachine, ...inputs: ConnectionInput[]): ConnectionMachine =>
	inputs.reduce(
		(at, input) => transition(at, input, POLICY, { now: NOW, random: () => 0.5 })[0],
		state,
	);
const waitMs = (state: ConnectionMachine): number => dueAt(state) - NOW;
const failures = ({ candidates }: ConnectionMachine): number[] =>
	candidates.map((known: Candidate) => known.failures);

describe("a welcome", () => {
	const dialing: ConnectionMachine = {
		...memory,
		exhausted: true,
		announcedMs: 5_000,
		status: "connecting",
		outage: { since: NOW - 2_000, attempt: 2 },
		dial: dialOf(7),
	};
	const welcomed = { type: "welcomed", dialId: 7, windowMs: 60_000, maxAgeMs: 0 } as const;

	it("connects, ends what the outage has told, and names the standing window", () => {
		expect(run(dialing, welcomed)).toMatchObject({
			status: "connected",
			since: NOW,
			link: { dialId: 7, endpoint: PRIMARY },
			exhausted: false,
			announcedMs: null,
			windowMs: 60_000,
			outage: { since: NOW - 2_000, attempt: 2 },
		});
	});

	it("lets its endpoint in again, and remembers when it was good", () => {
		const [a, b] = memory.candidates;
		const sick = { ...(a as Candidate), failures: 2, ejectedUntil: NOW + 60_000 };
		const next = run({ ...dialing, candidates: [sick, b as Candidate] }, welcomed);
		expect(next.candidates[0]).toMatchObject({ failures: 2, ejectedUntil: null, lastGoodAt: NOW });
	});

	it("is the last but one word: the link has yet to prove stable", () => {
		const live = run(dialing, welcomed);
		expect(waitMs(live)).toBe(30_000);
		const moment = { now: NOW + 30_000, random: () => 0.5 };
		const [stable] = transition(live, { type: "ticked" }, POLICY, moment);
		expect(stable).toMatchObject({ outage: null, slowRounds: 0 });
		expect(dueAt(stable)).toBe(Number.POSITIVE_INFINITY);
	});
});

describe("the loss of a link", () => {
	it("begins an outage where the link was stable, and says nothing against the endpoint", () => {
		const next = run(connected({}), lost);
		expect(next).toMatchObject({ outage: { since: NOW, attempt: 0 }, cause: LOST });
		expect(waitMs(next)).toBe(250);
		expect(failures(next)).toEqual([0, 0]);
	});

	it("goes on with the outage before it where it was not, and is its endpoint's failure", () => {
		const next = run(connected(fresh), lost);
		expect(next).toMatchObject({ outage: fresh.outage });
		expect(waitMs(next)).toBe(640);
		expect(failures(next)).toEqual([1, 0]);
	});

	it.each([
		["a window announced it", { windowMs: 0 }],
		["the close code announced it", { isAnnounced: true }],
		["nobody is to blame", { blame: "nobody" as const }],
	])("is nobody's failure where %s", (_, told) => {
		expect(failures(run(connected(fresh), { ...lost, ...told }))).toEqual([0, 0]);
	});

	it("tells the window that announced it, and keeps it for the waits to come", () => {
		const next = run(connected({}), { ...lost, windowMs: 90_000 });
		expect(next).toMatchObject({ announcedMs: 90_000, windowMs: 90_000 });
		expect(waitMs(next)).toBe(45_000);
	});

	it("waits at least as long as the server asked, and is refused no other endpoint for it", () => {
		const next = run(connected({}), { ...lost, cause: OVERLOADED, retryAfterMs: 10_000 });
		expect(waitMs(next)).toBe(11_000);
		expect(next.notBefore).toBe(NOW + 11_000);
	});

	it("for good ends the client and everything that it holds", () => {
		const next = run(connected({ successor: dialOf(8), dialId: 8 }), { ...lost, cause: FORBIDDEN });
		expect(next).toMatchObject({ status: "failed", cause: FORBIDDEN });
	});

	it("keeps what outlives it in state, and nothing else", () => {
		const next = run(connected({ move: null }), lost);
		expect(Object.keys(next).sort()).toEqual(
			[...Object.keys(memory), "status", "outage", "cause", "retryAt"].sort(),
		);
		expect(Object.keys(run(next, { type: "close-requested" })).sort()).toEqual(
			[...Object.keys(memory), "status"].sort(),
		);
	});
});

describe("a goodbye", () => {
	const goodbye = (windowMs: number, deadlineMs: number): ConnectionInput => ({
		type: "goodbye-received",
		dialId: 7,
		reason: "drain",
		windowMs,
		deadlineMs,
		endpoints: [],
	});

	it("plans the move within its window, and no later than its deadline", () => {
		expect(waitMs(run(connected({}), goodbye(60_000, 20_000)))).toBe(10_000);
		expect(waitMs(run(connected({}), goodbye(20_000, 60_000)))).toBe(10_000);
		expect(waitMs(run(connected({}), goodbye(9e9, 9e9)))).toBe(300_000);
	});

	it("announces the loss that follows, and our place in its window stays what it was", () => {
		const next = run(connected({}), goodbye(60_000, 60_000), lost);
		expect(next).toMatchObject({ announcedMs: 60_000, windowMs: 60_000 });
		expect(waitMs(next)).toBe(30_000);
	});

	it("is followed by the window of a later word, where the close reason has one", () => {
		const next = run(connected({}), goodbye(60_000, 60_000), { ...lost, windowMs: 8_000 });
		expect(waitMs(next)).toBe(4_000);
		expect(next.announcedMs).toBe(8_000);
	});

	it("does not excuse a server that says it at each welcome: the law holds", () => {
		const next = run(connected(fresh), goodbye(0, 0), lost);
		expect(waitMs(next)).toBe(640);
	});

	it("with the welcome is heeded 200 ms later, so that two gateways cannot play catch", () => {
		const next = run(connected({ ...fresh, since: NOW }), goodbye(0, 0));
		expect(waitMs(next)).toBe(200);
	});

	it("that is repeated draws no second lot", () => {
		const first = run(connected({}), goodbye(60_000, 60_000));
		expect(waitMs(run(first, goodbye(60_000, 60_000), goodbye(45_000, 60_000)))).toBe(30_000);
	});
});

describe("reconnect()", () => {
	it("dials at once on a live link", () => {
		const next = run(connected({}), asked);
		expect(next).toMatchObject({ status: "reconnecting", dialId: 8, outage: { attempt: 1 } });
		expect(failures(next)).toEqual([0, 0]);
	});

	it("waits where the server has pushed back", () => {
		const next = run(connected({ notBefore: NOW + 10_000 }), asked);
		expect(next).toMatchObject({ status: "reconnecting", retryAt: NOW + 10_000, dialId: 7 });
	});

	it("takes the successor that is under way", () => {
		const next = run(connected({ successor: dialOf(8), dialId: 8 }), asked);
		expect(next).toMatchObject({ status: "reconnecting", dialId: 8, dial: { dialId: 8 } });
	});
});

describe("a list of endpoints that changed", () => {
	const change = (...endpoints: (typeof PRIMARY)[]): ConnectionInput => ({
		type: "endpoints-changed",
		endpoints,
	});

	it("moves a link whose endpoint is gone, spread like a loss or over the server's window", () => {
		expect(waitMs(run(connected({}), change(BACKUP)))).toBe(250);
		expect(waitMs(run(connected({ windowMs: 60_000 }), change(BACKUP)))).toBe(30_000);
	});

	it("plans a fail-back once there is a primary, and drops it once there is none", () => {
		const onB = connected({ link: { dialId: 7, endpoint: BACKUP } });
		const third = { url: "wss://c.example", role: "primary" } as const;
		const planned = run(onB, change(BACKUP, third));
		expect(waitMs(planned)).toBe(180_000);
		const promoted = run(planned, change({ ...BACKUP, role: "primary" }));
		expect(dueAt(promoted)).toBe(Number.POSITIVE_INFINITY);
	});

	it("leaves a planned fail-back where it is: it was drawn once", () => {
		const third = { url: "wss://c.example", role: "backup" } as const;
		const link = { dialId: 7, endpoint: BACKUP };
		const next = run(connected({ link, failBackAt: NOW + 77_000 }), change(PRIMARY, BACKUP, third));
		expect(next.candidates).toHaveLength(3);
		expect(waitMs(next)).toBe(77_000);
	});

	it("is dialled from the next round on", () => {
		const waiting = run(connected({}), lost);
		const next = run(waiting, change({ url: "wss://new.example" }), asked, { type: "ticked" });
		expect(next).toMatchObject({ dial: { endpoint: { url: "wss://new.example" } } });
	});
});

describe("a client that has not begun", () => {
	it("is idle, and wants no tick", () => {
		const idle = initial([PRIMARY, BACKUP]);
		expect(idle).toMatchObject({ status: "idle", dialId: 0, exhausted: false, announcedMs: null });
		expect(dueAt(idle)).toBe(Number.POSITIVE_INFINITY);
	});
});
