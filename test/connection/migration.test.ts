import { describe, expect, it } from "vitest";
import type { ConnectionEffect, ConnectionInput } from "../../src/connection/contract.js";
import { type ConnectionMachine, dueAt, transition } from "../../src/connection/machine.js";
import { seededRandom } from "../../src/testing/seeded-random.js";
import { kolmogorovSmirnov, uniform } from "../support/statistics.js";
import { Client, type Dialled, type Fate } from "./client.js";
import {
	BACKUP,
	connected,
	dialOf,
	FORBIDDEN,
	LOST,
	NOW,
	OVERLOADED,
	POLICY,
	PRIMARY,
} from "./samples.js";

const THIRD = { url: "wss://c.example", role: "backup" } as const;
const accept: Fate = { fate: "accept", afterMs: 50 };
const hang: Fate = { fate: "hang" };
const lost = { type: "lost", dialId: 8, cause: LOST, blame: "endpoint" } as const;
const welcome = { type: "welcomed", dialId: 8, windowMs: 0, maxAgeMs: 0 } as const;

const urls = ({ dials }: Client): string[] => dials.map(({ url }) => url.charAt(6));
const start = (fate: (dial: Dialled) => Fate, endpoints = [PRIMARY, BACKUP]): Client =>
	new Client(POLICY, endpoints, 1, fate).tell({ type: "connect-requested" }).run(60_000);
const goodbye = (dialId: number, change: Partial<GoodbyeOf> = {}): ConnectionInput => ({
	type: "goodbye-received",
	dialId,
	reason: "drain",
	deadlineMs: 10_000,
	windowMs: 10_000,
	endpoints: [],
	...change,
});
type GoodbyeOf = Extract<ConnectionInput, { type: "goodbye-received" }>;

const step = (state: ConnectionMachine, input: ConnectionInput, now = NOW) =>
	transition(state, input, POLICY, { now, random: () => 0.5 });
const types = (orders: readonly ConnectionEffect[]): string[] =>
	orders.filter(({ type }) => type !== "report").map(({ type }) => type);

describe("make before break", () => {
	it("dials the successor, adopts it at its welcome, and lets the old link go once it is settled", () => {
		const moving = connected({ move: { at: NOW, reason: "age", hints: [], attempt: 0 } });
		const [dialling, dial] = step(moving, { type: "ticked" });
		expect(types(dial)).toEqual(["dial"]);
		expect(dialling.status).toBe("connected");
		const [adopted, adopt] = step(dialling, welcome);
		expect(adopt).toContainEqual({ type: "adopt", dialId: 8, previous: 7 });
		expect(adopted).toMatchObject({ link: { dialId: 8 }, since: NOW, retiring: { dialId: 7 } });
		const [settled, retire] = step(adopted, { type: "settled", dialId: 8 });
		expect(retire).toContainEqual({ type: "hang-up", dialId: 7, code: 1000, reason: "replaced" });
		expect(settled).toMatchObject({ retiring: null, link: { dialId: 8 } });
	});

	it("lets the old link go after 5 s, settled or not", () => {
		const [adopted] = step(connected({ successor: dialOf(8), dialId: 8 }), welcome);
		expect(dueAt(adopted)).toBe(NOW + 5_000);
		expect(types(step(adopted, { type: "ticked" }, NOW + 5_000)[1])).toEqual(["hang-up"]);
	});

	it("asks a new link to prove itself, but does not count a fresh outage against it", () => {
		const [adopted] = step(connected({ successor: dialOf(8), dialId: 8 }), welcome);
		expect(adopted).toMatchObject({ outage: { since: NOW, attempt: 0 }, stableAt: NOW + 30_000 });
		const [waiting] = step(adopted, lost);
		expect(dueAt(waiting)).toBe(NOW + 250);
	});

	it("waits with the next move until the link before has retired", () => {
		const retiring = { dialId: 6, until: NOW + 4_000 };
		const [leaving] = step(connected({ retiring }), goodbye(7, { windowMs: 0 }));
		expect(dueAt(leaving)).toBe(NOW + 4_000);
		const [ready] = step(leaving, { type: "settled", dialId: 7 });
		expect(types(step(ready, { type: "ticked" })[1])).toEqual(["dial"]);
	});

	it("heeds what the old server says when it closes the link that retires", () => {
		const retiring = { dialId: 6, until: NOW + 4_000 };
		const told = { cause: OVERLOADED, retryAfterMs: 10_000 };
		const [next] = step(connected({ retiring }), { ...lost, ...told, dialId: 6 });
		expect(next).toMatchObject({ status: "connected", retiring: null, notBefore: NOW + 11_000 });
	});

	it("ignores a goodbye of a link that retires or is not yet welcomed", () => {
		for (const state of [
			connected({ retiring: { dialId: 6, until: NOW + 1 } }),
			connected({ successor: dialOf(6), dialId: 8 }),
		])
			expect(step(state, goodbye(6))).toEqual([state, []]);
	});
});

describe("a link that dies during its migration", () => {
	const both = connected({ successor: dialOf(8), dialId: 8, outage: null });

	it("leaves its successor as the dial, and that goes on to the next endpoint", () => {
		const [dialling, orders] = step(both, { ...lost, dialId: 7 });
		expect(types(orders)).toEqual(["hang-up"]);
		expect(dialling).toMatchObject({ status: "reconnecting", retryAt: null, dial: { dialId: 8 } });
		// A round is under way: the pause after it is that of a second attempt.
		expect(dialling).toMatchObject({ outage: { since: NOW, attempt: 1 } });
		const [next, more] = step(dialling, lost);
		expect(types(more)).toEqual(["hang-up", "dial"]);
		expect(next).toMatchObject({ dial: { endpoint: BACKUP } });
	});

	it("does so during a fail-back too", () => {
		const back = { ...dialOf(8), isFailBack: true };
		const onB = connected({ successor: back, dialId: 8, link: { dialId: 7, endpoint: BACKUP } });
		const [dialling] = step(onB, { ...lost, dialId: 7 });
		const [next, orders] = step(dialling, lost);
		expect(types(orders)).toEqual(["hang-up", "dial"]);
		expect(next).toMatchObject({ dial: { endpoint: BACKUP } });
	});

	it("takes the successor's welcome as an ordinary one", () => {
		const [dialling] = step(both, { ...lost, dialId: 7 });
		const [live, orders] = step(dialling, welcome);
		expect(orders).toContainEqual({ type: "adopt", dialId: 8, previous: null });
		expect(live).toMatchObject({ status: "connected", retiring: null });
	});
});

describe("a successor that comes to nothing", () => {
	const moving = { at: NOW, reason: "age", hints: [], attempt: 0 };
	const both = connected({ successor: dialOf(8), dialId: 8, move: moving });

	it("is followed by the next endpoint, and the live link stays", () => {
		const [next, orders] = step(both, lost);
		expect(types(orders)).toEqual(["hang-up", "dial"]);
		expect(next).toMatchObject({ status: "connected", successor: { endpoint: BACKUP } });
	});

	it("is tried again by the law when no endpoint is left", () => {
		const last = { ...dialOf(8), endpoint: BACKUP, tried: [PRIMARY.url] };
		const [next] = step(connected({ successor: last, dialId: 8, move: moving }), lost);
		expect(next).toMatchObject({ successor: null, exhausted: false });
		expect(dueAt(next)).toBe(NOW + 250);
	});

	it.each([
		["for nobody's fault", { blame: "nobody" as const }],
		["for overload", { cause: OVERLOADED }],
		["for good", { cause: FORBIDDEN }],
	])("%s goes to no other endpoint, and costs us nothing but time", (_, change) => {
		const [next, orders] = step(both, { ...lost, ...change });
		expect(types(orders)).toEqual(["hang-up"]);
		expect(next).toMatchObject({ status: "connected", link: { dialId: 7 }, successor: null });
		expect(dueAt(next)).toBe(NOW + 250);
	});

	it("is not tried again before the server's pushback is over", () => {
		const [next] = step(both, { ...lost, cause: OVERLOADED, retryAfterMs: 60_000 });
		expect(dueAt(next)).toBe(NOW + 66_000);
		const [early, orders] = step(next, { type: "ticked" }, NOW + 65_999);
		expect([early, orders]).toEqual([next, []]);
	});

	it("doubles the deadline when all timed out, as any round does", () => {
		const client = start(({ dialId }) => (dialId === 1 ? accept : hang));
		client.tell(goodbye(1, { windowMs: 0 })).run(80_000);
		expect(client.state.slowRounds).toBe(1);
		expect(client.isConnected).toBe(true);
	});
});

describe("a goodbye", () => {
	it("may be answered by the same endpoint: a drained gateway has siblings", () => {
		const client = start(() => accept);
		client.tell(goodbye(1)).run(75_000);
		expect(urls(client)).toEqual(["a", "a"]);
		expect(client.adopted).toHaveLength(2);
	});

	it("sends us to the endpoints that it names, if they are ours", () => {
		const client = start(() => accept, [PRIMARY, BACKUP, THIRD]);
		client.tell(goodbye(1, { endpoints: ["wss://evil.example", THIRD.url] })).run(75_000);
		expect(urls(client)).toEqual(["a", "c"]);
	});

	it("falls back on the chain when those fail", () => {
		const fate = ({ url }: Dialled): Fate => (url === THIRD.url ? { fate: "refuse" } : accept);
		const client = start(fate, [PRIMARY, BACKUP, THIRD]);
		client.tell(goodbye(1, { endpoints: [THIRD.url] })).run(75_000);
		expect(urls(client)).toEqual(["a", "c", "a"]);
	});

	it("keeps its hints when another reason to move comes on top", () => {
		const client = start(() => accept, [PRIMARY, BACKUP, THIRD]);
		client.tell(goodbye(1, { endpoints: [THIRD.url], windowMs: 9_000 })).run(60_001);
		client.tell({ type: "migrate-requested", reason: "dns", windowMs: 0 }).run(60_100);
		expect(urls(client)).toEqual(["a", "c"]);
	});
});

describe("the age of a link", () => {
	it("is between 0.8 and 0.95 of what the server allows when its successor is dialled", () => {
		const ages = Array.from({ length: 2_000 }, (_, seed) => {
			const fate = (): Fate => ({ fate: "accept", maxAgeMs: 600_000 });
			const client = new Client(POLICY, [PRIMARY], seed, fate).tell({ type: "connect-requested" });
			client.run(600_000, ({ dials }) => dials.length > 1);
			return client.now;
		});
		expect(kolmogorovSmirnov(ages, uniform(480_000, 570_000))).toBeGreaterThan(0.01);
	});
});

describe("a migration that is asked for", () => {
	it("is spread over its window, and over ten minutes at most", () => {
		const random = seededRandom(3);
		const plan = (windowMs: number): number => {
			const input = { type: "migrate-requested", reason: "dns", windowMs } as const;
			return dueAt(transition(connected({}), input, POLICY, { now: NOW, random })[0]) - NOW;
		};
		const waits = Array.from({ length: 2_000 }, () => plan(30_000));
		expect(kolmogorovSmirnov(waits, uniform(0, 30_000))).toBeGreaterThan(0.01);
		expect(Array.from({ length: 100 }, () => plan(9e9)).every((ms) => ms <= 600_000)).toBe(true);
	});
});

describe("a fail-back", () => {
	const onB = (change = {}) =>
		connected({ link: { dialId: 7, endpoint: BACKUP }, failBackAt: NOW, ...change });

	it("that fails is the primary's failure, and is planned again", () => {
		const [dialling] = step(onB(), { type: "ticked" });
		expect(dialling).toMatchObject({ successor: { endpoint: PRIMARY, isFailBack: true } });
		const [next, orders] = step(dialling, lost);
		expect(types(orders)).toEqual(["hang-up"]);
		expect(next.candidates[0]).toMatchObject({ failures: 1, ejectedUntil: NOW + 30_000 });
		expect(dueAt(next)).toBe(NOW + 180_000);
		expect(next.slowRounds).toBe(0);
	});

	it("that times out says nothing about the network: the deadline stays", () => {
		const [dialling] = step(onB(), { type: "ticked" });
		const [next] = step(dialling, { type: "ticked" }, NOW + 4_000);
		expect(next).toMatchObject({ status: "connected", successor: null, slowRounds: 0 });
	});

	it("is not tried on a primary that failed not long ago, but planned again", () => {
		const state = onB();
		const candidates = state.candidates.map((known, at) =>
			at === 0 ? { ...known, ejectedUntil: NOW + 1 } : known,
		);
		const [next, orders] = step({ ...state, candidates }, { type: "ticked" });
		expect(orders).toEqual([]);
		expect(dueAt(next)).toBe(NOW + 180_000);
	});

	it("is a minute after the last at least, whatever the window says", () => {
		const hasty = { ...POLICY, failBackWindowMs: [0, 0] as const };
		const play = (state: ConnectionMachine, input: ConnectionInput): ConnectionMachine =>
			transition(state, input, hasty, { now: NOW, random: () => 0.5 })[0];
		const next = play(play(onB(), { type: "ticked" }), lost);
		expect(dueAt(next)).toBe(NOW + 60_000);
	});

	it("gives way to a goodbye", () => {
		const move = { at: NOW, reason: "goodbye: drain", hints: [THIRD.url], attempt: 0 };
		const [next] = step(onB({ move }), { type: "ticked" });
		expect(next).toMatchObject({ successor: { isFailBack: false } });
	});

	it("is never planned on a primary, nor where there is none", () => {
		const backups = [
			{ ...PRIMARY, role: "backup" },
			{ ...BACKUP, role: "backup" },
		] as const;
		for (const endpoints of [[PRIMARY, BACKUP], backups]) {
			const client = new Client(POLICY, endpoints, 1, () => accept);
			client.tell({ type: "connect-requested" }).run(7_200_000);
			expect(client.dials).toHaveLength(1);
		}
	});
});
