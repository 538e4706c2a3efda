/* What happened to a client, in words, and why. */
import type { ConnectionState } from "holdfast";
import { RealtimeError } from "holdfast";
import { describe, expect, it } from "vitest";
import type { VisitState } from "../../../playground/edge/control/contract.js";
import { whereaboutsOf, whereaboutsWords } from "../../../playground/page/edge/whereabouts.js";
import { countdownOf } from "../../../playground/page/timeline/countdown.js";
import type { Entry, Happening } from "../../../playground/page/timeline/entry.js";
import { holdingsOf } from "../../../playground/page/timeline/holdings.js";
import { lineOf, roleOf, spanOf, whyOf } from "../../../playground/page/timeline/words.js";

const PRIMARY = "ws://ada-k3.dub.primary.localhost:4701/";
const BACKUP = "ws://ada-k3.dub.backup.localhost:4701/";
const AT = 100_000;
const CITIES: Readonly<Record<string, string>> = { DUB: "Dublin", FRA: "Frankfurt" };
const cityOf = (pop: string): string => CITIES[pop] ?? pop;

const connected: ConnectionState = {
	status: "connected",
	endpoint: PRIMARY,
	role: "primary",
	since: AT,
	recovered: true,
	latencyMs: null,
};
const lost = (retryAt: number | null, attempt = 0): ConnectionState => ({
	status: "reconnecting",
	attempt,
	since: AT,
	retryAt,
	cause: new RealtimeError("connection-lost", "closed with 1006"),
});
const moves = (from: ConnectionState, to: ConnectionState, endpoint: string | null): Happening => ({
	is: "transition",
	...{ from, to, endpoint },
	reason: "closed with 1006",
	dialId: 7,
});
const entry = (happening: Happening): Entry => ({ id: 1, at: AT, happening, outbox: 2, dials: 9 });
const visit = (change: Partial<VisitState> = {}): VisitState => ({
	visitor: "ada-k3",
	name: "primary",
	from: "DUB",
	pop: "DUB",
	address: "127.0.1.10",
	answers: ["127.0.1.10", "127.0.1.11"],
	ttlMs: 10_000,
	askedAt: AT - 100,
	isOpen: true,
	...change,
});

describe("a line", () => {
	const before = lost(AT + 400);
	it.each<[string, string, Happening]>([
		["primary", "connected to the primary in Dublin", moves(before, connected, PRIMARY)],
		["plain", "no link; next try in 0.40 s", moves(connected, before, PRIMARY)],
		["plain", "dials the backup (dial 7)", moves(before, lost(null, 1), BACKUP)],
		["plain", "the primary fails (dial 7)", moves(lost(null, 1), lost(null, 1), PRIMARY)],
		["polling", "degraded mode: messages go over HTTP", mode("degraded")],
		["fault", "offline: what is written waits", mode("offline")],
		["plain", "banner: degraded", { is: "banner", kind: "degraded" }],
		["plain", "asked to leave within 5.00 s (drain)", goodbye()],
		["fault", "a gap in c: 3 missed", { is: "gap", channel: "c", missed: 3 }],
	])("in %s says: %s", (tone, words, happening) => {
		expect(lineOf(entry(happening), "Dublin")).toEqual({ tone, words });
	});

	function mode(is: "degraded" | "offline"): Happening {
		return { is: "mode", mode: { mode: is, since: AT, reasons: ["connection"] } };
	}
	function goodbye(): Happening {
		return { is: "goodbye", reason: "drain", deadlineAt: AT + 5_000 };
	}
});

describe("why?", () => {
	const why = (happening: Happening, visits: readonly VisitState[] = [visit()]) =>
		Object.fromEntries(whyOf(entry(happening), { visits, replayed: 3, now: AT + 2_000, cityOf }));

	it("of a loss has the reason, the dial, the wait and from which range it was drawn", () => {
		expect(why(moves(connected, lost(AT + 400), PRIMARY))).toMatchObject({
			reason: "closed with 1006",
			dial: "no. 7",
			"wait drawn": "0.40 s, uniform from 0 to 0.50 s",
			cause: "connection-lost: closed with 1006",
			"in the outbox": "2 without a receipt",
		});
	});

	it("says so where a wait is longer than its own law has it: the server named a window", () => {
		const { "wait drawn": wait } = why(moves(connected, lost(AT + 6_000), PRIMARY));
		expect(wait).toBe("6.00 s, from the window that the server named");
	});

	it("of a link has the DNS answer, its life, and what was replayed", () => {
		expect(why(moves(lost(null), connected, PRIMARY))).toMatchObject({
			"DNS answer": "127.0.1.10, 127.0.1.11 (Dublin)",
			used: "127.0.1.10, TTL 10 s, 7.90 s left",
			replayed: "3 messages",
		});
	});

	it("of a dial without an answer says that there was none", () => {
		const none = visit({ pop: null, address: null, answers: [] });
		expect(why(moves(lost(null), lost(null), PRIMARY), [none]).DNS).toBe("had no answer");
	});

	it("takes the answer of that time, and of no later dial", () => {
		const later = visit({ askedAt: AT + 1_900, pop: "FRA", answers: ["127.0.2.10"] });
		const { "DNS answer": answer } = why(moves(lost(null), connected, PRIMARY), [visit(), later]);
		expect(answer).toContain("Dublin");
	});
});

it("knows the law's ranges: 0.5 s, then by 1.6 up to 4 s", () => {
	expect([0, 1, 2, 3, 9].map((attempt) => Math.round(spanOf(attempt)))).toEqual([
		500, 500, 800, 1_280, 4_000,
	]);
});

it("knows a role by its endpoint, whoever visits and from where", () => {
	expect([PRIMARY, BACKUP].map(roleOf)).toEqual(["primary", "backup"]);
});

describe("where somebody is", () => {
	const normal = { mode: "normal" } as const;
	const degraded = { mode: "degraded", since: AT, reasons: [] } as const;
	const api = visit({ name: "api", pop: "FRA" });

	it.each([
		["connected to the primary in Dublin", connected, normal],
		["polling the API in Frankfurt", lost(AT), degraded],
		["not connected", lost(AT), normal],
	] as const)("%s", (words, connection, mode) => {
		const found = whereaboutsOf(connection, mode, [visit(), api], AT);
		expect(whereaboutsWords(found, cityOf)).toBe(words);
	});
});

describe("what runs out next", () => {
	it.each([
		["next try in 0.4 s", lost(AT + 400), "none"],
		["dialling", lost(null), "none"],
		["DNS answer good for 9.9 s", connected, "primary"],
		["DNS answer expired", connected, "primary"],
	] as const)("%s", (words, connection, way) => {
		const now = words.endsWith("expired") ? AT + 60_000 : AT;
		expect(countdownOf(connection, way, [visit()], now)).toBe(words);
	});
});

it("has what a client holds: five of its outbox and how many more, health, positions, answers", () => {
	const outbox = Array.from({ length: 7 }, (_, n) => {
		return { id: `id-${n}`, channel: "c", data: {}, queuedAt: AT, inFlight: n === 0 };
	});
	const groups = holdingsOf({
		connection: connected,
		mode: { mode: "normal" },
		stats: {
			...{ dials: 2, connects: 1, failovers: 0, migrations: 1, polls: 3 },
			...{ bytesIn: 0, bytesOut: 0, outbox: 7, latencyMs: 4.26 },
		},
		endpoints: [
			{
				...{ endpoint: { url: PRIMARY }, failures: 2, ejectedUntil: AT + 2_000 },
				...{ lastGoodAt: AT - 5_000, dns: null, address: null },
			},
		],
		outbox,
		positions: new Map([["c", { epoch: "0123456789", offset: 12 }]]),
		visits: [visit()],
		now: AT,
		cityOf,
	});
	const facts = Object.fromEntries(groups.map((group) => [group.title, group.facts]));
	expect(facts.Link).toContainEqual(["latency", "4.3 ms"]);
	expect(facts.Outbox).toHaveLength(6);
	expect(facts.Outbox?.[0]).toEqual(["id-0", "sent, no receipt yet, 0.00 s"]);
	expect(facts.Outbox?.at(-1)).toEqual(["and more", "2"]);
	expect(facts.Positions).toEqual([["c", "12 of epoch 01234567"]]);
	expect(facts["Health of its endpoints"]).toEqual([
		["primary", "2 failures, not asked for 2.00 s, good 5.00 s ago"],
	]);
	expect(facts["DNS answers"]).toEqual([
		["primary", "127.0.1.10, 127.0.1.11 (Dublin), 9.90 s left"],
	]);
});
