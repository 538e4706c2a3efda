import { describe, expect, it } from "vitest";
import type { ConnectionInput } from "../../src/connection/contract.js";
import {
	type ConnectionMachine,
	dueAt,
	initial,
	transition,
} from "../../src/connection/machine.js";
import type { EndpointFilter } from "../../src/endpoint/endpoint.js";
import { preferPrimary, selectFirst, up } from "../../src/endpoint/filters.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { Client, type Dialled, type Fate } from "./client.js";
import { FORBIDDEN, LOST, NOW, OVERLOADED, POLICY } from "./samples.js";

const A = { url: "wss://a.example" };
const B = { url: "wss://b.example" };
const C = { url: "wss://c.example" };
const TIMEOUT = new RealtimeError("connect-timeout", "hello too late");

const at = (now: number) => ({ now, random: () => 0.5 });
const dialled = ({ dials }: Client): string[] => dials.map(({ url }) => url.charAt(6));
type Fates = (dial: Dialled, state: ConnectionMachine) => Fate;
const clientOf = (fate: Fates, endpoints = [A, B, C], policy = POLICY): Client =>
	new Client(policy, endpoints, 1, fate).tell({ type: "connect-requested" });
const refuse: Fate = { fate: "refuse" };
const health = ({ state }: Client): number[] => state.candidates.map(({ failures }) => failures);

describe("a round", () => {
	it("dials each endpoint once, without a pause, and then waits", () => {
		const client = clientOf(() => refuse).run(0);
		expect(dialled(client)).toEqual(["a", "b", "c"]);
		expect(client.dials.map(({ at }) => at)).toEqual([0, 0, 0]);
		expect(client.state).toMatchObject({ status: "reconnecting", outage: { attempt: 1 } });
		expect(client.state.exhausted).toBe(true);
	});

	it("is connecting until the first has failed, reconnecting from then on", () => {
		const statuses: string[] = [];
		const note = (_: Dialled, { status }: ConnectionMachine): Fate => {
			statuses.push(status);
			return refuse;
		};
		clientOf(note).run(5_000);
		expect(statuses.slice(0, 4)).toEqual([
			"connecting",
			"connecting",
			"connecting",
			"reconnecting",
		]);
	});

	it("counts as one attempt, however many dials it takes", () => {
		const client = clientOf(() => refuse).run(60_000);
		const { state } = client;
		const attempt = state.status === "reconnecting" ? state.outage.attempt : 0;
		expect(attempt).toBeGreaterThan(5);
		expect(client.dials).toHaveLength(3 * attempt);
	});

	it("keeps no more than the chain leaves, and asks it anew after each failure", () => {
		const one = { ...POLICY, filters: [up(), preferPrimary(), selectFirst(1)] };
		expect(dialled(clientOf(() => refuse, [A, B, C], one).run(0))).toEqual(["a", "b", "c"]);
		const onlyA = { ...POLICY, filters: [selectFirst(1)] };
		expect(dialled(clientOf(() => refuse, [A, B, C], onlyA).run(0))).toEqual(["a"]);
	});

	it("waits by the law when the chain leaves nobody, and dials once it does", () => {
		let isOpen = false;
		const gate: EndpointFilter = (all) => (isOpen ? all : []);
		const policy = { ...POLICY, filters: [gate] };
		const client = clientOf(() => ({ fate: "accept" }), [A], policy).run(20_000);
		expect(client.dials).toEqual([]);
		expect(client.state).toMatchObject({ status: "reconnecting", exhausted: true });
		isOpen = true;
		expect(client.run(40_000).isConnected).toBe(true);
	});

	it("hears of the outage's attempts and of chance what it needs to choose", () => {
		const heard: number[] = [];
		const listen: EndpointFilter = (all, { attempt, now, random }) => {
			heard.push(attempt);
			expect(now).toBeGreaterThanOrEqual(0);
			expect(random()).toBeLessThan(1);
			return all;
		};
		const policy = { ...POLICY, filters: [listen] };
		clientOf(() => refuse, [A], policy).run(1_000);
		expect(heard.slice(0, 3)).toEqual([1, 1, 2]);
	});
});

describe("a dial that fails", () => {
	const lose = (loss: Partial<Extract<ConnectionInput, { type: "lost" }>>): Client =>
		clientOf(({ dialId }) => (dialId === 1 ? { fate: "refuse", loss } : { fate: "hang" })).run(0);

	it("for nobody's fault ends the round, and costs no endpoint its health", () => {
		const client = lose({ blame: "nobody" });
		expect(dialled(client)).toEqual(["a"]);
		expect(health(client)).toEqual([0, 0, 0]);
		expect(client.state).toMatchObject({ status: "reconnecting", exhausted: false });
	});

	it("for overload ends the round too: it is not shed onto the backups", () => {
		const client = lose({ cause: OVERLOADED, windowMs: 90_000 });
		expect(dialled(client)).toEqual(["a"]);
		expect(client.state).toMatchObject({ windowMs: 90_000, announcedMs: 90_000, exhausted: true });
	});

	it("for good ends the client, until connect() is called", () => {
		const client = lose({ cause: FORBIDDEN });
		expect(client.state).toMatchObject({ status: "failed", cause: FORBIDDEN });
		expect(client.run(3_600_000).dials).toHaveLength(1);
		client.tell({ type: "woken", reason: "online" }).tell({ type: "connect-requested" });
		expect(dialled(client.run(client.now))).toEqual(["a", "a"]);
	});

	it("is remembered: 30 s later the chain may begin with it again", () => {
		const fate = ({ url }: Dialled): Fate =>
			url === A.url ? refuse : { fate: "accept", upMs: 10_000, loss: { isAnnounced: true } };
		const client = clientOf(fate, [A, B]).run(60_000);
		expect(dialled(client).join("")).toMatch(/^ab(b{2,3})ab/);
	});
});

describe("the deadline", () => {
	/** How long each dial may take, in seconds. */
	function spans(fate: (dial: Dialled) => Fate, endpoints: (typeof A)[], until: number): number[] {
		const seconds: number[] = [];
		const note = (dial: Dialled, state: ConnectionMachine): Fate => {
			if ("dial" in state) seconds.push((state.dial.deadlineAt - dial.at) / 1_000);
			return fate(dial);
		};
		clientOf(note, endpoints).run(until);
		return seconds;
	}

	it("doubles after each round in which every endpoint timed out, up to 20 s", () => {
		const hang = (): Fate => ({ fate: "hang" });
		expect(spans(hang, [A, B], 200_000).slice(0, 9)).toEqual([4, 4, 8, 8, 16, 16, 20, 20, 20]);
	});

	it.each([A, B])("stays where one of them did answer: not $url", (mute) => {
		const fate = ({ url }: Dialled): Fate => (url === mute.url ? { fate: "hang" } : refuse);
		expect(new Set(spans(fate, [A, B], 100_000))).toEqual(new Set([4]));
	});

	it("counts a server that calls our hello late as a timeout", () => {
		const late = (): Fate => ({ fate: "refuse", loss: { cause: TIMEOUT, blame: "nobody" } });
		expect(spans(late, [A], 60_000).slice(0, 4)).toEqual([4, 8, 16, 20]);
	});

	it("is back at 4 s once a link has proved stable", () => {
		const fate = ({ dialId }: Dialled): Fate =>
			dialId === 3 ? { fate: "accept", upMs: 40_000 } : { fate: "hang" };
		expect(spans(fate, [A], 100_000).slice(0, 5)).toEqual([4, 8, 16, 4, 8]);
		const unproved = ({ dialId }: Dialled): Fate =>
			dialId === 3 ? { fate: "accept", upMs: 20_000 } : { fate: "hang" };
		expect(spans(unproved, [A], 100_000).slice(0, 5)).toEqual([4, 8, 16, 16, 20]);
	});

	it("may be longer than 20 s where the app wants it so", () => {
		const policy = { ...POLICY, dialTimeoutMs: 45_000 };
		const client = clientOf(() => ({ fate: "hang" }), [A], policy).run(44_999);
		expect(client.dials).toHaveLength(1);
		expect(client.run(200_000).dials[1]?.at).toBeGreaterThanOrEqual(45_000);
		const gap = (client.dials[2]?.at ?? 0) - (client.dials[1]?.at ?? 0);
		expect(gap).toBeGreaterThanOrEqual(45_000);
		expect(gap).toBeLessThan(55_000);
	});

	it("that passes while the token is awaited is charged to nobody", () => {
		const client = clientOf(() => ({ fate: "hang" }), [A, B]);
		client.tell({ type: "opened", dialId: 1 }, 100);
		client.tell({ type: "token-awaited", dialId: 1 }, 100).run(4_001);
		expect(dialled(client)).toEqual(["a"]);
		expect(health(client)).toEqual([0, 0]);
		expect(client.state).toMatchObject({ status: "reconnecting", slowRounds: 1 });
	});

	it("gives a welcome that lies unread a second chance, once, where nothing ran when it passed", () => {
		const dialling = transition(initial([A]), { type: "connect-requested" }, POLICY, at(0))[0];
		const tick = (state: ConnectionMachine, now: number) =>
			transition(state, { type: "ticked" }, POLICY, at(now));
		expect(tick(dialling, 5_000)[0].status).toBe("reconnecting");
		const [late, orders] = tick(dialling, 5_001);
		expect(orders).toEqual([]);
		const welcome = { type: "welcomed", dialId: 1, windowMs: 0, maxAgeMs: 0 } as const;
		expect(transition(late, welcome, POLICY, at(5_002))[0].status).toBe("connected");
		expect(dueAt(late)).toBe(6_001);
		// Every tick of a throttled page is late: the second one counts.
		expect(tick(late, 60_000)[0].status).toBe("reconnecting");
	});

	it("is cut down by a wake: the dial may have begun in a network that is gone", () => {
		const client = clientOf(() => ({ fate: "hang" }), [A]).run(30_000);
		const { state } = client;
		const before = "dial" in state ? state.dial.deadlineAt : 0;
		expect(before - client.now).toBeGreaterThan(4_000);
		const hurried = client.tell({ type: "woken", reason: "online" }).run(client.now).state;
		expect("dial" in hurried && hurried.dial.deadlineAt - client.now).toBe(4_000);
	});
});

describe("a pause", () => {
	const waiting = (change: object): ConnectionMachine => ({
		...initial([A]),
		status: "reconnecting",
		outage: { since: 0, attempt: 3 },
		cause: LOST,
		retryAt: NOW + 60_000,
		...change,
	});
	const dueInMs = (state: ConnectionMachine, input: ConnectionInput): number => {
		const moment = { now: NOW, random: () => 0.5 };
		return dueAt(transition(state, input, POLICY, moment)[0]) - NOW;
	};
	const woken = { type: "woken", reason: "online" } as const;
	const up = (windowMs: number): ConnectionInput => ({ type: "realtime-reported", windowMs });

	it("shrinks to half a second on a wake, and never grows by one", () => {
		expect(dueInMs(waiting({}), woken)).toBe(250);
		expect(dueInMs(waiting({ retryAt: NOW + 9 }), woken)).toBe(9);
	});

	it("shrinks to the window of a report that realtime is up, which is the newest W", () => {
		expect(dueInMs(waiting({}), up(20_000))).toBe(10_000);
		expect(dueInMs(waiting({}), up(0))).toBe(250);
		const moment = { now: NOW, random: () => 0.5 };
		const [next] = transition(waiting({}), up(20_000), POLICY, moment);
		expect(next.windowMs).toBe(20_000);
		// Drawn once from that window, it is not drawn again by the next report.
		expect(transition(next, up(20_000), POLICY, moment)).toEqual([next, []]);
	});

	it("ends at once when the app asks for a fresh link", () => {
		expect(dueInMs(waiting({}), { type: "reconnect-requested", reason: "app" })).toBe(0);
	});

	it("is shortened by nobody below the server's pushback", () => {
		const pushed = waiting({ notBefore: NOW + 30_000 });
		const app: ConnectionInput = { type: "reconnect-requested", reason: "app" };
		for (const input of [woken, up(0), app]) expect(dueInMs(pushed, input)).toBe(30_000);
	});

	it("is forgotten by close(), and so is what the outage has told", () => {
		const client = clientOf(() => ({ fate: "refuse", loss: { windowMs: 90_000 } })).run(1_000);
		expect(client.state).toMatchObject({ exhausted: true, announcedMs: 90_000 });
		client.tell({ type: "close-requested" }).run(1_001);
		expect(client.state).toMatchObject({ exhausted: false, announcedMs: null, windowMs: 90_000 });
		expect(dueAt(client.state)).toBe(Number.POSITIVE_INFINITY);
	});

	it("outlasts close() and connect() where the server pushed back", () => {
		const loss = { cause: OVERLOADED, retryAfterMs: 20_000 };
		const client = clientOf(() => ({ fate: "refuse", loss })).run(1_000);
		client.tell({ type: "close-requested" }).tell({ type: "connect-requested" }).run(2_000);
		expect(client.state).toMatchObject({ status: "reconnecting", cause: { code: "overloaded" } });
		expect(client.run(19_999).dials).toHaveLength(1);
		expect(client.run(24_000).dials.length).toBeGreaterThan(1);
	});
});
