import { describe, expect, it } from "vitest";
import type { Candidate } from "../../src/endpoint/endpoint.js";
import { failed, proved, succeeded, toCandidates } from "../../src/endpoint/health.js";

const A = "wss://a.example";
const B = "wss://b.example";
const list = toCandidates([{ url: A }, { url: B }]);

const known = (candidates: readonly Candidate[], url: string): Candidate | undefined =>
	candidates.find(({ endpoint }) => endpoint.url === url);

describe("toCandidates", () => {
	it("makes the first the primary and the rest backups, where nobody said otherwise", () => {
		expect(list.map(({ endpoint }) => endpoint.role)).toEqual(["primary", "backup"]);
		const said = toCandidates([
			{ url: A, role: "backup" },
			{ url: B, role: "primary" },
		]);
		expect(said.map(({ endpoint }) => endpoint.role)).toEqual(["backup", "primary"]);
	});

	it("keeps the health of the urls that were there before", () => {
		const sick = failed(list, B, 1_000);
		const next = toCandidates([{ url: "wss://c.example" }, { url: B, weight: 2 }], sick);
		expect(next.map(({ endpoint }) => endpoint.url)).toEqual(["wss://c.example", B]);
		expect(next[1]).toMatchObject({ endpoint: { weight: 2 }, failures: 1, ejectedUntil: 31_000 });
		expect(next[0]).toMatchObject({ failures: 0, ejectedUntil: null, lastGoodAt: null });
	});

	it("is the very same list when nothing is new", () => {
		const sick = failed(list, B, 1_000);
		expect(toCandidates([{ url: A }, { url: B }], sick)).toBe(sick);
		for (const other of [
			[{ url: A }],
			[{ url: B }, { url: A }],
			[{ url: A }, { url: B, role: "primary" as const }],
			[{ url: A, zone: "eu" }, { url: B }],
		])
			expect(toCandidates(other, sick)).not.toBe(sick);
	});

	it("counts the first of two with one url", () => {
		const twice = toCandidates([{ url: A, weight: 1 }, { url: A, weight: 2 }, { url: B }]);
		expect(twice.map(({ endpoint }) => endpoint)).toEqual([
			{ url: A, weight: 1, role: "primary" },
			{ url: B, role: "backup" },
		]);
	});
});

describe("health", () => {
	it("ejects for 30 s, doubling with each failure in a row, up to 5 min", () => {
		let candidates = list;
		const ejections = Array.from({ length: 7 }, (_, at) => {
			candidates = failed(candidates, A, at);
			return ((known(candidates, A)?.ejectedUntil ?? 0) - at) / 1_000;
		});
		expect(ejections).toEqual([30, 60, 120, 240, 300, 300, 300]);
		expect(known(candidates, B)).toBe(list[1]);
	});

	it("stays finite after thousands of failures", () => {
		let candidates = list;
		for (let at = 0; at < 5_000; at++) candidates = failed(candidates, A, at);
		expect(known(candidates, A)).toMatchObject({ failures: 5_000, ejectedUntil: 304_999 });
	});

	it("lets an endpoint that welcomed us in again, but remembers its failures until the link is stable", () => {
		const welcomed = succeeded(failed(failed(list, A, 0), A, 1), A, 2);
		expect(known(welcomed, A)).toMatchObject({ failures: 2, ejectedUntil: null, lastGoodAt: 2 });
		const stable = proved(welcomed, A);
		expect(known(stable, A)).toMatchObject({ failures: 0, ejectedUntil: null, lastGoodAt: 2 });
	});

	it("knows nothing of an endpoint that is gone from the list", () => {
		for (const next of [failed(list, "x", 0), succeeded(list, "x", 0), proved(list, "x")])
			expect(next).toEqual(list);
	});
});
