/* What the bench of peers makes of its figures: no arithmetic may flatter. */
import { describe, expect, it } from "vitest";
import type { Measure, Outcome } from "./measure.js";
import type { PeerName } from "./peers/names.js";
import type { Peer } from "./peers/peer.js";
import { merge, toJson } from "./peers-json.js";
import { type Compared, toReport } from "./peers-report.js";
import { Tally } from "./tally.js";

const measure: Measure = {
	...{ name: "back", title: "Back", how: "struck, and back", needs: [], turns: "one by one" },
	figures: [
		{ key: "s", title: "s", better: "less", against: "holdfast", digits: 1, limitS: 60 },
		{ key: "lost", title: "lost", better: "less", against: null, digits: 0 },
	],
	measure: () => Promise.reject(new Error("not here")),
};

const named = (name: PeerName): Compared => ({
	name,
	versions: "1.0.0",
	peer: { name, server: "a server", defaults: "its own" } as Peer,
});

function reportOf(results: Readonly<Partial<Record<PeerName, Record<string, Outcome[]>>>>): string {
	const ofMeasure = new Map(Object.entries(results) as [PeerName, Record<string, Outcome[]>][]);
	const names = [...ofMeasure.keys()].map(named);
	return toReport(new Map([[measure, ofMeasure]]), names, "a machine");
}

describe("the report on peers", () => {
	it("says first where another client is ahead, by more than a tenth or by one message", () => {
		const report = reportOf({
			holdfast: { s: [1, 1.1, 0.9], lost: [1, 1, 1] },
			nats: { s: [0.5, 0.5, 0.5], lost: [0, 0, 0] },
			mqtt: { s: [0.95, 0.95, 0.95], lost: [1, 1, 1] },
		});
		const [, ahead = ""] = report.split("## ");
		expect(ahead).toMatch(/^Where others are ahead/);
		expect(ahead).toContain("- **Back, s**: Holdfast 1.0; nats 0.5");
		expect(ahead).toContain("- **Back, lost**: Holdfast 1; nats 0");
		expect(ahead).not.toContain("mqtt");
	});

	it("gives the median, from where to where, and the ratio of pairs", () => {
		const report = reportOf({
			holdfast: { s: [1, 2, 4], lost: [0, 0, 0] },
			nats: { s: [3, 4, 4], lost: [5, 5, 6] },
		});
		expect(report).toContain("| nats | 4.0 (3.0–4.0), 2.00 × | 5 (5–6) |");
	});

	it("writes a reason where there is nothing to measure, and a limit where it never came", () => {
		const report = reportOf({
			holdfast: { s: [1], lost: [0] },
			nats: { s: [Number.POSITIVE_INFINITY], lost: [{ none: "it has no list" }] },
		});
		expect(report).toContain("| nats | not within 60 s | n/a: it has no list |");
		expect(report).toContain("Nowhere, in what is measured here.");
	});
});

describe("what is kept as JSON", () => {
	it("comes back as it was, never and reasons too, but for what is measured anew", () => {
		const kept = new Map([
			[
				measure,
				new Map<PeerName, Record<string, Outcome[]>>([
					["nats", { s: [1.5, Number.POSITIVE_INFINITY], lost: [{ none: "no" }] }],
				]),
			],
		]);
		const text = toJson(kept, [named("nats")], { machine: "a machine" });
		expect(merge(text, new Map(), [measure])).toEqual(kept);
		const newer = new Map([[measure, new Map<PeerName, Record<string, Outcome[]>>()]]);
		expect(merge(text, newer, [measure])).toEqual(newer);
		expect(merge(null, new Map(), [measure])).toEqual(new Map());
	});
});

describe("a tally", () => {
	it("tells what was repeated from what came after a later one", () => {
		const tally = new Tally();
		for (const n of [0, 1, 3, 2, 2, 5]) tally.take(n);
		expect(tally.report()).toEqual({ arrived: 5, repeated: 1, reordered: 1 });
	});
});
