import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAnswers, familyOf } from "../../src/endpoint/answer-checks.js";
import {
	failed,
	isFresh,
	isUsable,
	type KnownName,
	mayAsk,
	resolved,
	snapshot,
	unknownName,
	unresolved,
} from "../../src/endpoint/answers.js";
import type { DnsAnswer } from "../../src/endpoint/dns-answer.js";
import { withFreshLabel } from "../../src/endpoint/fresh-label.js";
import { inOrder } from "../../src/endpoint/picking.js";
import { RealtimeError } from "../../src/errors/realtime-error.js";
import { seededRandom } from "../../src/testing.js";
import { chiSquare } from "../support/statistics.js";

const DAY_MS = 86_400_000;
const answer = (address: string, ttlMs = 60_000): DnsAnswer => ({
	address,
	family: address.includes(":") ? 6 : 4,
	ttlMs,
});
const A = answer("10.0.0.1");
const B = answer("10.0.0.2");
const C = answer("10.0.0.3");
const D = answer("2001:db8::4");
const SILENT = new RealtimeError("dns-unavailable", "SERVFAIL");
const NO_NAME = new RealtimeError("dns-unavailable", "NXDOMAIN", { retryAfterMs: 900_000 });

function known(answers: readonly DnsAnswer[], now = 0, before: KnownName = unknownName): KnownName {
	const next = resolved(before, answers, DAY_MS, now);
	if (next === null) throw new Error("nothing usable");
	return next;
}
const addresses = (name: KnownName, now: number, random = () => 0.5): readonly string[] =>
	inOrder(name, { now, random }).map(({ address }) => address);

describe("Answers", () => {
	it("are fresh for the shortest of their TTLs, and no longer", () => {
		const name = known([answer("10.0.0.1", 300_000), answer("10.0.0.2", 20_000)]);
		expect(isFresh(name, 19_999)).toBe(true);
		expect(isFresh(name, 20_000)).toBe(false);
	});

	it("with TTL 0 are asked for at each dial, but not twice in a second", () => {
		const name = known([answer("10.0.0.1", 0)], 5_000);
		expect([isFresh(name, 5_999), isFresh(name, 6_000)]).toEqual([true, false]);
		expect([mayAsk(name, 5_999), mayAsk(name, 6_000)]).toEqual([false, true]);
	});

	it("are refreshed in the background at their TTL, and at most every 30 s", () => {
		expect(known([answer("10.0.0.1", 300_000)], 7).refreshAt).toBe(300_007);
		expect(known([answer("10.0.0.1", 1_000)], 7).refreshAt).toBe(30_007);
	});

	it("with a huge TTL are believed for an hour; RFC 2181 has none of 2^31 s", () => {
		expect(known([answer("10.0.0.1", DAY_MS * 7)]).freshUntil).toBe(3_600_000);
		expect(known([answer("10.0.0.1", 2 ** 31 * 1_000)]).freshUntil).toBe(1_000);
		expect(known([answer("10.0.0.1", Number.NaN)]).freshUntil).toBe(1_000);
		expect(known([answer("10.0.0.1", -5)]).freshUntil).toBe(1_000);
	});

	it("are used for a day past their TTL when nobody has newer ones, and shown as stale", () => {
		const name = unresolved(known([A]), SILENT, 60_000);
		expect(isUsable(name, DAY_MS + 59_999)).toBe(true);
		expect(isUsable(name, DAY_MS + 60_000)).toBe(false);
		expect(snapshot(name, 60_001, 1_000)).toMatchObject({
			answers: [A],
			stale: true,
			expiresAt: 61_000,
		});
	});

	it("that are negative hold for their TTL, and 30 s at most", () => {
		expect(unresolved(unknownName, NO_NAME, 0).notBefore).toBe(30_000);
		const short = new RealtimeError("dns-unavailable", "NXDOMAIN", { retryAfterMs: 4_000 });
		expect(unresolved(unknownName, short, 0).notBefore).toBe(4_000);
	});

	it("that did not come are asked for again after 1 s, 2 s, 4 s … 30 s", () => {
		let name = unknownName;
		const waits = Array.from({ length: 7 }, () => {
			name = unresolved(name, SILENT, 0);
			return name.notBefore / 1_000;
		});
		expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
		expect(known([A], 0, name).failures).toBe(0);
	});

	it.each([null, "10.0.0.1", {}, [], [null], [{ address: "x" }], [{ address: "1.2.3.4.5" }]])(
		"of a resolver that brings %j are none",
		(given) => expect(resolved(unknownName, given, DAY_MS, 0)).toBeNull(),
	);

	it("are taken once each, 64 at most, with the family that the address has", () => {
		const many = Array.from({ length: 300 }, (_, n) => answer(`10.0.${n >> 8}.${n & 255}`));
		expect(checkAnswers([A, A, ...many])).toHaveLength(64);
		expect(checkAnswers([{ address: "::1", family: 4, ttlMs: 1 }])).toEqual([
			{ address: "::1", family: 6, ttlMs: 1 },
		]);
	});

	it("never make a check throw, whatever comes", () => {
		fc.assert(
			fc.property(fc.anything(), fc.anything(), (one, ttlMs) => {
				for (const each of checkAnswers([one, { address: one, ttlMs }])) {
					expect(familyOf(each.address)).toBe(each.family);
					expect(each.ttlMs).toBeGreaterThanOrEqual(0);
					expect(each.ttlMs).toBeLessThanOrEqual(3_600_000);
				}
			}),
			{ seed: 16, numRuns: 5_000 },
		);
	});
});

describe("An address", () => {
	it.each(["1.2.3.4", "0.0.0.0", "255.255.255.255"])("%s is IPv4", (address) =>
		expect(familyOf(address)).toBe(4),
	);
	it.each(["::", "::1", "2001:db8::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1:2"])(
		"%s is IPv6",
		(address) => expect(familyOf(address)).toBe(6),
	);
	it.each(["", "1.2.3", "1.2.3.256", "::g", "1::2::3", "1:2:3:4:5:6:7", ":1", "a.b", "1.2.3.4:80"])(
		'"%s" is none',
		(text) => expect(familyOf(text)).toBe(0),
	);
});

describe("Quarantine", () => {
	it("leaves an address alone for its TTL, 30 s at least", () => {
		const name = known([answer("10.0.0.1", 5_000), answer("10.0.0.2", 90_000)]);
		expect(failed(name, "10.0.0.1", 100).quarantined).toEqual([
			{ address: "10.0.0.1", since: 100, until: 30_100 },
		]);
		expect(failed(name, "10.0.0.2", 100).quarantined[0]?.until).toBe(90_100);
		expect(failed(name, "10.9.9.9", 100)).toBe(name);
	});

	it("puts it last while others are left, and first of all never", () => {
		const name = failed(known([A, B, C]), A.address, 0);
		const random = seededRandom(3);
		for (let n = 0; n < 300; n += 1) expect(addresses(name, 1, random).at(-1)).toBe(A.address);
	});

	it("lets the one that failed longest ago go first when all are in it", () => {
		let name = known([A, B, C]);
		for (const [at, each] of [B, C, A].entries()) name = failed(name, each.address, at);
		expect(addresses(name, 5)).toEqual([B, C, A].map(({ address }) => address));
	});

	it("of all of them puts the answers in doubt: the next dial asks anew, whatever the TTL", () => {
		const one = failed(known([A, B]), A.address, 2_000);
		expect(isFresh(one, 2_001)).toBe(true);
		const all = failed(one, B.address, 2_000);
		expect([isFresh(all, 2_001), mayAsk(all, 2_001)]).toEqual([false, true]);
	});

	it("outlives a refresh, and ends by itself", () => {
		const name = known([A, B], 10_000, failed(known([A, B]), A.address, 0));
		expect(snapshot(name, 10_000, 0).quarantined).toEqual([{ address: A.address, until: 60_000 }]);
		expect(snapshot(name, 60_000, 0).quarantined).toEqual([]);
	});
});

describe("The pick", () => {
	it("is uniform over the addresses that are not in quarantine (χ², 30,000 picks)", () => {
		const answers = Array.from({ length: 7 }, (_, n) => answer(`10.0.0.${n}`));
		const name = failed(known([...answers, D]), "10.0.0.3", 0);
		const random = seededRandom(30_000);
		const counts = new Map<string, number>();
		for (let n = 0; n < 30_000; n += 1) {
			const [first = ""] = addresses(name, 1, random);
			counts.set(first, (counts.get(first) ?? 0) + 1);
		}
		expect(counts.has("10.0.0.3")).toBe(false);
		expect(counts.size).toBe(7);
		const even = Array.from(counts, () => 30_000 / 7);
		expect(chiSquare([...counts.values()], even)).toBeGreaterThan(0.01);
	});

	it("is followed by the families in turn, so that a broken one costs one start", () => {
		const six = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((each) => answer(each));
		const random = seededRandom(6);
		for (let n = 0; n < 200; n += 1) {
			const order = inOrder(known([A, B, C, ...six]), { now: 0, random });
			const families = order.map(({ family }) => family);
			const [first, second] = families;
			expect(first).not.toBe(second);
			expect(families).toEqual([first, second, first, second, first, second]);
			expect(new Set(order).size).toBe(6);
		}
	});
});

describe("A star as the first label", () => {
	it("is another label in each dial, and only there", () => {
		const random = seededRandom(9);
		const names = Array.from({ length: 100 }, () => withFreshLabel("wss://*.b.test/x", random));
		expect(new Set(names).size).toBe(100);
		for (const name of names) expect(name).toMatch(/^wss:\/\/[a-z0-9]{1,8}\.b\.test\/x$/);
		expect(withFreshLabel("*.b.test", () => 0)).toBe("0.b.test");
		expect(withFreshLabel("wss://a.*.test/*.x", random)).toBe("wss://a.*.test/*.x");
	});
});
