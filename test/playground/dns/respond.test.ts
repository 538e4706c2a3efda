/* E2 to E4, the decision: zones, chains, client subnet, referrals, and what is not there. */
import { describe, expect, it } from "vitest";
import type { RecordSet, Zone } from "../../../playground/edge/dns/decide/contract.js";
import { compileZone } from "../../../playground/edge/dns/decide/zone.js";
import { dataIn, desk, EDGE, POPS, popOf, scopeIn } from "./asking.js";

const PRIMARY = "wss-primary.edge.test";
const BACKUP = "wss-backup.edge.test";
const DUBLIN = "127.0.1.0/24";

const NS: RecordSet = { name: "@", type: "NS", answers: [{ data: "ns.example.test" }] };
const example = (...records: readonly RecordSet[]): Zone => ({
	name: "example.test",
	records: [NS, ...records],
});

describe("E3: 30,000 queries of a Dublin prefix", () => {
	it("to the backup lead to DUB, FRA and LHR at a third each", () => {
		const { ask } = desk(EDGE.chains, 20);
		const counts: Record<string, number> = {};
		for (let query = 0; query < 30_000; query++) {
			const [address] = dataIn(ask({ name: BACKUP, subnet: DUBLIN }));
			const pop = popOf(address) ?? "none";
			counts[pop] = (counts[pop] ?? 0) + 1;
		}
		expect(Object.keys(counts).sort()).toEqual(["DUB", "FRA", "LHR"]);
		for (const count of Object.values(counts))
			expect(Math.abs(count / 30_000 - 1 / 3)).toBeLessThanOrEqual(0.015);
	});

	it("to the primary lead to DUB alone, with all its addresses", () => {
		const { ask } = desk(EDGE.chains, 21);
		const seen = new Set<string>();
		for (let query = 0; query < 30_000; query++)
			seen.add(dataIn(ask({ name: PRIMARY, subnet: DUBLIN })).join());
		expect([...seen]).toEqual(["127.0.10.1,127.0.10.2"]);
	});
});

describe("Metadata, changed while it serves", () => {
	it("takes a PoP that is down out of the primary, and brings it back", () => {
		const { ask, live } = desk(EDGE.chains);
		const pop = (): string | undefined => popOf(dataIn(ask({ name: PRIMARY, subnet: DUBLIN }))[0]);
		expect(pop()).toBe("DUB");
		live.set("DUB", { up: false });
		expect(pop()).toBe("LHR");
		live.set("LHR", { up: false });
		expect(pop()).toBe("FRA");
		live.set("DUB", { up: true });
		expect(pop()).toBe("DUB");
	});

	it("answers with the nearest when all are down: a name without addresses helps nobody", () => {
		const { ask, live } = desk(EDGE.chains);
		for (const { name } of POPS) live.set(name, { up: false });
		expect(popOf(dataIn(ask({ name: PRIMARY, subnet: DUBLIN }))[0])).toBe("DUB");
	});

	it("sheds half of a PoP's newcomers at 85 between its marks of 80 and 90, to the next", () => {
		const { ask, live } = desk(EDGE.chains, 5);
		live.set("DUB", { loadavg: 85 });
		const pops = Array.from({ length: 10_000 }, () =>
			popOf(dataIn(ask({ name: PRIMARY, subnet: DUBLIN }))[0]),
		);
		const shed = pops.filter((pop) => pop === "LHR").length;
		expect(Math.abs(shed / 10_000 - 0.5)).toBeLessThanOrEqual(0.02);
		expect(pops.filter((pop) => pop === "DUB").length).toBe(10_000 - shed);
	});
});

describe("E4: client subnet", () => {
	const { ask } = desk(EDGE.chains);
	const nearest = (asked: object): readonly unknown[] => {
		const reply = ask({ name: PRIMARY, ...asked });
		return [popOf(dataIn(reply)[0]), scopeIn(reply)];
	};

	it.each([
		["127.0.1.0/24", "DUB", 24],
		["127.0.2.0/24", "FRA", 24],
		["127.0.4.0/24", "IAD", 24],
		// More than was asked for: the block that counts is shorter.
		["127.0.1.9/32", "DUB", 24],
		// Less: a longer one would have told more.
		["127.0.0.0/16", "IAD", 24],
		// A block within another one: both parts are told apart.
		["198.51.100.0/24", "FRA", 25],
		["198.51.100.128/25", "FRA", 25],
		["2001:db8:1::/48", "DUB", 48],
		["2001:db8:ffff::/48", "IAD", 33],
		["2001:db9::/32", "IAD", 32],
		["10.0.0.0/8", "IAD", 2],
	])("of %s leads to %s, for all of /%d", (subnet, pop, bits) => {
		expect(nearest({ subnet })).toEqual([pop, bits]);
	});

	it("counts before the resolver's own address, which counts without it", () => {
		expect(nearest({ source: "127.0.2.7", subnet: DUBLIN })).toEqual(["DUB", 24]);
		expect(nearest({ source: "127.0.2.7" })).toEqual(["FRA", null]);
		expect(nearest({ source: "127.0.2.7", edns: null })).toEqual(["FRA", null]);
	});

	it.each([
		["family 1", [0, 1, 0, 0]],
		["family 2", [0, 2, 0, 0]],
		["dig's family 0", [0, 0, 0, 0]],
	])("withheld, as %s, goes back with scope 0, and the resolver's address counts", (_, payload) => {
		const reply = ask({
			name: PRIMARY,
			source: "127.0.3.1",
			subnets: [Uint8Array.from(payload)],
		});
		expect(popOf(dataIn(reply)[0])).toBe("LHR");
		expect([...(reply.subnet ?? [])]).toEqual(payload);
	});

	it("goes back as it came, but for the scope", () => {
		const given = Uint8Array.from([0, 1, 20, 0, 127, 0, 16]);
		const { subnet } = ask({ name: PRIMARY, subnets: [given] });
		expect([...(subnet ?? [])]).toEqual([0, 1, 20, 20, 127, 0, 16]);
		expect([...given]).toEqual([0, 1, 20, 0, 127, 0, 16]);
	});

	it("goes back with scope 0 where the answer is the same for everybody", () => {
		expect(scopeIn(ask({ name: `ns.${PRIMARY}`, subnet: DUBLIN }))).toBe(0);
	});

	it.each([
		["a payload of three bytes", [[0, 1, 0]]],
		["no payload at all", [[]]],
		["an unknown family", [[0, 3, 8, 0, 127]]],
		["an unknown family and nothing else", [[0, 3, 0, 0]]],
		["a scope in the question", [[0, 1, 24, 24, 127, 0, 1]]],
		["fewer bytes than its length needs", [[0, 1, 24, 0, 127, 0]]],
		["more bytes than its length needs", [[0, 1, 24, 0, 127, 0, 1, 0]]],
		["bits beyond its length", [[0, 1, 23, 0, 127, 0, 1]]],
		["a length of 33 bits for IPv4", [[0, 1, 33, 0, 127, 0, 1, 1, 0]]],
		["a length of 129 bits for IPv6", [[0, 2, 129, 0, ...new Array(17).fill(0)]]],
		["family 0 with an address", [[0, 0, 8, 0, 127]]],
		[
			"two of them",
			[
				[0, 1, 8, 0, 127],
				[0, 1, 8, 0, 127],
			],
		],
	])("that has %s is a FORMERR without answers", (_, payloads) => {
		const reply = ask({ name: PRIMARY, subnets: payloads.map((bytes) => Uint8Array.from(bytes)) });
		expect(reply).toMatchObject({ rcode: "FORMERR", answers: [], subnet: null });
	});
});

describe("Latency routing of the other names", () => {
	const { ask, live } = desk([EDGE.parent]);

	it.each([
		["127.0.1.0/24", "DUB"],
		["127.0.2.0/24", "FRA"],
		["127.0.3.0/24", "LHR"],
		["127.0.4.0/24", "IAD"],
		["127.0.10.0/24", "FRA"],
	])("leads %s to %s", (subnet, pop) => {
		const reply = ask({ name: "api.edge.test", subnet });
		expect([popOf(dataIn(reply)[0]), scopeIn(reply)]).toEqual([pop, 24]);
	});

	it("passes over what is down", () => {
		live.set("DUB", { up: false });
		expect(popOf(dataIn(ask({ name: "www.edge.test", subnet: DUBLIN }))[0])).toBe("LHR");
	});
});

describe("The WebSocket names in their parent", () => {
	const { ask } = desk([EDGE.parent]);
	it.each([PRIMARY, `a7.${BACKUP}`, `ns.${PRIMARY}`])(
		"are delegated, %s too: who knows them, and the address",
		(name) => {
			const reply = ask({ name, subnet: DUBLIN });
			const cut = name.includes("primary") ? PRIMARY : BACKUP;
			expect(reply).toMatchObject({
				rcode: "NOERROR",
				isAuthoritative: false,
				answers: [],
				authorities: [{ name: cut, type: "NS", data: `ns.${cut}` }],
				additionals: [{ name: `ns.${cut}`, type: "A", data: "127.0.53.2" }],
			});
			expect(scopeIn(reply)).toBe(0);
		},
	);

	it("are answered for by their own zones, where one server has both", () => {
		const both = desk([EDGE.parent, ...EDGE.chains]);
		expect(both.ask({ name: PRIMARY, subnet: DUBLIN }).isAuthoritative).toBe(true);
		expect(popOf(dataIn(both.ask({ name: "api.edge.test", subnet: DUBLIN }))[0])).toBe("DUB");
	});

	it("keep what is signed of a cut with the parent", () => {
		const both = desk([EDGE.parent, ...EDGE.chains]);
		expect(both.ask({ name: PRIMARY, type: "DS" })).toMatchObject({
			rcode: "NOERROR",
			answers: [],
			authorities: [{ name: "edge.test", type: "SOA" }],
		});
	});
});

describe("A name", () => {
	const { ask } = desk([
		example(
			{ name: "host", type: "A", ttl: 7, answers: [{ data: ["192.0.2.1", "192.0.2.2"] }] },
			{ name: "host", type: "AAAA", ttl: 8, answers: [{ data: "2001:db8::1" }] },
			{ name: "deep.below.here", type: "TXT", ttl: 0, answers: [{ data: "found" }] },
			{ name: "*.wild", type: "A", answers: [{ data: "192.0.2.9" }] },
			{ name: "known.wild", type: "A", answers: [{ data: "192.0.2.10" }] },
			{ name: "alias", type: "CNAME", ttl: 3, answers: [{ data: "host.example.test" }] },
			{ name: "away", type: "CNAME", answers: [{ data: "host.elsewhere.test" }] },
			{ name: "lost", type: "CNAME", answers: [{ data: "nothing.example.test" }] },
			{ name: "tick", type: "CNAME", answers: [{ data: "tock.example.test" }] },
			{ name: "tock", type: "CNAME", answers: [{ data: "tick.example.test" }] },
			...Array.from({ length: 20 }, (_, index): RecordSet => {
				const data = `long${index + 1}.example.test`;
				return { name: `long${index}`, type: "CNAME", answers: [{ data }] };
			}),
			{
				name: "either",
				type: "CNAME",
				answers: [
					{ feed: "one", data: "host.example.test" },
					{ feed: "two", data: "known.wild.example.test" },
				],
				chain: { filters: [{ filter: "up" }] },
			},
		),
	]);

	it("has the records of its type, with their own TTL, in the asker's spelling", () => {
		expect(ask("HoSt.Example.TEST").answers).toEqual([
			{ name: "HoSt.Example.TEST", type: "A", ttl: 7, data: "192.0.2.1" },
			{ name: "HoSt.Example.TEST", type: "A", ttl: 7, data: "192.0.2.2" },
		]);
		expect(ask({ name: "host.example.test", type: "AAAA" }).answers).toMatchObject([{ ttl: 8 }]);
		expect(ask({ name: "deep.below.here.example.test", type: "TXT" }).answers).toMatchObject([
			{ ttl: 0, data: "found" },
		]);
	});

	it("that is the zone's has its start of authority, and no other has", () => {
		expect(ask({ name: "Example.test", type: "SOA" })).toMatchObject({
			answers: [{ name: "Example.test", type: "SOA", data: { serial: 1 } }],
			authorities: [],
		});
		expect(ask({ name: "host.example.test", type: "SOA" }).answers).toEqual([]);
	});

	it("to the zone's own, and to ANY, is answered with one set", () => {
		expect(ask({ name: "example.test", type: "ANY" }).answers).toMatchObject([{ type: "NS" }]);
		expect(ask({ name: "host.example.test", type: "ANY" }).answers).toMatchObject([
			{ type: "A" },
			{ type: "A" },
		]);
	});

	it.each([
		["of another type", { name: "host.example.test", type: "MX" }, "NOERROR"],
		["of a type that nobody knows", { name: "host.example.test", type: "UNKNOWN_65" }, "NOERROR"],
		["with nothing but names below it", "below.here.example.test", "NOERROR"],
		["that is not there", "nowhere.example.test", "NXDOMAIN"],
		["below one that is", "a.host.example.test", "NXDOMAIN"],
		["that a wildcard's neighbour hides", "a.known.wild.example.test", "NXDOMAIN"],
	])("%s has the SOA, and says how long that may be remembered", (_, asked, rcode) => {
		expect(ask(asked)).toMatchObject({
			rcode,
			isAuthoritative: true,
			answers: [],
			authorities: [{ name: "example.test", type: "SOA", ttl: 60, data: { minimum: 60 } }],
		});
	});

	it.each(["a.wild.example.test", "b.c.wild.example.test", "*.wild.example.test"])(
		"%s is a wildcard's",
		(name) => {
			expect(ask(name).answers).toEqual([{ name, type: "A", ttl: 60, data: "192.0.2.9" }]);
		},
	);

	it("that is an alias is followed, each with its own TTL", () => {
		expect(ask("alias.example.test").answers).toMatchObject([
			{ name: "alias.example.test", type: "CNAME", ttl: 3 },
			{ name: "host.example.test", type: "A", ttl: 7 },
			{ name: "host.example.test", type: "A", ttl: 7 },
		]);
		expect(ask({ name: "alias.example.test", type: "CNAME" }).answers).toHaveLength(1);
		expect(ask("away.example.test")).toMatchObject({
			rcode: "NOERROR",
			answers: [{ data: "host.elsewhere.test" }],
		});
		expect(ask("lost.example.test")).toMatchObject({
			rcode: "NXDOMAIN",
			answers: [{ type: "CNAME" }],
			authorities: [{ type: "SOA" }],
		});
	});

	it("that is an alias in a circle, or of too many, ends", () => {
		expect(ask("tick.example.test").answers).toMatchObject([
			{ name: "tick.example.test" },
			{ name: "tock.example.test" },
		]);
		expect(ask("long0.example.test").answers.length).toBeLessThanOrEqual(10);
	});

	it("has one alias, whatever its chain leaves", () => {
		expect(dataIn(ask("either.example.test"))).toEqual([
			"host.example.test",
			"192.0.2.1",
			"192.0.2.2",
		]);
	});

	it.each([
		["of a foreign zone", { name: "example.org" }],
		["that only ends like ours", { name: "notexample.test" }],
		["above ours", { name: "test" }],
		["of another class", { name: "host.example.test", class: "CH" }],
		["in a zone transfer", { name: "example.test", type: "AXFR" }],
	])("%s is refused", (_, asked) => {
		expect(ask(asked)).toMatchObject({ rcode: "REFUSED", isAuthoritative: false, answers: [] });
	});

	it("asked for in another version of EDNS is told so", () => {
		const edns = { udpSize: 1_232, version: 1, isDnssecOk: false, subnets: [] };
		expect(ask({ name: "host.example.test", edns })).toMatchObject({
			rcode: "BADVERS",
			answers: [],
		});
	});
});

describe("A zone is turned away", () => {
	const bad = (record: Partial<RecordSet>): Zone =>
		example({ name: "a", type: "A", answers: [{ data: "192.0.2.1" }], ...record });

	it.each<[string, Zone, RegExp]>([
		["without NS records", { name: "example.test", records: [] }, /example\.test has no NS/],
		["with a TTL of −1", bad({ ttl: -1 }), /-1 is no TTL/],
		["with a TTL of 2³¹", bad({ ttl: 2 ** 31 }), /2147483648 is no TTL/],
		["with half a second", bad({ ttl: 0.5 }), /0\.5 is no TTL/],
		["with a name for an address", bad({ answers: [{ data: "localhost" }] }), /"localhost"/],
		["with IPv6 in A", bad({ answers: [{ data: "::1" }] }), /"::1"/],
		[
			"with a load that is no number",
			bad({ answers: [{ data: "192.0.2.1", metadata: { loadavg: Number.NaN } }] }),
			/loadavg can't be NaN/,
		],
		["with an empty label", bad({ name: "a..b" }), /"a\.\.b\.example\.test" is no name/],
		["with a label of 64", bad({ name: "a".repeat(64) }), /is no name/],
		[
			"with two sets of a type",
			example(
				...["192.0.2.1", "192.0.2.2"].map(
					(data): RecordSet => ({ name: "a", type: "A", answers: [{ data }] }),
				),
			),
			/two sets of A/,
		],
		[
			"with an alias beside other records",
			example(
				{ name: "a", type: "A", answers: [{ data: "192.0.2.1" }] },
				{ name: "a", type: "CNAME", answers: [{ data: "b.example.test" }] },
			),
			/CNAME and other records/,
		],
	])("%s", (_, zone, words) => {
		expect(() => compileZone(zone)).toThrow(words);
	});
});
